// Between cropping and the classifier: which pictures are classified next. Each item has at most one picture waiting, its newest;
// whatever waits when the model is free is run together, items with the fewest looks first; a classifier that runs several batches
// side by side gets an equal share for each that is free. A picture is prepared when its run begins and no sooner: one that is
// replaced or given up has cost nothing.
//
//   offer(item, picture) ─▶ [waiting] ─ pump ─▶ write into [batch buffer] ─▶ classifier ─▶ onResult
//
// The classifier can be replaced at any moment: what runs finishes on the former, what waits is prepared for the next.
import type { Clock, Timer } from '../base/clock.ts';
import type { Milliseconds, MonotonicNs } from '../base/units.ts';
import { NS_PER_MS } from '../base/units.ts';
import type { Classifier, CropShape } from '../classify/classifier.ts';
import { BatchBuffers } from './batch-buffers.ts';

export interface BatchLimits {
  /** Most pictures per run. */
  readonly size: number;
  /** Longest time a picture waits for company while the model is free, ms. */
  readonly deadlineMs: Milliseconds;
  /** Runs the classifier may be given at once; 0 as many as it does side by side. */
  readonly inFlight: number;
  /** Most pictures waiting. */
  readonly maxWaiting: number;
}

/** How a result came about. */
export interface LookFacts {
  readonly inferenceMs: Milliseconds;
  readonly waitedMs: Milliseconds;
  /** Of the model that looked. */
  readonly modelSha256: string;
}

export interface BatcherDeps<T> {
  readonly clock: Clock;
  readonly classifier: Classifier;
  readonly limits: BatchLimits;
  /** The picture is on its way into the model and can no longer be replaced. */
  onStart(tag: T): void;
  onResult(tag: T, probabilities: readonly number[], facts: LookFacts): void;
  /** A run failed: its pictures are lost. */
  onFailure(tags: readonly T[], error: unknown): void;
}

export interface Offer<T> {
  /** The item. */
  readonly key: number;
  /** Looks it has had or is having. */
  readonly lookCount: number;
  readonly tag: T;
  readonly picture: WaitingPicture;
}

/** A picture still to be prepared. */
export interface WaitingPicture {
  /** Writes it, prepared to `shape`, to `target` at `offset`. Called at most once. */
  write(target: Uint8Array, offset: number, shape: CropShape): void;
  /** It is not needed any more, written or not. Called once. */
  release(): void;
}

interface Waiting<T> {
  readonly key: number;
  readonly lookCount: number;
  readonly tag: T;
  readonly picture: WaitingPicture;
  readonly readyAtNs: MonotonicNs;
}

export class Batcher<T> {
  readonly #deps: BatcherDeps<T>;
  readonly #runsStartedAtNs = new Set<{ readonly atNs: MonotonicNs }>();
  /** Of the classifier that runs begin on. */
  #buffers: BatchBuffers;
  /** Of replaced classifiers that are still busy, and whom to tell when they are not. */
  readonly #replaced = new Map<BatchBuffers, () => void>();
  #waiting: Waiting<T>[] = [];
  #deadline: Timer | undefined;
  #isClosed = false;
  /** Pictures classified since creation. */
  classifiedCount = 0;
  /** Pictures given up before their run began: replaced by a newer one, or more waiting than there is room. */
  droppedCount = 0;

  constructor(deps: BatcherDeps<T>) {
    this.#deps = deps;
    this.#buffers = this.#buffersFor(deps.classifier);
  }

  get waitingCount(): number {
    return this.#waiting.length;
  }

