// The firmware of the twin: sessions, configuration, heartbeat and belt samples of firmware-protocol.md § 4, on a clock, an
// encoder and a byte writer that are given to it. It knows no items, bins or cables; the plant around it (twin.ts) moves
// the belt when its relay closes.
//
//   bytes ─▶ BoardStream ─▶ requests ─▶ BoardMachine ─▶ BoardQueue ─▶ BoardOutputs ─▶ plant
//         ◀─ results, reports, samples ◀─────┘
import type { Clock, Timer } from '../base/clock.ts';
import type { Random } from '../base/random.ts';
import type { MonotonicNs } from '../base/units.ts';
import { NS_PER_MS } from '../base/units.ts';
import { rangeProblem } from '../link/message-codec.ts';
import type { HostMessage, MessageOf, RESET_CAUSES } from '../link/messages.ts';
import { CAPABILITY } from '../link/messages.ts';
import type { BeltMotion } from './belt-motion.ts';
import { BoardConfig, DEFAULT_BELT_PERIOD_MS } from './board-config.ts';
import { BoardEncoder } from './board-encoder.ts';
import type { BoardMachineDeps, ResultCode } from './board-machine.ts';
import { BoardMachine } from './board-machine.ts';
import { BoardStream } from './board-stream.ts';

export type ResetCause = (typeof RESET_CAUSES)[number];

/** What a board of this make can do, as it says in its hello. */
export interface BoardFirmwareOptions {
  readonly outputCount: number;
  readonly queueDepth: number;
  readonly window: number;
  readonly countsPerMetre: number;
  readonly maxCountsPerSecond: number;
  readonly firmware: string;
  /** How far its oscillator is off, parts per million. */
  readonly tickPpm: number;
  /** Ticks at first power-on. */
  readonly bootTicks: number;
}

export interface BoardFirmwareDeps extends Pick<BoardMachineDeps, 'onRelay' | 'onOutput'> {
  clock: Clock;
  random: Random;
  motion: BeltMotion;
  options: BoardFirmwareOptions;
  write(bytes: Uint8Array): void;
}

interface Answer {
  readonly code: ResultCode;
  readonly detail?: number;
  /** Runs after the result was sent: reports follow results. */
  readonly then?: () => void;
}

/** A heartbeat timer that comes this late was held up itself, with the host's bytes: the host gets a moment to be heard. */
const STALL_NS = 20 * NS_PER_MS;
const STALL_GRACE_MS = 50;

export class BoardFirmware {
  readonly encoder: BoardEncoder;
  readonly stream: BoardStream;
  readonly machine: BoardMachine;
  readonly #deps: BoardFirmwareDeps;
  readonly #config = new BoardConfig();
  #versions = { min: 1, max: 1 };
  #nonce = 0;
  #bootId: number;
  #resetCause: ResetCause = 'power-on';
  #aliveNs: MonotonicNs = 0;
  #heartbeatTimer: Timer | undefined;
  #sampleTimer: Timer | undefined;

