// `sortline bench`: what the line costs on this machine, as ratios of one run. Each figure comes from a fresh process.
//
//   bare ─ line saturated ─ bare ─ line saturated ─ bare ─ … ── line at ease ── line for many frames
//     └──── ratio 1 ─────────┘└──── ratio 2 ───────┘              overhead          memory
//
// A machine is not equally fast from one minute to the next, so each rate of the line is compared with the bare rates before
// and after it, and the middle one of these ratios counts.
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { SortlineError } from '../base/errors.ts';
import type { Config } from '../config/schema.ts';
import { atEase, hurried, saturated } from './bench-belt.ts';
import type { BenchResult, BenchSample, BenchTask } from './bench-worker.ts';
import { processorTime, stolenShare } from './machine-share.ts';
import { median } from './order-statistics.ts';

export interface BenchReport {
  readonly bareCropsPerSecond: number;
  readonly lineCropsPerSecond: number;
  readonly ratio: number;
  /** Exposure to command written, without inference. */
  readonly overheadMs: { readonly p50: number | null; readonly p99: number | null };
  readonly rssMb: { readonly line: number; readonly vision: number; readonly slopePer1000Frames: number };
  /** From the start of the process to a running line. */
  readonly readyMs: number;
}

export interface BenchOptions {
  readonly config: Config;
  /** Seconds of each rate and latency measurement. */
  readonly seconds: number;
  /** Frames of the memory measurement. */
  readonly frames: number;
  onProgress(what: string): void;
}

type LineResult = Extract<BenchResult, { kind: 'line' }>;

const WORKER = fileURLToPath(new URL('bench-worker.ts', import.meta.url));
/** Rates of the line, each between two of the bare loop. */
const ROUNDS = 3;
const WARM_UP_SECONDS = 5;
/** Memory settles later than speed: caches fill, the heap finds its size. */
const MEMORY_WARM_UP_SECONDS = 20;
/** With one look after the other it takes V8 so long to compile what a look runs through, which a line has behind it for hours. */
const LATENCY_WARM_UP_SECONDS = 30;
/** In multiples of a rate's measurement: at 2 items/s a hundredth is to be more than one or two of them. */
const LATENCY_LENGTH = 4;

export async function benchLine(options: BenchOptions): Promise<BenchReport> {
  const { config, seconds, frames, onProgress } = options;
  const { bareRates, lineRates } = await alternatingRates(options);
  const ratios = lineRates.map((rate, round) => rate / meanOf(bareRates.slice(round, round + 2)));
  onProgress('line at ease, for the latency');
  const before = processorTime();
  const easy = await lineResult({ kind: 'line', config: atEase(config), warmUpSeconds: LATENCY_WARM_UP_SECONDS, seconds: LATENCY_LENGTH * seconds, frames: 0 });
  const after = processorTime();
  if (before !== undefined && after !== undefined) onProgress(`line at ease, done: of the processor time it wanted, the host of this machine kept back ${(100 * stolenShare(before, after)).toFixed(1)} %`);
  onProgress(`line over ${frames} frames, for the memory`);
  const long = await lineResult({ kind: 'line', config: hurried(config), warmUpSeconds: MEMORY_WARM_UP_SECONDS, seconds: 1, frames });
  const last = long.samples.at(-1)!;
  return {
    bareCropsPerSecond: median(bareRates), lineCropsPerSecond: median(lineRates), ratio: median(ratios),
    overheadMs: { p50: easy.overheadMs.p50, p99: easy.overheadMs.p99 },
    rssMb: { line: last.lineRssMb, vision: last.visionRssMb, slopePer1000Frames: slopePer1000Frames(long.samples) },
    readyMs: easy.readyMs,
  };
}

async function alternatingRates({ config, seconds, onProgress }: BenchOptions): Promise<{ bareRates: number[]; lineRates: number[] }> {
  const bareTask: BenchTask = { kind: 'bare', classifier: config.classifier, batchSize: config.classifier.batch.size, seconds: seconds / ROUNDS };
  const bareRates: number[] = [], lineRates: number[] = [];
  for (let round = 1; round <= ROUNDS; round++) {
    onProgress(`bare inference loop, round ${round} of ${ROUNDS}`);
    bareRates.push(await bareRate(bareTask));
    onProgress(`line with more pictures than the classifier can take, 10 items/s, round ${round} of ${ROUNDS}`);
    const { samples } = await lineResult({ kind: 'line', config: saturated(config, Math.max(...bareRates)), warmUpSeconds: WARM_UP_SECONDS, seconds: seconds / ROUNDS, frames: 0 });
    lineRates.push(rateOf(samples));
    if (samples.at(-1)!.cropsDropped === samples[0]!.cropsDropped) onProgress(`round ${round}: the classifier took every picture there was, it could have taken more: the line's rate is the camera's`);
  }
  onProgress('bare inference loop, once more');
  bareRates.push(await bareRate(bareTask));
  return { bareRates, lineRates };
}

async function bareRate(task: BenchTask): Promise<number> {
  const result = await inWorker(task);
  return result.kind === 'bare' ? result.cropsPerSecond : Number.NaN;
}

async function lineResult(task: BenchTask): Promise<LineResult> {
  const result = await inWorker(task);
  if (result.kind !== 'line') throw new SortlineError('INTERNAL', 'a line measurement answered with another kind of result');
  return result;
}

function inWorker(task: BenchTask): Promise<BenchResult> {
  return new Promise((resolve, reject) => {
    const worker = fork(WORKER, { serialization: 'advanced', stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
    let result: BenchResult | undefined;
    worker.once('message', (message: BenchResult) => { result = message; });
    worker.once('exit', (code) => {
      if (result !== undefined) resolve(result);
      else reject(new SortlineError('INTERNAL', `the measurement '${task.kind}' ended with exit code ${code} and no result; its error is above`));
    });
    worker.send(task);
  });
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function rateOf(samples: readonly BenchSample[]): number {
  const first = samples[0]!, last = samples.at(-1)!;
  return (last.crops - first.crops) / ((last.atMs - first.atMs) / 1000);
}

/** Least-squares slope of both processes' memory over frames, MB per 1,000. */
export function slopePer1000Frames(samples: readonly Pick<BenchSample, 'frames' | 'lineRssMb' | 'visionRssMb'>[]): number {
  const meanFrames = samples.reduce((sum, sample) => sum + sample.frames, 0) / samples.length;
  const memoryOf = (sample: Pick<BenchSample, 'lineRssMb' | 'visionRssMb'>): number => sample.lineRssMb + sample.visionRssMb;
  const meanMemory = samples.reduce((sum, sample) => sum + memoryOf(sample), 0) / samples.length;
  let shared = 0, spread = 0;
  for (const sample of samples) {
    shared += (sample.frames - meanFrames) * (memoryOf(sample) - meanMemory);
    spread += (sample.frames - meanFrames) ** 2;
  }
  return spread === 0 ? 0 : (1000 * shared) / spread;
}
