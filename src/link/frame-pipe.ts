// One session's frames on one open cable: header fields, both reliable windows, acknowledgements, retransmission timer.
// Messages go in and come out in order; what they mean is the session's business. firmware-protocol.md § Reliable delivery.
import type { Clock, Timer } from '../base/clock.ts';
import type { MonotonicNs } from '../base/units.ts';
import { NS_PER_MS } from '../base/units.ts';
import type { Frame } from './frame-codec.ts';
import { encodeFrame, FrameDecoder } from './frame-codec.ts';
import type { LinkCounters } from './link-counters.ts';
import { decodePayload, encodePayload } from './message-codec.ts';
import type { BoardMessage, HostMessage } from './messages.ts';
import { isReliableId, MESSAGES } from './messages.ts';
import type { PendingFrame } from './reliable-window.ts';
import { ReliableReceiver, ReliableSender } from './reliable-window.ts';
import { RoundTrip } from './round-trip.ts';

/** A thrown-away block is answered with a nak at most this often. */
const DAMAGE_NAK_PERIOD_NS = 10 * NS_PER_MS;
/** A stream without progress for so long, though frames come, is beyond repair. */
const STALL_NS = 2000 * NS_PER_MS;
const STALL_FRAMES = 30;
/** A timer is never set shorter: rounding could otherwise fire it for ever just before it is due. */
const MIN_TIMER_MS = 0.1;

export interface FramePipeDeps {
  clock: Clock;
  counters: LinkCounters;
  /** This session's number, 1 … 255. */
  session: number;
  write(bytes: Uint8Array): void;
  /** A message of this session (or a hello of any), delivered once and in order. */
  onMessage(message: BoardMessage): void;
  /** A valid frame of this session whose id or length is not the table's. */
  onUnreadable(id: number, payloadBytes: number): void;
  /** Room in the window again. */
  onRoom(): void;
}

export class FramePipe {
  readonly roundTrip = new RoundTrip();
  readonly #deps: FramePipeDeps;
  readonly #decoder: FrameDecoder;
  readonly #receiver = new ReliableReceiver<BoardMessage>();
  #sender: ReliableSender;
  #established = false;
  #owed: 'nothing' | 'ack' | 'nak' = 'nothing';
  #lastDamageNakNs = -Infinity;
  #timer: Timer | undefined;
  #timerDueNs = Infinity;
  #closed = false;
  /** Reliable frames in a row that brought nothing new, and when the last one did. */
  #fruitless = 0;
  #progressNs: MonotonicNs = 0;

  constructor(deps: FramePipeDeps) {
    this.#deps = deps;
    this.#sender = new ReliableSender({ window: 1, roundTrip: this.roundTrip });
    this.#decoder = new FrameDecoder({ onFrame: (frame) => this.#onFrame(frame), onInvalid: () => this.#onInvalid() });
  }

  /** The board accepted the session: frames of the reliable streams count from here. */
  establish(window: number): void {
    this.#established = true;
    this.#sender = new ReliableSender({ window, roundTrip: this.roundTrip });
  }

  get hasRoom(): boolean {
    return this.#established && this.#sender.hasRoom;
  }

  /** Bytes as they came. One acknowledgement answers all of them, unless a message sent meanwhile carried it. */
  receive(bytes: Uint8Array): void {
    this.#deps.counters.bytesReceived += bytes.length;
    this.#decoder.push(bytes);
    this.#payOwed();
  }

  /** Sends a message; a reliable one needs {@link hasRoom} and returns its sequence number. */
  send(message: HostMessage): number {
    const { id } = MESSAGES[message.kind];
    const payload = encodePayload(message);
    if (!isReliableId(id)) {
      this.#writeFrame({ id, seq: 0, payload });
      return 0;
    }
    const frame = this.#sender.add(id, payload, this.#deps.clock.nowNs());
    this.#writeFrame(frame);
    this.#armTimer();
    return frame.seq;
  }

