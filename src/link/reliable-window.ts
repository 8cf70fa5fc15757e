// Both ends of one direction's reliable stream, as pure state machines: the caller owns bytes, clock and timers.
// A window over u8 sequence numbers in which the receiver may keep what arrives ahead of a gap and say so, so that only what
// is missing is sent again. Either side of the cable can use them. firmware-protocol.md § Reliable delivery.
//
//   sender    base ▼            ▼ next
//   … acked │ 5 6 7 8 in flight │ room …      receiver   … delivered │ expected 5 │ kept 6, 8 │
import type { MonotonicNs } from '../base/units.ts';
import { distance8 } from './modular.ts';
import { MAX_WINDOW } from './messages.ts';
import { RoundTrip } from './round-trip.ts';

/** A numbered frame that awaits its acknowledgement. */
export interface PendingFrame {
  readonly id: number;
  readonly seq: number;
  readonly payload: Uint8Array;
  /** When it was last handed out for sending. */
  sentNs: MonotonicNs;
  readonly firstSentNs: MonotonicNs;
  /** The other end said that it has this frame and waits for an earlier one. */
  isKept: boolean;
}

/** A frame may be lost when it was sent longer ago than this share of a smoothed round trip. */
const SETTLED_SHARE = 0.75;
const NOTHING: readonly PendingFrame[] = [];

export class ReliableSender {
  /** Measured by the caller, from heartbeats: an acknowledgement may have waited for an earlier frame, and tells nothing. */
  readonly roundTrip: RoundTrip;
  /** Frames handed out again since creation. */
  retransmissions = 0;
  #window: number;
  readonly #inFlight: PendingFrame[] = [];
  #next = 0;
  #timeoutsInARow = 0;

  constructor(options: { window: number; roundTrip?: RoundTrip }) {
    this.#window = Math.min(MAX_WINDOW, Math.max(1, options.window));
    this.roundTrip = options.roundTrip ?? new RoundTrip();
  }

  get hasRoom(): boolean {
    return this.#inFlight.length < this.#window;
  }

  get inFlightCount(): number {
    return this.#inFlight.length;
  }

  /** Numbers a frame and holds it until acknowledged; the caller sends it now. Needs {@link hasRoom}. */
  add(id: number, payload: Uint8Array, nowNs: MonotonicNs): PendingFrame {
    if (!this.hasRoom) throw new RangeError('the window is full');
    const frame: PendingFrame = { id, seq: this.#next, payload, sentNs: nowNs, firstSentNs: nowNs, isKept: false };
    this.#next = (this.#next + 1) & 0xff;
    this.#inFlight.push(frame);
    return frame;
  }

  /** Takes the `ack` of any frame of the session; returns how many frames it acknowledged. */
  onAck(ack: number): number {
    const count = distance8(ack, this.#base);
    if (count === 0 || count > this.#inFlight.length) return 0;
    this.#inFlight.splice(0, count);
    this.#timeoutsInARow = 0;
    return count;
  }

  /**
   * Takes a nak, after its ack; returns the frames to send again, in order. `kept`: bit n = frame ack + 1 + n has arrived.
   * Where nothing was kept everything is sent again; else only the gaps. What was sent less than a round trip ago may still
   * be under way, and is left alone.
   */
  onNak(nak: { ack: number; kept: number }, nowNs: MonotonicNs): readonly PendingFrame[] {
    const oldest = this.#inFlight[0];
    if (oldest === undefined || nak.ack !== this.#base) return NOTHING;
    const settledNs = nowNs - (this.roundTrip.smoothedNs ?? this.roundTrip.timeoutNs) * SETTLED_SHARE;
    if (nak.kept === 0) return oldest.sentNs > settledNs ? NOTHING : this.#sendAgain(this.#inFlight, nowNs);
    for (const [index, frame] of this.#inFlight.entries()) {
      if (index > 0 && ((nak.kept >> (index - 1)) & 1) === 1) frame.isKept = true;
    }
    // A bit's position is one less than the frame's; the frame after the last kept one may not have arrived yet.
    const gapsEnd = 32 - Math.clz32(nak.kept);
    return this.#sendAgain(this.#inFlight.slice(0, gapsEnd).filter((frame) => !frame.isKept && frame.sentNs <= settledNs), nowNs);
  }

  /** How long the oldest frame has been waiting for its acknowledgement, ns; 0 with nothing in flight. */
  waitedNs(nowNs: MonotonicNs): number {
    const oldest = this.#inFlight[0];
    return oldest === undefined ? 0 : nowNs - oldest.firstSentNs;
  }

  /** When {@link onTimer} must be called; undefined with nothing in flight. */
  get dueNs(): MonotonicNs | undefined {
    const oldest = this.#inFlight[0];
    return oldest === undefined ? undefined : oldest.sentNs + this.roundTrip.backedOffNs(this.#timeoutsInARow);
  }

  /** Returns the frames to send again, in order; none before {@link dueNs}. */
  onTimer(nowNs: MonotonicNs): readonly PendingFrame[] {
    const due = this.dueNs;
    if (due === undefined || nowNs < due) return NOTHING;
    // A receiver may give up what it kept, so a second timeout in a row trusts it no more.
    if (++this.#timeoutsInARow > 1) for (const frame of this.#inFlight) frame.isKept = false;
    return this.#sendAgain(this.#inFlight.filter((frame) => !frame.isKept), nowNs);
  }

  get #base(): number {
    return (this.#next - this.#inFlight.length) & 0xff;
  }

  #sendAgain(frames: readonly PendingFrame[], nowNs: MonotonicNs): readonly PendingFrame[] {
    for (const frame of frames) frame.sentNs = nowNs;
    this.retransmissions += frames.length;
    return frames;
  }
}

/** How a reliable frame is answered: delivered (the next frame sent acknowledges), a gap, or a repetition. */
export type Reception = 'deliver' | 'nak' | 'ack';

/** Keeps up to a window of items (decoded messages) that arrived ahead of a gap. */
export class ReliableReceiver<Item> {
  #expected = 0;
  /** Index n holds sequence number expected + 1 + n. */
  readonly #kept: (Item | undefined)[] = new Array<Item | undefined>(MAX_WINDOW - 1).fill(undefined);

  /** The `ack` of every frame sent the other way. */
  get expected(): number {
    return this.#expected;
  }

  /** The bits of a nak: bit n = expected + 1 + n is here. */
  get keptBits(): number {
    return this.#kept.reduce<number>((bits, item, index) => (item === undefined ? bits : bits | (1 << index)), 0);
  }

  /** Takes a frame; what has become deliverable goes to `deliver`, in order. */
  receive(seq: number, item: Item, deliver: (item: Item) => void): Reception {
    const ahead = distance8(seq, this.#expected);
    if (ahead >= MAX_WINDOW) return 'ack';
    if (ahead > 0) {
      this.#kept[ahead - 1] = item;
      return 'nak';
    }
    for (let next: Item | undefined = item; next !== undefined;) {
      const due = next;
      next = this.#kept.shift();
      this.#kept.push(undefined);
      this.#expected = (this.#expected + 1) & 0xff;
      deliver(due);
    }
    return this.keptBits === 0 ? 'deliver' : 'nak';
  }
}
