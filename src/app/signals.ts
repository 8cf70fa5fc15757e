// Signals and fatal errors of the service, in one place: the first SIGINT or SIGTERM ends it in order, the second at once.

/** Resolves with the reason to stop: a signal's name. */
export function untilSignal(onSecond: () => void): Promise<string> {
  return new Promise((resolve) => {
    let asked = false;
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      process.on(signal, () => {
        if (asked) onSecond();
        asked = true;
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
