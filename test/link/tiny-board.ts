// The smallest board that keeps the protocol, for tests of the host: no outputs, a belt of constant speed, an unlimited queue.
// What it did is public, so that a test can ask how often a command was executed. The shipped twin is src/sim/.
import type { Clock, Timer } from '../../src/base/clock.ts';
import { NS_PER_MS, NS_PER_S } from '../../src/base/units.ts';
import { CRC16_INITIAL, crc16 } from '../../src/link/crc16.ts';
import type { Frame } from '../../src/link/frame-codec.ts';
import { encodeFrame, FrameDecoder } from '../../src/link/frame-codec.ts';
import { decodePayload, encodePayload } from '../../src/link/message-codec.ts';
import type { BoardMessage, HostMessage, MessageOf } from '../../src/link/messages.ts';
import { isReliableId, MESSAGES } from '../../src/link/messages.ts';
import { difference32, toU32 } from '../../src/link/modular.ts';
import { ReliableReceiver, ReliableSender } from '../../src/link/reliable-window.ts';
import { RoundTrip } from '../../src/link/round-trip.ts';

export interface TinyBoardOptions {
  clock: Clock;
  write(bytes: Uint8Array): void;
  bootId?: number;
  countsPerSecond?: number;
  /** Relative error of its oscillator. */
  tickError?: number;
  startTicks?: number;
  startCount?: number;
  hello?: Partial<MessageOf<'hello.reply'>>;
  /** Results are held back: for tests of time limits. */
  mute?: boolean;
}

/** A board measures nothing: 10 ms for a nak to be about something else, 30 ms for a repetition. */
function newSender(): ReliableSender {
  const roundTrip = new RoundTrip();
  roundTrip.add(10 * NS_PER_MS);
  return new ReliableSender({ window: 8, roundTrip });
}

type ResultCode = MessageOf<'request.result'>['code'];

export class TinyBoard {
  readonly requests: HostMessage[] = [];
  readonly acceptedById = new Map<number, number>();
  readonly reportedById = new Map<number, number>();
  state: MessageOf<'board.state'> = { kind: 'board.state', state: 'safe', cause: 'boot', fault: 'none', inputs: 0, binFull: 0, configCrc: 0 };
  mute: boolean;
  answersHeartbeats = true;
  readonly #options: TinyBoardOptions;
  readonly #decoder: FrameDecoder;
  readonly #bootNs: number;
  #session = 0;
  #nonce = 0;
  #bannerNs = -Infinity;
  #sender = newSender();
  #receiver = new ReliableReceiver<{ message: HostMessage | undefined; seq: number }>();
  #backlog: BoardMessage[] = [];
  #sentReliably = 0;
  #crc = CRC16_INITIAL;
  #timers: Timer[] = [];
  readonly #queue = new Map<number, { fireAtCount: number; timer: Timer }>();

