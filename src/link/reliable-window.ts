// Both ends of one direction's reliable stream, as pure state machines: the caller owns bytes, clock and timers.
// Go-back-N over u8 sequence numbers; either side of the cable can use them. firmware-protocol.md § Reliable delivery.
//
//   sender    base ▼            ▼ next
//   … acked │ 5 6 7 8 in flight │ room …      receiver   … delivered │ expected │ nothing is kept ahead of it
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
  sendCount: number;
}

const NOTHING: readonly PendingFrame[] = [];

export class ReliableSender {
  readonly roundTrip: RoundTrip;
  /** Frames handed out again since creation. */
  retransmissions = 0;
  #window: number;
  readonly #inFlight: PendingFrame[] = [];
  #next = 0;
  #timeoutsInARow = 0;
  #wentBackNs: MonotonicNs | undefined;

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
    const frame: PendingFrame = { id, seq: this.#next, payload, sentNs: nowNs, sendCount: 1 };
    this.#next = (this.#next + 1) & 0xff;
    this.#inFlight.push(frame);
    return frame;
  }

  /** Takes the `ack` of any frame of the session; returns how many frames it acknowledged. */
  onAck(ack: number, nowNs: MonotonicNs): number {
    const count = distance8(ack, this.#base);
    if (count === 0 || count > this.#inFlight.length) return 0;
    const newest = this.#inFlight[count - 1]!;
    // Karn: after a repetition nobody knows which sending was answered.
    if (newest.sendCount === 1) this.roundTrip.add(nowNs - newest.sentNs);
    this.#inFlight.splice(0, count);
    this.#timeoutsInARow = 0;
    this.#wentBackNs = undefined;
    return count;
  }

  /** Takes a nak, after its ack; returns the frames to send again, in order. */
  onNak(ack: number, nowNs: MonotonicNs): readonly PendingFrame[] {
    if (ack !== this.#base || this.#inFlight.length === 0) return NOTHING;
    const quietNs = this.roundTrip.smoothedNs ?? this.roundTrip.timeoutNs;
    if (this.#wentBackNs !== undefined && nowNs - this.#wentBackNs < quietNs) return NOTHING;
    return this.#goBack(nowNs);
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
    this.#timeoutsInARow++;
    return this.#goBack(nowNs);
  }

  get #base(): number {
    return (this.#next - this.#inFlight.length) & 0xff;
  }

  #goBack(nowNs: MonotonicNs): readonly PendingFrame[] {
    this.#wentBackNs = nowNs;
    for (const frame of this.#inFlight) {
      frame.sentNs = nowNs;
      frame.sendCount++;
    }
    this.retransmissions += this.#inFlight.length;
    return this.#inFlight;
  }
}

/** What to do with a reliable frame: deliver it (and acknowledge), ask for what is missing, or acknowledge the repetition. */
export type Reception = 'deliver' | 'nak' | 'ack';

export class ReliableReceiver {
  #expected = 0;

  /** The `ack` of every frame sent the other way. */
  get expected(): number {
    return this.#expected;
  }

  receive(seq: number): Reception {
    const ahead = distance8(seq, this.#expected);
    if (ahead === 0) {
      this.#expected = (seq + 1) & 0xff;
      return 'deliver';
    }
    return ahead <= MAX_WINDOW ? 'nak' : 'ack';
  }
}
