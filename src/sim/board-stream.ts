// The board's end of a session on the wire: which frames count, both sequence streams, acknowledgement, retransmission.
// Written from firmware-protocol.md § 4.4 as a firmware author would, not from the host's code: two readings of one page
// that must agree. Only the bytes (COBS, CRC, message table) are shared. What messages mean is the firmware's business.
import type { Clock, Timer } from '../base/clock.ts';
import type { MonotonicNs } from '../base/units.ts';
import { NS_PER_MS } from '../base/units.ts';
import type { Frame } from '../link/frame-codec.ts';
import { encodeFrame, FrameDecoder } from '../link/frame-codec.ts';
import { decodePayload, encodePayload, rangeProblem } from '../link/message-codec.ts';
import type { BoardMessage, HostMessage, MessageKind, MessageOf } from '../link/messages.ts';
import { isReliableId, MESSAGES } from '../link/messages.ts';
import { distance8 } from '../link/modular.ts';

const RETRANSMIT_MS = 50;
const NAK_QUIET_NS = 10 * NS_PER_MS;
const BANNER_QUIET_NS = 100 * NS_PER_MS;
/** A sequence number less than this ahead is kept until what is missing has come; anything else is a repetition. */
const KEPT_LIMIT = 8;

export interface BoardStreamHandlers {
  /** Any valid frame of the session: the host lives. */
  onAlive(): void;
  onHello(ask: MessageOf<'hello.ask'>, session: number): void;
  onHeartbeat(token: number): void;
  /** Once and in order; undefined where id, length or names are not the table's. */
  onRequest(message: HostMessage | undefined, requestSeq: number): void;
  /** A valid frame without a session: the restart banner, at most one per 100 ms. */
  onStray(): void;
}

export interface BoardStreamCounters {
  framesSent: number;
  framesReceived: number;
  framesForeign: number;
  retransmissions: number;
  /** Requests treated as not arrived, for want of room for their result. */
  requestsDeferred: number;
}

interface Outgoing {
  readonly id: number;
  readonly kind: MessageKind;
  readonly payload: Uint8Array;
  readonly onAcked: (() => void) | undefined;
  sentNs: MonotonicNs;
  /** The host has it, and waits for an earlier one. */
  isKept: boolean;
}

export class BoardStream {
  readonly counters: BoardStreamCounters = { framesSent: 0, framesReceived: 0, framesForeign: 0, retransmissions: 0, requestsDeferred: 0 };
  readonly #deps: { clock: Clock; window: number; write(bytes: Uint8Array): void; handlers: BoardStreamHandlers };
  readonly #decoder: FrameDecoder;
  /** 0 while there is none. */
  #session = 0;
  #expected = 0;
  #base = 0;
  /** The first `#inFlight` of these are on the wire, unacknowledged. */
  readonly #outgoing: Outgoing[] = [];
  #inFlight = 0;
  #owed: 'nothing' | 'ack' | 'nak' = 'nothing';
  #retransmitTimer: Timer | undefined;
  /** Requests that arrived ahead of a gap, by sequence number. */
  readonly #kept = new Map<number, HostMessage | undefined>();
  #damageNakNs = -Infinity;
  #bannerNs = -Infinity;

  constructor(deps: { clock: Clock; window: number; write(bytes: Uint8Array): void; handlers: BoardStreamHandlers }) {
    this.#deps = deps;
    this.#decoder = new FrameDecoder({ onFrame: (frame) => this.#onFrame(frame), onInvalid: () => this.#onDamage() });
  }

  get session(): number {
    return this.#session;
  }

  get framesInvalid(): number {
    return this.#decoder.framesInvalid;
  }

  receive(bytes: Uint8Array): void {
    this.#decoder.push(bytes);
    this.#payOwed();
  }

  /** The cable was opened anew: a half block is no block. */
  reopened(): void {
    this.#decoder.reset();
  }