  /**
   * Why the two ends' streams cannot agree any more, if so: an acknowledgement that damage invented (the CRC lets one block
   * in 65536 pass) makes a sender drop what the other end still waits for. Only a new session mends that.
   */
  disagreement(): string | undefined {
    const nowNs = this.#deps.clock.nowNs();
    if (this.#sender.waitedNs(nowNs) > STALL_NS) return `the board has not acknowledged a message for ${STALL_NS / NS_PER_MS} ms`;
    if (this.#fruitless > STALL_FRAMES && nowNs - this.#progressNs > STALL_NS) return 'the board repeats messages that were acknowledged';
    return undefined;
  }

  close(): void {
    this.#closed = true;
    this.#timer?.cancel();
  }

  #onFrame(frame: Frame): void {
    const { counters } = this.#deps;
    if (this.#closed) return;
    counters.framesReceived++;
    const isHello = frame.id === MESSAGES['hello.reply'].id;
    if ((frame.id & 0x80) === 0 || (!isHello && (!this.#established || frame.session !== this.#deps.session))) {
      counters.framesForeign++;
      return;
    }
    const message = decodePayload(frame.id, frame.payload) as BoardMessage | undefined;
    if (message === undefined) return this.#onUnreadable(frame);
    if (!isHello) this.#takeAck(frame, message);
    if (!isReliableId(frame.id)) return this.#deps.onMessage(message);
    const expectedBefore = this.#receiver.expected;
    const reception = this.#receiver.receive(frame.seq, message, this.#deps.onMessage);
    this.#watchProgress(this.#receiver.expected !== expectedBefore);
    if (reception === 'nak' || this.#owed === 'nothing') this.#owed = reception === 'nak' ? 'nak' : 'ack';
  }

  #takeAck(frame: Frame, message: BoardMessage): void {
    const nowNs = this.#deps.clock.nowNs();
    const acknowledged = this.#sender.onAck(frame.ack);
    if (message.kind === 'board.nak') this.#resend(this.#sender.onNak({ ack: frame.ack, kept: message.kept }, nowNs));
    if (acknowledged > 0) this.#deps.onRoom();
  }

  #watchProgress(isProgress: boolean): void {
    this.#fruitless = isProgress ? 0 : this.#fruitless + 1;
    if (isProgress) this.#progressNs = this.#deps.clock.nowNs();
  }

  /** Damage that the CRC did not see, or firmware at fault: not acknowledged, so that a good copy can still come. */
  #onUnreadable(frame: Frame): void {
    this.#deps.counters.framesForeign++;
    this.#deps.onUnreadable(frame.id, frame.payload.length);
    if (isReliableId(frame.id)) this.#oweNakForDamage();
  }

  #onInvalid(): void {
    this.#deps.counters.framesInvalid++;
    this.#oweNakForDamage();
  }

  #oweNakForDamage(): void {
    const nowNs = this.#deps.clock.nowNs();
    if (!this.#established || nowNs - this.#lastDamageNakNs < DAMAGE_NAK_PERIOD_NS) return;
    this.#lastDamageNakNs = nowNs;
    this.#owed = 'nak';
  }

  #payOwed(): void {
    const owed = this.#owed;
    if (owed === 'nothing' || this.#closed) return;
    this.send(owed === 'nak' ? { kind: 'host.nak', kept: this.#receiver.keptBits } : { kind: 'host.ack' });
    this.#owed = 'nothing';
  }

  #writeFrame(frame: Pick<PendingFrame, 'id' | 'seq' | 'payload'>): void {
    if (this.#closed) return;
    const { counters, session, write } = this.#deps;
    const wire = encodeFrame({ id: frame.id, session, seq: frame.seq, ack: this.#receiver.expected, payload: frame.payload });
    counters.framesSent++;
    counters.bytesSent += wire.length;
    // Every frame acknowledges; only a nak still has to be said.
    if (this.#owed === 'ack') this.#owed = 'nothing';
    write(wire);
  }

  #resend(frames: readonly PendingFrame[]): void {
    if (frames.length === 0) return;
    this.#deps.counters.retransmissions += frames.length;
    for (const frame of frames) this.#writeFrame(frame);
    this.#armTimer();
  }

  /** One timer, moved only when it would fire too late; when it fires early it is set again. */
  #armTimer(): void {
    const dueNs = this.#sender.dueNs;
    if (dueNs === undefined || this.#closed || dueNs >= this.#timerDueNs) return;
    this.#timer?.cancel();
    this.#timerDueNs = dueNs;
    this.#timer = this.#deps.clock.after(Math.max(MIN_TIMER_MS, (dueNs - this.#deps.clock.nowNs()) / NS_PER_MS), () => this.#onTimer());
  }

  #onTimer(): void {
    this.#timerDueNs = Infinity;
    this.#resend(this.#sender.onTimer(this.#deps.clock.nowNs()));
    this.#armTimer();
  }
}
