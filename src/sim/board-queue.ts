// The board's fire queue: each command at its own count, found by exact crossing of the motion as a hardware compare unit
// would, not by looking at the encoder from time to time. A command keeps its slot until its report is acknowledged.
import type { Clock, Timer } from '../base/clock.ts';
import type { MonotonicNs } from '../base/units.ts';
import { NS_PER_MS } from '../base/units.ts';
import type { BeltMotion } from './belt-motion.ts';
import type { BoardEncoder } from './board-encoder.ts';

export interface QueuedCommand {
  readonly commandId: number;
  readonly output: number;
  readonly fireAtCount: number;
  readonly holdUs: number;
}

/** Timers of a live event loop may come this much early; then the rest is waited for. */
const EARLY_NS = 1000;
/** A live event loop's timers cannot be set further ahead than 24 days. */
const LONGEST_WAIT_MS = 86_400_000;

interface Slot {
  readonly command: QueuedCommand;
  /** Waiting for its count; afterwards it waits for its report to be acknowledged. */
  waiting: boolean;
  timer: Timer | undefined;
}

export class BoardQueue {
  readonly #deps: { clock: Clock; motion: BeltMotion; encoder: BoardEncoder; depth: number; onReached(command: QueuedCommand, atNs: MonotonicNs): void };
  readonly #slotById = new Map<number, Slot>();
  readonly #stopListening: () => void;

  constructor(deps: { clock: Clock; motion: BeltMotion; encoder: BoardEncoder; depth: number; onReached(command: QueuedCommand, atNs: MonotonicNs): void }) {
    this.#deps = deps;
    this.#stopListening = deps.motion.onMotion(() => this.replan());
  }

  get freeCount(): number {
    return this.#deps.depth - this.#slotById.size;
  }

  has(commandId: number): boolean {
    return this.#slotById.has(commandId);
  }

  add(command: QueuedCommand): void {
    const slot: Slot = { command, waiting: true, timer: undefined };
    this.#slotById.set(command.commandId, slot);
    this.#plan(slot);
  }

  /** Takes a waiting command out of the race; its slot stays taken until {@link release}. */
  withdraw(commandId: number): QueuedCommand | undefined {
    const slot = this.#slotById.get(commandId);
    if (slot === undefined || !slot.waiting) return undefined;
    slot.waiting = false;
    slot.timer?.cancel();
    return slot.command;
  }

  /** Ids still waiting for their count, in the order they came. */
  waitingIds(): number[] {
    return [...this.#slotById.values()].filter((slot) => slot.waiting).map((slot) => slot.command.commandId);
  }

  /** The report was acknowledged. */
  release(commandId: number): void {
    const slot = this.#slotById.get(commandId);
    if (slot !== undefined && !slot.waiting) this.#slotById.delete(commandId);
  }

  /** Forgets everything, unreported: a new session, or a restart. */
  clear(): void {
    for (const slot of this.#slotById.values()) slot.timer?.cancel();
    this.#slotById.clear();
  }

  /** The way to every target changed. */
  replan(): void {
    for (const slot of this.#slotById.values()) if (slot.waiting) this.#plan(slot);
  }

  close(): void {
    this.#stopListening();
    this.clear();
  }

  #plan(slot: Slot): void {
    const { clock, motion, encoder, onReached } = this.#deps;
    slot.timer?.cancel();
    const nowNs = clock.nowNs();
    const dueNs = motion.timeAtCounts(encoder.trueCountsOf(slot.command.fireAtCount), nowNs);
    slot.timer = dueNs === undefined ? undefined : clock.after(Math.min((dueNs - nowNs) / NS_PER_MS, LONGEST_WAIT_MS), () => {
      if (dueNs - clock.nowNs() > EARLY_NS) return this.#plan(slot);
      slot.waiting = false;
      onReached(slot.command, dueNs);
    });
  }
}
