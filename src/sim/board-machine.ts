// The board's state machine and what it drives: safe or armed, why, its inputs, the fire queue, the outputs. What
// firmware-protocol.md §§ 4.7, 4.8 and 5 say, without the wire: it answers with result codes and hands reports to its
// owner. "Only board.arm leaves safe" is the one line in `arm`.
import type { Clock } from '../base/clock.ts';
import type { MonotonicNs } from '../base/units.ts';
import { rangeProblem } from '../link/message-codec.ts';
import type { BOARD_STATES, BoardMessage, FAULTS, MessageOf, MISSED_CAUSES, RESULT_CODES, SAFE_CAUSES } from '../link/messages.ts';
import { INPUT, MAX_AHEAD_COUNTS } from '../link/messages.ts';
import { difference32 } from '../link/modular.ts';
import type { BeltMotion } from './belt-motion.ts';
import type { BoardConfig } from './board-config.ts';
import type { BoardEncoder } from './board-encoder.ts';
import { BoardOutputs } from './board-outputs.ts';
import type { QueuedCommand } from './board-queue.ts';
import { BoardQueue } from './board-queue.ts';

export type BoardSafeCause = (typeof SAFE_CAUSES)[number];
export type BoardFault = (typeof FAULTS)[number];
export type BoardRunState = (typeof BOARD_STATES)[number];
export type ResultCode = (typeof RESULT_CODES)[number];
type MissedCause = (typeof MISSED_CAUSES)[number];

/** Further back than this is no glitch; faster than the encoder can go, over this time, is no belt. firmware-protocol.md § 5. */
const REVERSAL_COUNTS = 250;
const PLAUSIBLE_S = 0.01;

export interface BoardMachineDeps {
  clock: Clock;
  motion: BeltMotion;
  encoder: BoardEncoder;
  config: BoardConfig;
  outputCount: number;
  queueDepth: number;
  maxCountsPerSecond: number;
  /** A reliable message; nobody hears it without a session. */
  report(message: BoardMessage, onAcked?: () => void): void;
  /** The present state, in place of one not sent yet. */
  reportState(message: MessageOf<'board.state'>): void;
  /** The belt relay closed or opened. */
  onRelay(closed: boolean): void;
  /** An output was driven to its firing value, or back. */
  onOutput(output: number, active: boolean, atNs: MonotonicNs): void;
}

export class BoardMachine {
  readonly #deps: BoardMachineDeps;
  readonly #outputs: BoardOutputs;
  readonly #queue: BoardQueue;
  #state: BoardRunState = 'safe';
  #cause: BoardSafeCause = 'boot';
  #fault: BoardFault = 'none';
  #eStop = false;
  #jam = false;
  #binFull = 0;

  constructor(deps: BoardMachineDeps) {
    this.#deps = deps;
    const { clock, motion, encoder } = deps;
    this.#outputs = new BoardOutputs(clock, deps.onOutput);
    this.#queue = new BoardQueue({ clock, motion, encoder, depth: deps.queueDepth, onReached: (command, atNs) => this.#fire(command, atNs) });
  }

  get state(): BoardRunState {
    return this.#state;
  }

  get queueFree(): number {
    return this.#queue.freeCount;
  }