  /** Starts a session, or with 0 ends the one that is: both streams begin at 0, unacknowledged reports are gone. */
  begin(session: number): void {
    this.#session = session;
    this.#expected = 0;
    this.#base = 0;
    this.#outgoing.length = 0;
    this.#inFlight = 0;
    this.#owed = 'nothing';
    this.#kept.clear();
    this.#retransmitTimer?.cancel();
    this.#retransmitTimer = undefined;
  }

  /** Sends once, outside the stream. `session` only for a hello's reply. */
  sendUnreliable(message: BoardMessage, session = this.#session): void {
    this.#transmit({ id: MESSAGES[message.kind].id, seq: 0, payload: encodePayload(message), session });
  }

  /** Queues into the stream; without a session there is nobody to tell, and nothing is kept. */
  sendReliable(message: BoardMessage, onAcked?: () => void): void {
    if (this.#session === 0) return;
    this.#outgoing.push({ id: MESSAGES[message.kind].id, kind: message.kind, payload: encodePayload(message), onAcked, sentNs: 0, isKept: false });
    this.#pump();
  }

  /** Takes back a message of this kind that has not been sent yet: a newer one takes its place. */
  withdrawUnsent(kind: MessageKind): void {
    const index = this.#outgoing.findIndex((entry, at) => at >= this.#inFlight && entry.kind === kind);
    if (index >= 0) this.#outgoing.splice(index, 1);
  }

  /** A board has room for one window of results. */
  get #hasRoomForResult(): boolean {
    return this.#outgoing.filter((entry) => entry.kind === 'request.result').length < this.#deps.window;
  }

  #onFrame(frame: Frame): void {
    const { handlers, clock } = this.#deps;
    this.counters.framesReceived++;
    if ((frame.id & 0x80) !== 0) return void this.counters.framesForeign++;
    if (frame.id === MESSAGES['hello.ask'].id) {
      const ask = decodePayload(frame.id, frame.payload) as MessageOf<'hello.ask'> | undefined;
      if (ask === undefined || frame.session === 0 || rangeProblem(ask) !== undefined) return void this.counters.framesForeign++;
      return handlers.onHello(ask, frame.session);
    }
    if (this.#session === 0) {
      if (clock.nowNs() - this.#bannerNs < BANNER_QUIET_NS) return;
      this.#bannerNs = clock.nowNs();
      return handlers.onStray();
    }
    if (frame.session !== this.#session) return void this.counters.framesForeign++;
    handlers.onAlive();
    this.#takeAck(frame.ack);
    if (isReliableId(frame.id)) this.#takeRequest(frame);
    else this.#takeUnreliable(frame);
  }

  #takeUnreliable(frame: Frame): void {
    const message = decodePayload(frame.id, frame.payload);
    if (message?.kind === 'heartbeat.ask') this.#deps.handlers.onHeartbeat(message.token);
    else if (message?.kind === 'host.nak') this.#takeNak(frame.ack, message.kept);
    else if (message?.kind !== 'host.ack') this.counters.framesForeign++;
  }

