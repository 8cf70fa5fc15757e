// A training on the terminal: one line that is written over while it goes on, and one that stays for each pass. In a log only the
// latter, and what is prepared now and then.
import type { Clock } from '../base/clock.ts';
import { NS_PER_S } from '../base/units.ts';
import { bar, epochText, leftText, stepText } from '../learning/train/progress-text.ts';
import type { TrainObserver } from '../learning/train/train-model.ts';

/** Lines of preparing in a log: so many parts of the whole. */
const LOG_PARTS = 10;
/** A live line more often than that only flickers. */
const REDRAW_S = 0.2;

export function trainProgress(stream: NodeJS.WriteStream, clock: Clock): TrainObserver {
  const isLive = stream.isTTY === true;
  const begun = new Map<string, { readonly atNs: number; readonly done: number }>();
  let drawnNs = -Infinity;
  const say = (text: string): void => void stream.write(`${isLive ? '\r\x1b[K' : ''}${text}\n`);
  const live = (text: string, isLast: boolean): void => {
    if (!isLast && clock.nowNs() - drawnNs < REDRAW_S * NS_PER_S) return;
    drawnNs = isLast ? -Infinity : clock.nowNs();
    stream.write(isLast ? '\r\x1b[K' : `\r${text.slice(0, Math.max(20, (stream.columns ?? 80) - 1))}\x1b[K`);
  };
  /** By the pace since `what` was first told of; undefined the first time. */
  const leftSeconds = (what: string, done: number, total: number): number | undefined => {
    const start = begun.get(what) ?? { atNs: clock.nowNs(), done };
    begun.set(what, start);
    return done === start.done ? undefined : ((clock.nowNs() - start.atNs) / NS_PER_S / (done - start.done)) * (total - done);
  };
  return {
    onRun: (runId) => say(`run ${runId}`),
    onNote: say,
    onPreparing: (what, done, total) => {
      const text = `${bar(done, total)} ${what} ${done}/${total}${leftText(leftSeconds(what, done, total))}`;
      if (isLive) live(text, done === total);
      else if (isPart(done, total)) say(text);
    },
    onStep: (report) => {
      const left = leftSeconds('steps', report.step, report.totalSteps);
      if (isLive) live(stepText(report, left), false);
    },
    onEpoch: (report) => say(epochText(report)),
    onMetrics: () => undefined,
  };
}

/** Whether another tenth is complete; features come in batches. */
function isPart(done: number, total: number): boolean {
  const partOf = (count: number): number => Math.floor((LOG_PARTS * count) / total);
  return done === total || partOf(done) > partOf(done - Math.max(1, Math.floor(total / 1000), 16));
}