  /** Duration of the longest run still going on, ms; undefined when none is. */
  get longestRunMs(): Milliseconds | undefined {
    const oldest = [...this.#runsStartedAtNs][0];
    return oldest === undefined ? undefined : (this.#deps.clock.nowNs() - oldest.atNs) / NS_PER_MS;
  }

  /** Whether a picture offered now would start at the next `pump`. */
  get hasRoom(): boolean {
    return this.#waiting.length === 0 && this.#runsStartedAtNs.size < this.#buffers.count;
  }

  hasWaiting(key: number): boolean {
    return this.#waiting.some((waiting) => waiting.key === key);
  }

  /** Begins every run on `next` from now on. Resolves when the one before has ended what it was given. */
  replaceClassifier(next: Classifier): Promise<void> {
    const former = this.#buffers;
    this.#buffers = this.#buffersFor(next);
    return new Promise<void>((resolve) => {
      this.#replaced.set(former, resolve);
      this.#tellIdle();
    });
  }

  /** Takes an item's newest picture over in place of one of it that has not started. Nothing runs before the next `pump`. */
  offer({ key, lookCount, tag, picture }: Offer<T>): void {
    if (this.withdraw(key)) this.droppedCount++;
    if (this.#waiting.length >= this.#deps.limits.maxWaiting) this.#dropLeastWanted();
    this.#waiting.push({ key, lookCount, tag, picture, readyAtNs: this.#deps.clock.nowNs() });
  }

  /** Takes back an item's waiting picture; false when none waits. */
  withdraw(key: number): boolean {
    const index = this.#waiting.findIndex((waiting) => waiting.key === key);
    if (index < 0) return false;
    this.#waiting.splice(index, 1)[0]!.picture.release();
    return true;
  }

  /** Starts what can be started: called once all pictures of a frame have been offered. */
  pump(): void {
    while (!this.#isClosed && this.#runsStartedAtNs.size < this.#buffers.count && this.#waiting.length > 0) {
      const waitMs = this.#msUntilDue();
      if (waitMs > 0) {
        this.#deadline ??= this.#deps.clock.after(waitMs, () => { this.#deadline = undefined; this.pump(); });
        return;
      }
      this.#deadline?.cancel();
      this.#deadline = undefined;
      void this.#run(this.#takeBatch());
    }
  }

  /** Starts no further run and drops what waits; a run going on settles without a result. */
  close(): void {
    this.#isClosed = true;
    this.#deadline?.cancel();
    for (const { picture } of this.#waiting.splice(0)) picture.release();
  }

  #buffersFor(classifier: Classifier): BatchBuffers {
    const { inFlight, size } = this.#deps.limits;
    return new BatchBuffers(classifier, { batches: inFlight > 0 ? inFlight : classifier.concurrency, batchSize: size });
  }

  #msUntilDue(): Milliseconds {
    const { limits, clock } = this.#deps;
    if (this.#waiting.length >= limits.size) return 0;
    const oldestNs = this.#waiting.reduce((oldest, { readyAtNs }) => Math.min(oldest, readyAtNs), Infinity);
    return limits.deadlineMs - (clock.nowNs() - oldestNs) / NS_PER_MS;
  }

  #takeBatch(): Waiting<T>[] {
    const { classifier, runningCount } = this.#buffers;
    const free = Math.max(1, classifier.concurrency - runningCount);
    const size = Math.min(this.#deps.limits.size, Math.ceil(this.#waiting.length / free));
    // Sorting is stable: among items with equally many looks the one that waits longest comes first.
    const batch = this.#waiting.toSorted((a, b) => a.lookCount - b.lookCount).slice(0, size);
    this.#waiting = this.#waiting.filter((waiting) => !batch.includes(waiting));
    return batch;
  }

  async #run(batch: readonly Waiting<T>[]): Promise<void> {
    const { clock, onStart, onResult, onFailure } = this.#deps;
    const buffers = this.#buffers;
    const { classifier } = buffers;
    const pixels = buffers.take();
    for (const [index, { tag, picture }] of batch.entries()) {
      onStart(tag);
      picture.write(pixels, index * buffers.pictureBytes, classifier.cropShape);
    }
    const run = { atNs: clock.nowNs() };
    this.#runsStartedAtNs.add(run);
    const running = classifier.classify(pixels, batch.length).then((result) => ({ result }), (error: unknown) => ({ error }));
    for (const { picture } of batch) picture.release();
    const outcome = await running;
    const settledAtNs = clock.nowNs();
    this.#runsStartedAtNs.delete(run);
    buffers.free(pixels);
    this.#tellIdle();
    if (this.#isClosed) return;
    // The model first, then the news: the cores need not wait for messages.
    this.pump();
    if ('error' in outcome) return onFailure(batch.map(({ tag }) => tag), outcome.error);
    this.classifiedCount += batch.length;
    const { inferenceMs } = outcome.result;
    // A run given ahead began only when one before it ended.
    const startedAtNs = Math.max(run.atNs, settledAtNs - inferenceMs * NS_PER_MS);
    for (const [index, { tag, readyAtNs }] of batch.entries()) {
      onResult(tag, outcome.result.probabilities[index]!, { inferenceMs, waitedMs: (startedAtNs - readyAtNs) / NS_PER_MS, modelSha256: classifier.description.sha256 });
    }
  }

  #tellIdle(): void {
    for (const [buffers, tell] of this.#replaced) {
      if (buffers.runningCount > 0) continue;
      this.#replaced.delete(buffers);
      tell();
    }
  }

  #dropLeastWanted(): void {
    const leastWanted = this.#waiting.reduce((worst, waiting) => (waiting.lookCount > worst.lookCount ? waiting : worst));
    this.withdraw(leastWanted.key);
    this.droppedCount++;
  }
}