  constructor(options: TinyBoardOptions) {
    this.#options = options;
    this.#bootNs = options.clock.nowNs();
    this.mute = options.mute ?? false;
    this.#decoder = new FrameDecoder({ onFrame: (frame) => this.#onFrame(frame) });
    this.#timers.push(
      options.clock.every(20, () => this.#unreliable({ kind: 'belt.sample', ...this.reading() })),
      options.clock.every(5, () => this.#service()),
    );
    this.#banner();
  }

  receive(bytes: Uint8Array): void {
    this.#decoder.push(bytes);
  }

  powerOff(): void {
    for (const timer of [...this.#timers, ...[...this.#queue.values()].map(({ timer }) => timer)]) timer.cancel();
    this.#session = 0;
  }

  reading(): { atTicks: number; atCount: number; countsPerSecond: number } {
    const { clock, countsPerSecond = 2000, tickError = 0, startTicks = 0, startCount = 1000 } = this.#options;
    const elapsedNs = clock.nowNs() - this.#bootNs;
    return {
      atTicks: toU32(Math.floor(startTicks + (elapsedNs / 1000) * (1 + tickError))),
      atCount: toU32(Math.floor(startCount + (countsPerSecond * elapsedNs) / NS_PER_S)),
      countsPerSecond,
    };
  }

  setState(change: Partial<MessageOf<'board.state'>>): void {
    this.state = { ...this.state, ...change };
    this.report(this.state);
  }

  report(message: BoardMessage): void {
    this.#backlog.push(message);
    this.#pump();
  }

  /** A frame of the session that no table has, with the sequence number of the next good one. */
  sendRaw(frame: { id: number; payloadBytes: number }): void {
    this.#sendFrame(frame.id, this.#sentReliably & 0xff, new Uint8Array(frame.payloadBytes));
  }

  /** An acknowledgement of one frame more than arrived. */
  acknowledgeFalsely(): void {
    this.#options.write(encodeFrame({ id: MESSAGES['board.ack'].id, session: this.#session, seq: 0, ack: (this.#receiver.expected + 1) & 0xff, payload: new Uint8Array(0) }));
  }

  #hello(nonce: number, version: number): MessageOf<'hello.reply'> {
    return {
      kind: 'hello.reply', minVersion: 1, maxVersion: 1, version, resetCause: 'power-on', nonce, bootId: this.#options.bootId ?? 7,
      outputCount: 8, queueDepth: 32, window: 8, capabilities: 31, countsPerMetre: 5000, maxCountsPerSecond: 20_000, firmware: 'tiny 1', ...this.#options.hello,
    };
  }

  #onFrame(frame: Frame): void {
    if (frame.id === MESSAGES['hello.ask'].id) return this.#onHello(frame);
    if (this.#session === 0) return this.#banner();
    if (frame.session !== this.#session) return;
    const message = decodePayload(frame.id, frame.payload) as HostMessage | undefined;
    this.#sender.onAck(frame.ack);
    if (message?.kind === 'host.nak') this.#resend(this.#sender.onNak({ ack: frame.ack, kept: message.kept }, this.#options.clock.nowNs()));
    this.#pump();
    if (isReliableId(frame.id)) {
      const reception = this.#receiver.receive(frame.seq, { message, seq: frame.seq }, (due) => this.#onRequest(due.message, due.seq));
      if (reception === 'nak') this.#unreliable({ kind: 'board.nak', kept: this.#receiver.keptBits });
      if (reception === 'ack') this.#unreliable({ kind: 'board.ack' });
      return;
    }
    if (message?.kind === 'heartbeat.ask' && this.answersHeartbeats) this.#unreliable({ kind: 'heartbeat.reply', token: message.token, ...this.reading(), queueFree: 9 });
  }

  #banner(): void {
    const nowNs = this.#options.clock.nowNs();
    if (nowNs - this.#bannerNs < 100 * NS_PER_MS) return;
    this.#bannerNs = nowNs;
    this.#sendFrame(MESSAGES['hello.reply'].id, 0, encodePayload(this.#hello(0, 0)), 0);
  }

  #onHello(frame: Frame): void {
    const ask = decodePayload(frame.id, frame.payload) as MessageOf<'hello.ask'>;
    const isNew = ask.nonce !== this.#nonce;
    if (isNew) {
      this.#nonce = ask.nonce;
      this.#session = frame.session;
      this.#sender = newSender();
      this.#sentReliably = 0;
      this.#receiver = new ReliableReceiver<{ message: HostMessage | undefined; seq: number }>();
      this.#backlog = [];
      this.#flush();
      if (this.state.state === 'armed') this.state = { ...this.state, state: 'safe', cause: 'host-request' };
    }
    this.#sendFrame(MESSAGES['hello.reply'].id, 0, encodePayload(this.#hello(ask.nonce, 1)));
    if (isNew) this.report({ ...this.state, configCrc: 0 });
  }

  #onRequest(message: HostMessage | undefined, seq: number): void {
    // Damage that the CRC did not see, once in 65536.
    if (message === undefined) return this.report({ kind: 'request.result', requestSeq: seq, code: 'bad-request', detail: 0 });
    this.requests.push(message);
    const { code, detail } = this.#execute(message);
    if (!this.mute) this.report({ kind: 'request.result', requestSeq: seq, code, detail });
    if (code !== 'ok') return;
    if (message.kind === 'board.arm') this.setState({ state: 'armed', cause: 'none' });
    if (message.kind === 'config.commit') this.setState({ configCrc: detail });
    if (message.kind === 'board.safe') {
      this.#flush('cancelled');
      this.setState({ state: 'safe', cause: 'host-request' });
    }
  }

  #execute(message: HostMessage): { code: ResultCode; detail: number } {
    const answer = (code: ResultCode, detail = 0): { code: ResultCode; detail: number } => ({ code, detail });
    switch (message.kind) {
      case 'config.begin':
      case 'config.output':
        this.#crc = crc16(encodePayload(message), {}, message.kind === 'config.begin' ? CRC16_INITIAL : this.#crc);
        return answer('ok');
      case 'config.commit': return answer(message.configCrc === this.#crc ? 'ok' : 'bad-config', this.#crc);
      case 'board.arm': return answer((this.state.inputs & 3) === 0 ? 'ok' : 'interlock');
      case 'fire.schedule': return answer(this.#fire(message), message.commandId);
      case 'fire.cancel': return answer(this.#cancel(message.commandId) ? 'ok' : 'late', message.commandId);
      default: return answer('ok');
    }
  }

  #fire(message: MessageOf<'fire.schedule'>): ResultCode {
    const { clock, countsPerSecond = 2000 } = this.#options;
    if (this.state.state !== 'armed') return 'not-armed';
    if (this.#queue.has(message.commandId)) return 'duplicate';
    const ahead = difference32(message.fireAtCount, this.reading().atCount);
    if (ahead <= 0) return 'late';
    this.acceptedById.set(message.commandId, (this.acceptedById.get(message.commandId) ?? 0) + 1);
    const timer = clock.after((ahead / countsPerSecond) * 1000, () => {
      this.#queue.delete(message.commandId);
      this.#settle({ kind: 'fire.fired', commandId: message.commandId, atCount: message.fireAtCount });
    });
    this.#queue.set(message.commandId, { fireAtCount: message.fireAtCount, timer });
    return 'ok';
  }

  #cancel(commandId: number): boolean {
    const queued = this.#queue.get(commandId);
    if (queued === undefined) return false;
    queued.timer.cancel();
    this.#queue.delete(commandId);
    this.#settle({ kind: 'fire.missed', commandId, cause: 'cancelled', atCount: this.reading().atCount });
    return true;
  }

  #settle(report: MessageOf<'fire.fired'> | MessageOf<'fire.missed'>): void {
    this.reportedById.set(report.commandId, (this.reportedById.get(report.commandId) ?? 0) + 1);
    this.report(report);
  }

  #flush(cause?: 'cancelled'): void {
    for (const [commandId, { timer }] of this.#queue) {
      timer.cancel();
      if (cause !== undefined) this.#settle({ kind: 'fire.missed', commandId, cause, atCount: this.reading().atCount });
    }
    this.#queue.clear();
  }

  #service(): void {
    this.#resend(this.#sender.onTimer(this.#options.clock.nowNs() + NS_PER_MS));
    this.#pump();
  }

  #pump(): void {
    while (this.#session !== 0 && this.#sender.hasRoom && this.#backlog.length > 0) {
      const message = this.#backlog.shift()!;
      this.#sentReliably++;
      const frame = this.#sender.add(MESSAGES[message.kind].id, encodePayload(message), this.#options.clock.nowNs());
      this.#sendFrame(frame.id, frame.seq, frame.payload);
    }
  }

  #resend(frames: readonly { id: number; seq: number; payload: Uint8Array }[]): void {
    for (const frame of frames) this.#sendFrame(frame.id, frame.seq, frame.payload);
  }

  #unreliable(message: BoardMessage): void {
    if (this.#session !== 0) this.#sendFrame(MESSAGES[message.kind].id, 0, encodePayload(message));
  }

  #sendFrame(id: number, seq: number, payload: Uint8Array, session = this.#session): void {
    this.#options.write(encodeFrame({ id, session, seq, ack: this.#receiver.expected, payload }));
  }
}
