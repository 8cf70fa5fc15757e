// One measurement of `sortline bench` in a process of its own, so that each starts clean: a bare inference loop, or a live
// line on the virtual belt. Forked by bench-line.ts; says its result in one message and ends.
import { reasonOf, SortlineError } from '../base/errors.ts';
import { silentLogger } from '../base/logger.ts';
import { systemClock } from '../base/clock.ts';
import { openClassifier } from '../classify/open-classifier.ts';
import type { ClassifyOptions } from '../classify/options.ts';
import { withOneSession } from '../classify/options.ts';
import type { Config } from '../config/schema.ts';
import type { LineEvent, LineStats } from '../domain/line-event.ts';
import { calibrationFor } from './calibration-for.ts';
import { openLiveLine } from './live-line.ts';

export type BenchTask =
  | { readonly kind: 'bare'; readonly classifier: ClassifyOptions; readonly batchSize: number; readonly seconds: number }
  | { readonly kind: 'line'; readonly config: Config; readonly warmUpSeconds: number; readonly seconds: number; readonly frames: number };

/** Once a second while a line is measured. */
export interface BenchSample {
  readonly atMs: number;
  readonly frames: number;
  readonly crops: number;
  /** Pictures that a newer one of the same item replaced before the classifier could take them. */
  readonly cropsDropped: number;
  readonly lineRssMb: number;
  readonly visionRssMb: number;
}

export type BenchResult =
  | { readonly kind: 'bare'; readonly cropsPerSecond: number }
  | {
      readonly kind: 'line'; readonly readyMs: number; readonly samples: readonly BenchSample[];
      readonly overheadMs: { readonly p50: number | null; readonly p99: number | null; readonly count: number };
      readonly itemsSettled: number; readonly lost: number;
    };

const MB = 1024 * 1024;

async function bare(task: Extract<BenchTask, { kind: 'bare' }>): Promise<BenchResult> {
  const classifier = await openClassifier(withOneSession(task.classifier), silentLogger);
  const { height, width } = classifier.cropShape;
  const crops = Uint8Array.from({ length: task.batchSize * height * width * 3 }, (_, index) => (index * 7919) % 256);
  const startedMs = performance.now();
  let count = 0;
  while (performance.now() - startedMs < task.seconds * 1000) {
    await classifier.classify(crops, task.batchSize);
    count += task.batchSize;
  }
  const cropsPerSecond = count / ((performance.now() - startedMs) / 1000);
  await classifier.close();
  return { kind: 'bare', cropsPerSecond };
}

/** Measures from `warmUpSeconds` after the line runs until `seconds` have passed and `frames` were processed. */
async function line(task: Extract<BenchTask, { kind: 'line' }>): Promise<BenchResult> {
  const samples: BenchSample[] = [];
  let runningAtMs: number | undefined;
  let settled = 0, lost = 0;
  let finish: () => void = () => undefined;
  const finished = new Promise<void>((resolve) => { finish = resolve; });
  const live = openLiveLine({
    config: task.config, calibration: calibrationFor(task.config), clock: systemClock, log: silentLogger, runId: 'bench',
    sink: (event: LineEvent) => {
      if (event.kind === 'line.state' && event.state === 'running') runningAtMs ??= performance.now();
      if (event.kind === 'line.state' && event.state === 'safe') throw new SortlineError('INTERNAL', `the line stopped during the measurement: ${event.reason}`);
      // It would be started again and again.
      if (event.kind === 'alarm.raised' && event.alarm === 'vision-down') throw new SortlineError('INTERNAL', `the vision process ended during the measurement: ${event.message}`);
      if (event.kind === 'item.settled') { settled++; if (event.outcome === 'lost') lost++; }
      if (event.kind === 'line.stats') sample(event.stats);
    },
  });
  function sample(stats: LineStats): void {
    const atMs = performance.now();
    if (runningAtMs === undefined || atMs - runningAtMs < task.warmUpSeconds * 1000) return;
    if (samples.length === 0) live.line.counters.overhead.clear();
    samples.push({
      atMs, frames: stats.framesProcessed, crops: stats.cropsClassified, cropsDropped: live.line.counters.vision?.cropsDropped ?? 0,
      lineRssMb: process.memoryUsage.rss() / MB, visionRssMb: live.line.counters.vision?.rssMb ?? 0,
    });
    const first = samples[0]!;
    if (atMs - first.atMs >= task.seconds * 1000 && stats.framesProcessed - first.frames >= task.frames) finish();
  }
  await live.start();
  await finished;
  const { overhead } = live.line.counters;
  const overheadMs = { p50: overhead.quantile(0.5) ?? null, p99: overhead.quantile(0.99) ?? null, count: overhead.count };
  await live.stop('measured');
  return { kind: 'line', readyMs: runningAtMs!, samples, overheadMs, itemsSettled: settled, lost };
}

process.once('message', (task: BenchTask) => {
  const work = task.kind === 'bare' ? bare(task) : line(task);
  work.then((result) => process.send!(result, () => process.exit(0)), (error: unknown) => {
    process.stderr.write(`${reasonOf(error)}\n`);
    process.exit(1);
  });
});
