// The Link: keeps a cable open with back-off, one session on it at a time, and tells the line what happens. A new session leaves
// the board safe; nothing here ever arms without being asked to.
//
//   idle ──start──▶ opening ──▶ session ──lost──▶ waiting ──▶ opening …          any ──stop──▶ stopped
import type { Clock, Timer } from '../base/clock.ts';
import { reasonOf } from '../base/errors.ts';
import type { Logger } from '../base/logger.ts';
import type { Random } from '../base/random.ts';
import { retryDelayMs } from '../base/retry.ts';
import { BeltTracker } from './belt-tracker.ts';
import { checkOutputs } from './board-config.ts';
import { BoardView } from './board-view.ts';
import type { ClockSyncOptions } from './clock-sync.ts';
import type { HelloReply, SessionEnd } from './host-session.ts';
import { HostSession } from './host-session.ts';
import type { CommandResult, Link, LinkEvent, LinkSink, LinkStats, OutputConfig } from './link.ts';
import { LinkCounters } from './link-counters.ts';
import { MAX_AHEAD_COUNTS } from './messages.ts';
import { payloadBytesOf } from './message-codec.ts';
import { CRC_BYTES, HEADER_BYTES } from './frame-codec.ts';
import { toU32, Unwrapper } from './modular.ts';
import type { LinkTimingOptions } from './options.ts';
import type { FireCommand } from '../domain/decision.ts';
import type { OpenTransport, Transport } from './transport.ts';

/** Sees every byte of the cable as it passes; the bytes must not be changed. */
export type WireTap = (direction: 'out' | 'in', bytes: Uint8Array) => void;

export interface LinkDeps {
  clock: Clock;
  log: Logger;
  random: Random;
  transport: Transport;
  options: LinkTimingOptions;
  /** One per actuator. */
  outputs: readonly OutputConfig[];
  sink: LinkSink;
  /** Bits per second where the wire is the bottleneck: a UART. Makes the clock mapping exact on slow cables. */
  baudRate?: number;
  tap?: WireTap;
}

/** A link that does nothing until started. Throws LINK_PROTOCOL for outputs that no board can have. */
export function createLink(deps: LinkDeps): Link {
  checkOutputs(deps.outputs);
  return new HostLink(deps);
}

const CLOSED: CommandResult = { result: 'closed' };
/** Start, eight data and one stop bit. */
const BITS_PER_BYTE = 10;

class HostLink implements Link {
  readonly #deps: LinkDeps;
  readonly #counters = new LinkCounters();
  readonly #counts = new Unwrapper();
  #phase: 'idle' | 'opening' | 'session' | 'waiting' | 'stopped' = 'idle';
  #cable: OpenTransport | undefined;
  #session: HostSession | undefined;
  #retry: Timer | undefined;
  #attempt = 0;
  #lastSessionNumber = 0;
  #lastBootId: number | undefined;
  #lastTold = '';
  /** Grows with each cable, so that a late word of an old one is recognised. */
  #generation = 0;

  constructor(deps: LinkDeps) {
    this.#deps = deps;
  }

  get stats(): LinkStats {
    return this.#counters.snapshot();
  }

  start(): void {
    if (this.#phase === 'idle') void this.#open();
  }

  schedule(command: FireCommand): Promise<CommandResult> {
    const session = this.#upSession();
    if (session === undefined) return Promise.resolve(CLOSED);
    // The board compares modulo 2^32; beyond half of that only the host can tell ahead from behind.
    const ahead = command.fireAtCounts - (session.tracker?.lastCounts ?? command.fireAtCounts);
    if (ahead > MAX_AHEAD_COUNTS) return Promise.resolve({ result: 'rejected', reason: 'too-far' });
    if (ahead < -MAX_AHEAD_COUNTS) return Promise.resolve({ result: 'rejected', reason: 'late' });
    return session.request({
      kind: 'fire.schedule', commandId: command.commandId, output: command.output,
      fireAtCount: toU32(command.fireAtCounts), holdUs: Math.round(command.holdMs * 1000),
    }, { targetCounts: command.fireAtCounts });
  }

  cancel(commandId: number): Promise<CommandResult> {
    return this.#upSession()?.request({ kind: 'fire.cancel', commandId }) ?? Promise.resolve(CLOSED);
  }

  cancelAll(): Promise<CommandResult> {
    return this.#upSession()?.request({ kind: 'fire.cancelAll' }) ?? Promise.resolve(CLOSED);
  }

  arm(): Promise<CommandResult> {
    return this.#upSession()?.request({ kind: 'board.arm' }) ?? Promise.resolve(CLOSED);
  }

  safe(): Promise<CommandResult> {
    return this.#upSession()?.request({ kind: 'board.safe' }, { urgent: true }) ?? Promise.resolve(CLOSED);
  }

  async stop(): Promise<void> {
    this.#phase = 'stopped';
    this.#retry?.cancel();
    await this.#hangUp();
  }

  #upSession(): HostSession | undefined {
    return this.#session?.isUp === true ? this.#session : undefined;
  }

