// Between cropping and the classifier: which prepared pictures are classified next. Each item has at most one picture
// waiting, its newest; whatever waits when the model is free is run together, items with the fewest looks first. All pixel
// buffers are made once.
//
//   offer(item, write) ─▶ [slot per waiting picture] ─ pump ─▶ [batch buffer] ─▶ classifier ─▶ onResult
import type { Clock, Timer } from '../base/clock.ts';
import type { Milliseconds, MonotonicNs } from '../base/units.ts';
import { NS_PER_MS } from '../base/units.ts';
import type { Classifier } from '../classify/classifier.ts';
import { pictureBytes } from './preprocess.ts';

export interface BatchLimits {
  /** Most pictures per run. */
  readonly size: number;
  /** Longest time a picture waits for company while the model is free, ms. */
  readonly deadlineMs: Milliseconds;
  /** Runs the classifier may be given at once. */
  readonly inFlight: number;
  /** Most pictures waiting. */
  readonly maxWaiting: number;
}

export interface BatcherDeps<T> {
  readonly clock: Clock;
  readonly classifier: Classifier;
  readonly limits: BatchLimits;
  /** The picture is on its way into the model and can no longer be replaced. */
  onStart(tag: T): void;
  onResult(tag: T, probabilities: readonly number[], timing: { inferenceMs: Milliseconds; waitedMs: Milliseconds }): void;
  /** A run failed: its pictures are lost. */
  onFailure(tags: readonly T[], error: unknown): void;
}

export interface Offer<T> {
  /** The item. */
  readonly key: number;
  /** Looks it has had or is having. */
  readonly lookCount: number;
  readonly tag: T;
  /** Writes the prepared picture to `target` at `offset`, at once. */
  write(target: Uint8Array, offset: number): void;
}

interface Waiting<T> {
  readonly key: number;
  readonly lookCount: number;
  readonly tag: T;
  readonly slot: number;
  readonly readyAtNs: MonotonicNs;
}

export class Batcher<T> {
  readonly #deps: BatcherDeps<T>;
  readonly #pictureBytes: number;
  readonly #slots: Uint8Array;
  readonly #freeSlots: number[];
  readonly #idleBuffers: Uint8Array[];
  readonly #runsStartedAtNs = new Set<{ readonly atNs: MonotonicNs }>();
  #waiting: Waiting<T>[] = [];
  #deadline: Timer | undefined;
  #lastSettledAtNs: MonotonicNs = 0;
  #isClosed = false;
  /** Pictures classified since creation. */
  classifiedCount = 0;
  /** Pictures given up before their run began: replaced by a newer one, or more waiting than there is room. */
  droppedCount = 0;

  constructor(deps: BatcherDeps<T>) {
    this.#deps = deps;
    const { size, inFlight, maxWaiting } = deps.limits;
    this.#pictureBytes = pictureBytes(deps.classifier.cropShape);
    this.#slots = new Uint8Array(maxWaiting * this.#pictureBytes);
    this.#freeSlots = Array.from({ length: maxWaiting }, (_, index) => maxWaiting - 1 - index);
    this.#idleBuffers = Array.from({ length: inFlight }, () => new Uint8Array(size * this.#pictureBytes));
  }

  get waitingCount(): number {
    return this.#waiting.length;
  }

  /** Duration of the longest run still going on, ms; undefined when none is. */
  get longestRunMs(): Milliseconds | undefined {
    const oldest = [...this.#runsStartedAtNs][0];
    return oldest === undefined ? undefined : (this.#deps.clock.nowNs() - oldest.atNs) / NS_PER_MS;
  }

  hasWaiting(key: number): boolean {
    return this.#waiting.some((waiting) => waiting.key === key);
  }

  /** Takes an item's newest picture in place of one of it that has not started. Nothing runs before the next `pump`. */
  offer(offer: Offer<T>): void {
    if (this.withdraw(offer.key)) this.droppedCount++;
    if (this.#freeSlots.length === 0) this.#dropLeastWanted();
    const slot = this.#freeSlots.pop()!;
    offer.write(this.#slots, slot * this.#pictureBytes);
    const { key, lookCount, tag } = offer;
    this.#waiting.push({ key, lookCount, tag, slot, readyAtNs: this.#deps.clock.nowNs() });
  }

  /** Takes back an item's waiting picture; false when none waits. */
  withdraw(key: number): boolean {
    const index = this.#waiting.findIndex((waiting) => waiting.key === key);
    if (index < 0) return false;
    this.#freeSlots.push(this.#waiting.splice(index, 1)[0]!.slot);
    return true;
  }

  /** Starts what can be started: called once all pictures of a frame have been offered. */
  pump(): void {
    while (!this.#isClosed && this.#idleBuffers.length > 0 && this.#waiting.length > 0) {
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
    this.#waiting = [];
  }

  #msUntilDue(): Milliseconds {
    const { limits, clock } = this.#deps;
    if (this.#waiting.length >= limits.size) return 0;
    const oldestNs = this.#waiting.reduce((oldest, { readyAtNs }) => Math.min(oldest, readyAtNs), Infinity);
    return limits.deadlineMs - (clock.nowNs() - oldestNs) / NS_PER_MS;
  }

  #takeBatch(): Waiting<T>[] {
    // Sorting is stable: among items with equally many looks the one that waits longest comes first.
    this.#waiting.sort((a, b) => a.lookCount - b.lookCount);
    return this.#waiting.splice(0, this.#deps.limits.size);
  }

  async #run(batch: readonly Waiting<T>[]): Promise<void> {
    const { classifier, clock, onStart, onResult, onFailure } = this.#deps;
    const buffer = this.#idleBuffers.pop()!;
    for (const [index, { slot, tag }] of batch.entries()) {
      onStart(tag);
      const from = slot * this.#pictureBytes;
      buffer.set(this.#slots.subarray(from, from + this.#pictureBytes), index * this.#pictureBytes);
      this.#freeSlots.push(slot);
    }
    const run = { atNs: clock.nowNs() };
    this.#runsStartedAtNs.add(run);
    const outcome = await classifier.classify(buffer, batch.length).then((result) => ({ result }), (error: unknown) => ({ error }));
    // A run given ahead began when the one before it ended.
    const startedAtNs = Math.max(run.atNs, this.#lastSettledAtNs);
    this.#lastSettledAtNs = clock.nowNs();
    this.#runsStartedAtNs.delete(run);
    this.#idleBuffers.push(buffer);
    if (this.#isClosed) return;
    // The model first, then the news: the cores need not wait for messages.
    this.pump();
    if ('error' in outcome) return onFailure(batch.map(({ tag }) => tag), outcome.error);
    this.classifiedCount += batch.length;
    for (const [index, { tag, readyAtNs }] of batch.entries()) {
      onResult(tag, outcome.result.probabilities[index]!, { inferenceMs: outcome.result.inferenceMs, waitedMs: (startedAtNs - readyAtNs) / NS_PER_MS });
    }
  }

  #dropLeastWanted(): void {
    const leastWanted = this.#waiting.reduce((worst, waiting) => (waiting.lookCount > worst.lookCount ? waiting : worst));
    this.withdraw(leastWanted.key);
    this.droppedCount++;
  }
}
