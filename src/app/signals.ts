// Signals and fatal errors of the service, in one place: the first SIGINT, SIGTERM or SIGHUP (its terminal was closed) ends it in order, a second one at once.
import type { Clock } from '../base/clock.ts';
import { STOP_SIGNALS } from '../base/stop-signals.ts';
import type { MonotonicNs } from '../base/units.ts';
import { NS_PER_MS } from '../base/units.ts';

/** One Ctrl-C can arrive several times: from the terminal, from npm, from the launcher. Later ones are a person's. */
const SAME_REQUEST_MS = 1000;

/** Resolves with the reason to stop: a signal's name. */
export function untilSignal(clock: Clock, onSecond: () => void): Promise<string> {
  return new Promise((resolve) => {
    let askedNs: MonotonicNs | undefined;
    for (const signal of STOP_SIGNALS) {
      process.on(signal, () => {
        askedNs ??= clock.nowNs();
        if (clock.nowNs() - askedNs > SAME_REQUEST_MS * NS_PER_MS) onSecond();
        resolve(signal);
      });
    }
  });
}

/** How long the outputs may take to be made safe when the process must go. */
const LAST_WORDS_MS = 500;

/**
 * Before a programming error takes the process down (loudly, by the handlers installed at its entry), the outputs are made
 * safe. The board does so by itself 0.5 s later; this only saves that time.
 */
export function beforeFatal(makeSafe: () => Promise<unknown>): void {
  for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
    const entryHandlers = process.rawListeners(event) as ((error: unknown) => void)[];
    process.removeAllListeners(event);
    process.once(event, (error: unknown) => {
      const giveUp = new Promise((resolve) => setTimeout(resolve, LAST_WORDS_MS));
      void Promise.race([makeSafe(), giveUp]).catch(() => undefined).finally(() => {
        for (const handler of entryHandlers) handler(error);
        if (entryHandlers.length === 0) process.exit(1);
      });
    });
  }
}