  async #open(): Promise<void> {
    const { transport, log, tap } = this.#deps;
    this.#phase = 'opening';
    const generation = ++this.#generation;
    try {
      const cable = await transport.open({
        onData: (bytes) => {
          if (generation !== this.#generation) return;
          tap?.('in', bytes);
          this.#session?.receive(bytes);
        },
        onClose: (reason) => { if (generation === this.#generation) this.#onLost(reason); },
      });
      // Stopped while it opened.
      if (generation !== this.#generation) return void (await cable.close());
      log.debug(`${transport.description}: open, saying hello`);
      this.#cable = cable;
      this.#startSession(cable);
    } catch (error) {
      if (generation === this.#generation) this.#onLost(reasonOf(error));
    }
  }

  #startSession(cable: OpenTransport): void {
    const { clock, log, random, options, outputs, sink, tap } = this.#deps;
    this.#phase = 'session';
    const view = new BoardView(outputs.map(({ output }) => output));
    this.#session = new HostSession({
      clock, log, outputs, view, timing: options, counters: this.#counters,
      session: this.#nextSessionNumber(), nonce: random.integer(1, 0xffff_ffff),
      write: (bytes) => {
        tap?.('out', bytes);
        cable.write(bytes);
      },
      trackerFor: (hello) => this.#trackerFor(hello),
      onUp: (hello) => this.#onUp(hello),
      onEvent: sink,
      onEnd: (end) => this.#onSessionEnd(end),
    });
    this.#session.start();
  }

  #nextSessionNumber(): number {
    const number = this.#deps.random.integer(1, 255);
    this.#lastSessionNumber = number === this.#lastSessionNumber ? (number % 255) + 1 : number;
    return this.#lastSessionNumber;
  }

  #trackerFor(hello: HelloReply): BeltTracker {
    if (hello.bootId !== this.#lastBootId) this.#counts.reset();
    return new BeltTracker({ counts: this.#counts, maxCountsPerSecond: hello.maxCountsPerSecond, sync: this.#syncOptions() });
  }

  #syncOptions(): ClockSyncOptions {
    const { baudRate } = this.#deps;
    const wireBytes = (kind: 'heartbeat.ask' | 'heartbeat.reply'): number => HEADER_BYTES + payloadBytesOf(kind) + CRC_BYTES + 2;
    return {
      byteNs: baudRate === undefined ? 0 : (BITS_PER_BYTE * 1e9) / baudRate,
      askBytes: wireBytes('heartbeat.ask'), replyBytes: wireBytes('heartbeat.reply'),
    };
  }

  #onUp(hello: HelloReply): void {
    const { log, sink, transport } = this.#deps;
    const rebooted = this.#lastBootId !== undefined && hello.bootId !== this.#lastBootId;
    this.#lastBootId = hello.bootId;
    this.#attempt = 0;
    this.#lastTold = '';
    log.info({ firmware: hello.firmware, bootId: hello.bootId, resetCause: hello.resetCause, rebooted }, `${transport.description}: board '${hello.firmware}' is ready, ${hello.outputCount} outputs`);
    sink({
      kind: 'link.up', rebooted,
      hello: { protocolVersion: hello.version, firmware: hello.firmware, bootId: hello.bootId, outputCount: hello.outputCount, queueDepth: hello.queueDepth },
    });
  }

  #onSessionEnd(end: SessionEnd): void {
    if (end.kind === 'lost') return this.#onLost(end.reason);
    // Trying often would not help: a person has to act. It is tried again, so that acting is all they have to do.
    this.#again(this.#deps.options.retryMaxMs);
    this.#tell({ kind: 'link.refused', code: end.code, message: end.message }, end.message);
  }

  #onLost(reason: string): void {
    if (this.#phase === 'stopped') return;
    const { options, random } = this.#deps;
    const delayMs = retryDelayMs({ firstMs: options.retryFirstMs, maxMs: options.retryMaxMs }, this.#attempt++, random);
    this.#again(delayMs);
    this.#tell({ kind: 'link.down', reason, retryInMs: delayMs }, reason);
  }

  /** The same trouble, met again at each attempt, is told once. */
  #tell(event: LinkEvent, text: string): void {
    const { log, sink, transport } = this.#deps;
    if (this.#lastTold === text) return log.debug(`${transport.description}: still: ${text}`);
    this.#lastTold = text;
    log.warn(`${transport.description}: ${text}`);
    sink(event);
  }

  #again(delayMs: number): void {
    if (this.#phase === 'stopped') return;
    this.#phase = 'waiting';
    this.#retry?.cancel();
    const hungUp = this.#hangUp();
    // The old cable must be closed before the same device can be opened again.
    this.#retry = this.#deps.clock.after(delayMs, () => void hungUp.then(() => { if (this.#phase === 'waiting') void this.#open(); }));
  }

  async #hangUp(): Promise<void> {
    this.#generation++;
    const cable = this.#cable;
    this.#cable = undefined;
    this.#session?.end();
    this.#session = undefined;
    await cable?.close().catch(() => undefined);
  }
}
