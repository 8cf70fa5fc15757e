// Virtual time: a clock that moves only when told to. The simulator's driver and the tests own it.
import type { Clock, Timer } from './clock.ts';
import type { MonotonicNs } from './units.ts';
import { NS_PER_MS } from './units.ts';

interface Entry {
  dueNs: MonotonicNs;
  order: number;
  callback: () => void;
  periodNs: number | undefined;
  waitFor: Promise<unknown> | undefined;
  cancelled: boolean;
}

/** Between two turns of the event loop, so that real I/O goes on while virtual time passes. */
const EVENTS_PER_TURN = 16;

/**
 * A clock stepped by its owner. Timers fire in order of due time, ties in order of creation, so a run is reproducible.
 * Real asynchronous work (an inference) joins virtual time through {@link ManualClock.settleAt}.
 */
export class ManualClock implements Clock {
  #nowNs: MonotonicNs;
  #firedCount = 0;
  #order = 0;
  readonly #heap: Entry[] = [];
  readonly #wallOriginMs: number;

  constructor(options: { startNs?: MonotonicNs; wallMs?: number } = {}) {
    this.#nowNs = options.startNs ?? 0;
    this.#wallOriginMs = (options.wallMs ?? Date.UTC(2026, 0, 1)) - this.#nowNs / NS_PER_MS;
  }

  nowNs(): MonotonicNs {
    return this.#nowNs;
  }

  wallMs(): number {
    return this.#wallOriginMs + this.#nowNs / NS_PER_MS;
  }

  after(delayMs: number, callback: () => void): Timer {
    return this.#add(this.#nowNs + Math.max(0, delayMs) * NS_PER_MS, callback);
  }

  every(periodMs: number, callback: () => void): Timer {
    if (!(periodMs > 0)) throw new RangeError(`every() needs a period above 0 ms, got ${periodMs}`);
    const periodNs = periodMs * NS_PER_MS;
    return this.#add(this.#nowNs + periodNs, callback, periodNs);
  }

  /** Calls back at an absolute time; a time already past fires at the next step. */
  at(dueNs: MonotonicNs, callback: () => void): Timer {
    return this.#add(Math.max(dueNs, this.#nowNs), callback);
  }

  /**
   * Resolves with `work`'s result exactly `delayMs` of virtual time from now: the clock cannot pass that moment before the
   * real work has finished, and other events before it run meanwhile. Rejections pass through.
   */
  settleAt<T>(delayMs: number, work: Promise<T>): Promise<T> {
    work.catch(() => undefined);
    return new Promise((resolve, reject) => {
      this.#add(this.#nowNs + delayMs * NS_PER_MS, () => void work.then(resolve, reject), undefined, work);
    });
  }

  /** Fires everything due up to `targetNs`, draining microtasks and awaiting `settleAt` work in between. */
  async advanceTo(targetNs: MonotonicNs): Promise<void> {
    await turn();
    for (let next = this.#heap[0]; next !== undefined && next.dueNs <= targetNs; next = this.#heap[0]) {
      if (next.waitFor !== undefined && !next.cancelled) {
        const work = next.waitFor;
        next.waitFor = undefined;
        await work.catch(() => undefined);
        continue;
      }
      this.#pop();
      if (next.cancelled) continue;
      this.#nowNs = Math.max(this.#nowNs, next.dueNs);
      if (next.periodNs !== undefined) {
        next.dueNs += next.periodNs;
        next.order = this.#order++;
        this.#push(next);
      }
      next.callback();
      await (++this.#firedCount % EVENTS_PER_TURN === 0 ? turn() : drainMicrotasks());
    }
    this.#nowNs = Math.max(this.#nowNs, targetNs);
  }

  advanceMs(ms: number): Promise<void> {
    return this.advanceTo(this.#nowNs + ms * NS_PER_MS);
  }

  #add(dueNs: number, callback: () => void, periodNs?: number, waitFor?: Promise<unknown>): Timer {
    const entry: Entry = { dueNs, order: this.#order++, callback, periodNs, waitFor, cancelled: false };
    this.#push(entry);
    return { cancel: () => { entry.cancelled = true; } };
  }

  #push(entry: Entry): void {
    const heap = this.#heap;
    let index = heap.length;
    heap.push(entry);
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!isBefore(entry, heap[parent]!)) break;
      heap[index] = heap[parent]!;
      index = parent;
    }
    heap[index] = entry;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop()!;
    if (heap.length === 0) return;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child++;
      if (!isBefore(heap[child]!, last)) break;
      heap[index] = heap[child]!;
      index = child;
    }
    heap[index] = last;
  }
}

function isBefore(a: Entry, b: Entry): boolean {
  return a.dueNs < b.dueNs || (a.dueNs === b.dueNs && a.order < b.order);
}

// Promise chains started by a callback must run before virtual time moves on. Node runs every waiting microtask, and those that
// they start, before the next tick; a second one lets follow what other ticks started.
async function drainMicrotasks(): Promise<void> {
  await nextTick();
  await nextTick();
}

function nextTick(): Promise<void> {
  return new Promise((resolve) => process.nextTick(resolve));
}

/** A turn of the event loop, for I/O callbacks that are due. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