  #takeRequest(frame: Frame): void {
    const ahead = distance8(frame.seq, this.#expected);
    const message = decodePayload(frame.id, frame.payload) as HostMessage | undefined;
    if (ahead >= KEPT_LIMIT) {
      this.#owed = 'ack';
      return;
    }
    if (ahead > 0) this.#kept.set(frame.seq, message);
    else if (!this.#hasRoomForResult) return void this.counters.requestsDeferred++;
    else this.#deliver(message);
    if (this.#kept.size > 0) this.#owed = 'nak';
  }

  /** The request that was expected, and those kept behind it; where there is no room for a result, the kept are given up. */
  #deliver(first: HostMessage | undefined): void {
    if (this.#owed === 'nothing') this.#owed = 'ack';
    for (let message = first, isDue = true; isDue; ) {
      const seq = this.#expected;
      this.#expected = (seq + 1) & 0xff;
      this.#deps.handlers.onRequest(message, seq);
      isDue = this.#kept.has(this.#expected) && this.#hasRoomForResult;
      message = this.#kept.get(this.#expected);
      this.#kept.delete(this.#expected);
    }
  }

  #takeAck(ack: number): void {
    const count = distance8(ack, this.#base);
    if (count === 0 || count > this.#inFlight) return;
    const acked = this.#outgoing.splice(0, count);
    this.#base = ack;
    this.#inFlight -= count;
    this.#armRetransmit();
    for (const entry of acked) entry.onAcked?.();
    this.#pump();
  }

  /** Sends again what is missing: all where the host kept nothing, else the gaps before the last it kept. */
  #takeNak(ack: number, kept: number): void {
    if (ack !== this.#base || this.#inFlight === 0) return;
    const settledNs = this.#deps.clock.nowNs() - NAK_QUIET_NS;
    if (kept === 0) {
      if (this.#outgoing[0]!.sentNs <= settledNs) this.#sendAgain(() => true);
      return;
    }
    for (let index = 1; index < this.#inFlight; index++) if (((kept >> (index - 1)) & 1) === 1) this.#outgoing[index]!.isKept = true;
    const gapsEnd = 32 - Math.clz32(kept);
    this.#sendAgain((entry, index) => index < gapsEnd && !entry.isKept && entry.sentNs <= settledNs);
  }

  /** Sends what the window allows. */
  #pump(): void {
    while (this.#inFlight < this.#deps.window && this.#inFlight < this.#outgoing.length) {
      this.#transmitReliable(this.#inFlight++);
      if (this.#inFlight === 1) this.#armRetransmit();
    }
  }

  #goBack(): void {
    // The host may have given up what it kept.
    for (const entry of this.#outgoing) entry.isKept = false;
    this.#sendAgain(() => true);
  }

  #sendAgain(isMeant: (entry: Outgoing, index: number) => boolean): void {
    for (let index = 0; index < this.#inFlight; index++) {
      if (!isMeant(this.#outgoing[index]!, index)) continue;
      this.counters.retransmissions++;
      this.#transmitReliable(index);
    }
    this.#armRetransmit();
  }

  #armRetransmit(): void {
    this.#retransmitTimer?.cancel();
    this.#retransmitTimer = this.#inFlight === 0 ? undefined : this.#deps.clock.after(RETRANSMIT_MS, () => this.#goBack());
  }

  #transmitReliable(index: number): void {
    const entry = this.#outgoing[index]!;
    entry.sentNs = this.#deps.clock.nowNs();
    this.#transmit({ id: entry.id, payload: entry.payload, seq: (this.#base + index) & 0xff, session: this.#session });
  }

  #transmit(frame: { id: number; session: number; seq: number; payload: Uint8Array }): void {
    // In a hello the acknowledgement is ignored and sent as 0.
    const ack = frame.id === MESSAGES['hello.reply'].id ? 0 : this.#expected;
    if (this.#owed === 'ack') this.#owed = 'nothing';
    this.counters.framesSent++;
    this.#deps.write(encodeFrame({ ...frame, ack }));
  }

  #payOwed(): void {
    const owed = this.#owed;
    this.#owed = 'nothing';
    if (owed === 'nothing' || this.#session === 0) return;
    this.sendUnreliable(owed === 'nak' ? { kind: 'board.nak', kept: this.#keptBits } : { kind: 'board.ack' });
  }

  get #keptBits(): number {
    return [...this.#kept.keys()].reduce((bits, seq) => bits | (1 << (distance8(seq, this.#expected) - 1)), 0);
  }

  #onDamage(): void {
    const nowNs = this.#deps.clock.nowNs();
    if (this.#session === 0 || nowNs - this.#damageNakNs < NAK_QUIET_NS) return;
    this.#damageNakNs = nowNs;
    this.#owed = 'nak';
  }
}