  /** A configuration was committed, or forgotten. */
  configured(): void {
    this.#outputs.configure(this.#deps.config.settingsByOutput);
    if (this.#deps.config.isCommitted) this.tellState();
  }

  arm(): { code: ResultCode; then?: () => void } {
    if (this.#state === 'armed') return { code: 'ok' };
    if (!this.#deps.config.isCommitted) return { code: 'not-configured' };
    if (this.#eStop || this.#jam) return { code: 'interlock' };
    this.#state = 'armed';
    this.#cause = 'none';
    this.#fault = 'none';
    this.#deps.encoder.forgetHighest();
    return { code: 'ok', then: () => { this.#deps.onRelay(true); this.tellState(); } };
  }

  /** Asked for by the host. */
  safe(): void {
    if (this.#state === 'armed') this.#enterSafe('host-request', 'cancelled');
  }

  heartbeatLost(): void {
    if (this.#state === 'armed') this.#enterSafe('heartbeat-lost', 'inhibited');
  }

  /** A new session begins, after the old one ended: queue, outputs and reports start empty. */
  sessionBegins(): void {
    if (this.#state === 'armed') this.#enterSafe('host-request', 'cancelled');
    this.#queue.clear();
    this.#outputs.configure(new Map());
  }

  /** Power comes back: safe, outputs off, nothing queued. The inputs sense what they sense. */
  boot(): void {
    this.#outputs.allSafe();
    this.#queue.clear();
    this.#outputs.configure(new Map());
    this.#state = 'safe';
    this.#cause = 'boot';
    this.#fault = 'none';
    this.#deps.onRelay(false);
  }

  setEStop(pressed: boolean): void {
    if (pressed === this.#eStop) return;
    this.#eStop = pressed;
    if (pressed) this.#enterSafe('e-stop', 'inhibited');
    else this.tellState();
  }

  setJam(active: boolean): void {
    if (active === this.#jam) return;
    this.#jam = active;
    if (active && !this.#eStop) this.#enterSafe('jam', 'inhibited');
    else this.tellState();
  }

  setBinFull(output: number, full: boolean): void {
    const bit = 1 << output;
    const next = (full ? this.#binFull | bit : this.#binFull & ~bit) >>> 0;
    if (next === this.#binFull) return;
    this.#binFull = next;
    this.tellState();
  }

  raiseFault(fault: Exclude<BoardFault, 'none'>): void {
    this.#fault = fault;
    if (this.#eStop) this.tellState();
    else this.#enterSafe('fault', 'inhibited');
  }

  /** The encoder invents (or, below 0, loses) edges: every waiting command is due at another place, or it is plainly broken. */
  jumpEncoder(counts: number): void {
    const { encoder, maxCountsPerSecond } = this.#deps;
    const behind = encoder.jump(counts);
    const wasArmed = this.#state === 'armed';
    if (wasArmed && behind > REVERSAL_COUNTS) this.raiseFault('encoder-reversed');
    else if (wasArmed && counts > maxCountsPerSecond * PLAUSIBLE_S) this.raiseFault('encoder-implausible');
    else this.#queue.replan();
  }

  schedule(message: MessageOf<'fire.schedule'>): { code: ResultCode; then?: () => void } {
    // An output beyond the table's range is a bad output like any other the board does not have.
    if (rangeProblem({ ...message, output: 0 }) !== undefined) return { code: 'bad-request' };
    if (this.#state !== 'armed') return { code: 'not-armed' };
    if (message.output >= this.#deps.outputCount || !this.#outputs.isConfigured(message.output)) return { code: 'bad-output' };
    if (this.#queue.has(message.commandId)) return { code: 'duplicate' };
    const ahead = difference32(message.fireAtCount, this.#deps.encoder.count());
    if (ahead <= 0) return { code: 'late' };
    if (ahead > MAX_AHEAD_COUNTS) return { code: 'too-far' };
    if (this.#queue.freeCount === 0) return { code: 'queue-full' };
    return { code: 'ok', then: () => this.#queue.add(message) };
  }

  cancel(commandId: number): { code: ResultCode; then?: () => void } {
    if (this.#queue.withdraw(commandId) === undefined) return { code: 'late' };
    return { code: 'ok', then: () => this.#reportMissed(commandId, 'cancelled') };
  }

  cancelAll(): { code: ResultCode; detail: number; then: () => void } {
    return { code: 'ok', detail: this.#queue.waitingIds().length, then: () => this.#flush('cancelled') };
  }

  /** Reports the present state. */
  tellState(): void {
    const inputs = (this.#eStop ? INPUT.eStop : 0) | (this.#jam ? INPUT.jam : 0) | (this.#state === 'armed' ? INPUT.beltRunning : 0);
    this.#deps.reportState({
      kind: 'board.state', state: this.#state, cause: this.#cause, fault: this.#fault, inputs, binFull: this.#binFull, configCrc: this.#deps.config.crc,
    });
  }

  close(): void {
    this.#queue.close();
    this.#outputs.allSafe();
  }

  #fire(command: QueuedCommand, atNs: MonotonicNs): void {
    const { encoder, config, report } = this.#deps;
    const { commandId, fireAtCount } = command;
    const late = encoder.countsBeyond(fireAtCount, atNs);
    if (late > config.maxLateCounts) return this.#reportMissed(commandId, 'late');
    this.#outputs.fire(command.output, atNs, command.holdUs);
    report({ kind: 'fire.fired', commandId, atCount: (fireAtCount + late) >>> 0 }, () => this.#queue.release(commandId));
  }

  #flush(cause: MissedCause): void {
    for (const commandId of this.#queue.waitingIds()) {
      this.#queue.withdraw(commandId);
      this.#reportMissed(commandId, cause);
    }
  }

  #reportMissed(commandId: number, cause: MissedCause): void {
    const atCount = this.#deps.encoder.count();
    this.#deps.report({ kind: 'fire.missed', commandId, cause, atCount }, () => this.#queue.release(commandId));
  }

  /** Into safe, or a graver cause while there already; the reports of what was flushed come before the state. */
  #enterSafe(cause: BoardSafeCause, flushed: MissedCause): void {
    const wasArmed = this.#state === 'armed';
    this.#state = 'safe';
    this.#cause = cause;
    this.#flush(flushed);
    this.#outputs.allSafe();
    if (wasArmed) this.#deps.onRelay(false);
    this.tellState();
  }
}