  constructor(deps: BoardFirmwareDeps) {
    this.#deps = deps;
    const { clock, motion, options } = deps;
    this.encoder = new BoardEncoder({ clock, motion, tickPpm: options.tickPpm, bootTicks: options.bootTicks });
    this.#bootId = deps.random.integer(1, 0xffff_ffff);
    this.machine = new BoardMachine({
      clock, motion, encoder: this.encoder, config: this.#config, outputCount: options.outputCount, queueDepth: options.queueDepth, maxCountsPerSecond: options.maxCountsPerSecond,
      onRelay: deps.onRelay, onOutput: deps.onOutput,
      report: (message, onAcked) => this.stream.sendReliable(message, onAcked),
      reportState: (message) => { this.stream.withdrawUnsent('board.state'); this.stream.sendReliable(message); },
    });
    this.stream = new BoardStream({
      clock, window: options.window, write: deps.write,
      handlers: {
        onAlive: () => { this.#aliveNs = clock.nowNs(); },
        onHello: (ask, session) => this.#hello(ask, session),
        onHeartbeat: (token) => this.stream.sendUnreliable({ kind: 'heartbeat.reply', token, ...this.encoder.read(), queueFree: this.machine.queueFree }),
        onRequest: (message, requestSeq) => this.#request(message, requestSeq),
        onStray: () => this.banner(),
      },
    });
  }

  get bootId(): number {
    return this.#bootId;
  }

  /** Which versions it says it speaks; takes effect at the next hello. */
  speakVersions(min: number, max: number): void {
    this.#versions = { min, max };
  }

  /** A restart: new boot id, counts and ticks from 0, everything forgotten but what the inputs sense. */
  restart(resetCause: ResetCause): void {
    this.#endSession();
    this.machine.boot();
    this.#bootId = (this.#bootId + 1) >>> 0;
    this.#resetCause = resetCause;
    this.encoder.restart();
    this.banner();
  }

  /** Says that a board without a session is here. */
  banner(): void {
    this.stream.sendUnreliable(this.#helloReply({ version: 0, nonce: 0 }), 0);
  }

  close(): void {
    this.#endSession();
    this.machine.close();
  }

  #hello(ask: MessageOf<'hello.ask'>, session: number): void {
    const { clock } = this.#deps;
    const version = Math.min(ask.maxVersion, this.#versions.max);
    const isCommon = version >= Math.max(ask.minVersion, this.#versions.min);
    const isRepeated = this.stream.session !== 0 && ask.nonce === this.#nonce;
    if (!isRepeated) {
      this.#endSession();
      this.machine.sessionBegins();
    }
    this.stream.sendUnreliable(this.#helloReply({ version: isCommon ? version : 0, nonce: ask.nonce }), session);
    this.#aliveNs = clock.nowNs();
    if (isRepeated || !isCommon) return;
    this.#nonce = ask.nonce;
    this.stream.begin(session);
    this.machine.tellState();
    this.#watchHeartbeat(this.#config.heartbeatTimeoutMs);
    this.#sampleBelt();
  }

  #endSession(): void {
    this.stream.begin(0);
    this.#config.clear();
    this.#heartbeatTimer?.cancel();
    this.#sampleTimer?.cancel();
  }

  #helloReply(about: { version: number; nonce: number }): MessageOf<'hello.reply'> {
    const { outputCount, queueDepth, window, countsPerMetre, maxCountsPerSecond, firmware } = this.#deps.options;
    const { quadrature, beltControl, binFullSensors, jamSensor, eStopInput } = CAPABILITY;
    return {
      kind: 'hello.reply', minVersion: this.#versions.min, maxVersion: this.#versions.max, ...about, resetCause: this.#resetCause, bootId: this.#bootId,
      capabilities: quadrature | beltControl | binFullSensors | jamSensor | eStopInput,
      outputCount, queueDepth, window, countsPerMetre, maxCountsPerSecond, firmware,
    };
  }

  #watchHeartbeat(waitMs: number): void {
    const { clock } = this.#deps;
    this.#heartbeatTimer?.cancel();
    const dueNs = clock.nowNs() + waitMs * NS_PER_MS;
    this.#heartbeatTimer = clock.after(waitMs, () => {
      const nowNs = clock.nowNs();
      const timeoutMs = this.#config.heartbeatTimeoutMs;
      const leftMs = timeoutMs - (nowNs - this.#aliveNs) / NS_PER_MS;
      if (leftMs > 0) return this.#watchHeartbeat(Math.max(leftMs, 0.01));
      if (nowNs - dueNs > STALL_NS) return this.#watchHeartbeat(STALL_GRACE_MS);
      this.machine.heartbeatLost();
      this.#watchHeartbeat(timeoutMs);
    });
  }

  #sampleBelt(): void {
    const reading = this.encoder.read();
    this.stream.sendUnreliable({ kind: 'belt.sample', ...reading });
    const isMoving = reading.countsPerSecond !== 0 || this.machine.state === 'armed';
    this.#sampleTimer?.cancel();
    this.#sampleTimer = this.#deps.clock.after(isMoving ? this.#config.beltPeriodMs : DEFAULT_BELT_PERIOD_MS, () => this.#sampleBelt());
  }

  #request(message: HostMessage | undefined, requestSeq: number): void {
    const { code, detail = 0, then } = message === undefined ? { code: 'bad-request' as const } : this.#answer(message);
    this.stream.sendReliable({ kind: 'request.result', requestSeq, code, detail });
    then?.();
  }

  #answer(message: HostMessage): Answer {
    if (message.kind === 'fire.schedule') return { ...this.machine.schedule(message), detail: message.commandId };
    const isInRange = rangeProblem(message) === undefined;
    if (message.kind === 'fire.cancel') return { ...(isInRange ? this.machine.cancel(message.commandId) : { code: 'bad-request' }), detail: message.commandId };
    if (!isInRange) return { code: 'bad-request' };
    switch (message.kind) {
      case 'config.begin':
      case 'config.output':
      case 'config.commit': return this.machine.state === 'armed' ? { code: 'bad-request' } : this.#configure(message);
      case 'board.arm': return this.#arm();
      case 'board.safe': return { code: 'ok', then: () => this.machine.safe() };
      case 'fire.cancelAll': return this.machine.cancelAll();
      default: return { code: 'bad-request' };
    }
  }

  #configure(message: MessageOf<'config.begin'> | MessageOf<'config.output'> | MessageOf<'config.commit'>): Answer {
    switch (message.kind) {
      case 'config.begin':
        this.#config.begin(message);
        this.machine.configured();
        return { code: 'ok' };
      case 'config.output':
        if (message.output >= this.#deps.options.outputCount) return { code: 'bad-output' };
        return { code: this.#config.addOutput(message) ? 'ok' : 'bad-request' };
      case 'config.commit': {
        const { committed, ownCrc } = this.#config.commit(message.configCrc);
        if (!committed) return { code: 'bad-config', detail: ownCrc };
        return { code: 'ok', detail: ownCrc, then: () => this.#committed() };
      }
    }
  }

  #committed(): void {
    this.machine.configured();
    this.#watchHeartbeat(this.#config.heartbeatTimeoutMs);
  }

  #arm(): Answer {
    const { code, then } = this.machine.arm();
    // From now on samples come at the moving belt's pace.
    return { code, then: () => { then?.(); if (code === 'ok') this.#sampleBelt(); } };
  }
}
