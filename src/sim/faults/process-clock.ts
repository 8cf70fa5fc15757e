// Time as one life of the line process has it: the plant's clock, until the process is killed, and late while it does nothing.
// Everything that reaches the process (timers, bytes, events of vision and broker) passes through `deliver`, so that a killed
// process never acts again and a stalled one acts on what came meanwhile, in order, when it goes on.
import type { Clock, Timer } from '../../base/clock.ts';
import type { Milliseconds, MonotonicNs } from '../../base/units.ts';
import { NS_PER_MS } from '../../base/units.ts';

/** The machine's wall clock; a jump moves it for every process. */
export interface WallClock {
  offsetMs: Milliseconds;
}

export class ProcessClock implements Clock {
  readonly #world: Clock;
  readonly #wall: WallClock;
  readonly #timers = new Set<Timer>();
  #waiting: (() => void)[] = [];
  #stalledUntilNs: MonotonicNs = -Infinity;
  #isDead = false;

  constructor(world: Clock, wall: WallClock) {
    this.#world = world;
    this.#wall = wall;
  }

  get isDead(): boolean {
    return this.#isDead;
  }

  nowNs(): MonotonicNs {
    return this.#world.nowNs();
  }

  wallMs(): number {
    return this.#world.wallMs() + this.#wall.offsetMs;
  }

  after(delayMs: Milliseconds, callback: () => void): Timer {
    let isCancelled = false;
    const inner = this.#world.after(delayMs, () => {
      this.#timers.delete(timer);
      this.deliver(() => { if (!isCancelled) callback(); });
    });
    const timer = this.#kept(inner, () => { isCancelled = true; });
    return timer;
  }

  every(periodMs: Milliseconds, callback: () => void): Timer {
    let isCancelled = false;
    // However long the process slept, a periodic timer is due once.
    let isWaiting = false;
    const inner = this.#world.every(periodMs, () => {
      if (isWaiting) return;
      isWaiting = true;
      this.deliver(() => {
        isWaiting = false;
        if (!isCancelled) callback();
      });
    });
    return this.#kept(inner, () => { isCancelled = true; });
  }

  /** Timers set and not yet due. */
  get timerCount(): number {
    return this.#timers.size;
  }

  /** Has the process hear something: now, when it goes on, or never. */
  deliver(what: () => void): void {
    if (this.#isDead) return;
    if (this.#world.nowNs() < this.#stalledUntilNs || this.#waiting.length > 0) this.#waiting.push(what);
    else what();
  }

  /** The process does nothing for so long; on top of a stall that lasts already. */
  stall(ms: Milliseconds): void {
    const fromNs = Math.max(this.#world.nowNs(), this.#stalledUntilNs);
    this.#stalledUntilNs = fromNs + ms * NS_PER_MS;
    this.#world.after((this.#stalledUntilNs - this.#world.nowNs()) / NS_PER_MS, () => this.#goOn());
  }

  /** kill -9: no timer, no byte, no promise that waits for one goes on. */
  kill(): void {
    this.#isDead = true;
    this.#waiting = [];
    for (const timer of [...this.#timers]) timer.cancel();
  }

  #goOn(): void {
    while (this.#waiting.length > 0 && !this.#isDead && this.#world.nowNs() >= this.#stalledUntilNs) this.#waiting.shift()!();
  }

  /** The process's own handle to a timer of the plant, counted until it is cancelled. */
  #kept(inner: Timer, onCancel: () => void): Timer {
    const timer: Timer = {
      cancel: () => {
        onCancel();
        inner.cancel();
        this.#timers.delete(timer);
      },
    };
    this.#timers.add(timer);
    return timer;
  }
}
