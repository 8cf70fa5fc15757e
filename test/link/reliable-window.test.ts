import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NS_PER_MS } from '../../src/base/units.ts';
import { ReliableReceiver, ReliableSender } from '../../src/link/reliable-window.ts';
import { RoundTrip } from '../../src/link/round-trip.ts';

const payload = Uint8Array.of(1);
const at = (ms: number): number => ms * NS_PER_MS;

describe('round trip', () => {
  it('starts at 100 ms, follows the samples, and stays within its bounds', () => {
    const roundTrip = new RoundTrip();
    expect(roundTrip.timeoutNs).toBe(at(100));
    for (let index = 0; index < 50; index++) roundTrip.add(at(2));
    expect(roundTrip.smoothedNs).toBeCloseTo(at(2));
    expect(roundTrip.timeoutNs).toBe(at(15));
    for (let index = 0; index < 50; index++) roundTrip.add(at(900));
    expect(roundTrip.timeoutNs).toBe(at(250));
    expect(roundTrip.backedOffNs(3)).toBe(at(250));
  });

  it('doubles once while nothing is acknowledged', () => {
    const roundTrip = new RoundTrip();
    for (let index = 0; index < 50; index++) roundTrip.add(at(2));
    expect([0, 1, 2, 7].map((timeouts) => roundTrip.backedOffNs(timeouts) / NS_PER_MS)).toEqual([15, 30, 30, 30]);
  });
});

describe('reliable sender', () => {
  it('numbers frames, fills its window, and makes room for what is acknowledged', () => {
    const sender = new ReliableSender({ window: 3 });
    expect([0, 1, 2].map(() => sender.add(0x15, payload, 0).seq)).toEqual([0, 1, 2]);
    expect(sender.hasRoom).toBe(false);
    expect(() => sender.add(0x15, payload, 0)).toThrow(RangeError);
    expect(sender.onAck(2)).toBe(2);
    expect(sender.inFlightCount).toBe(1);
  });

  it('ignores acknowledgements of what is not in flight', () => {
    const sender = new ReliableSender({ window: 8 });
    sender.add(0x15, payload, 0);
    expect([0, 2, 200].map((ack) => sender.onAck(ack))).toEqual([0, 0, 0]);
    expect(sender.onAck(1)).toBe(1);
    expect(sender.onAck(1)).toBe(0);
  });

  function senderOf(count: number): ReliableSender {
    const sender = new ReliableSender({ window: 8 });
    sender.roundTrip.add(at(4));
    for (let index = 0; index < count; index++) sender.add(0x15, payload, at(10));
    return sender;
  }
  const seqsOf = (frames: readonly { seq: number }[]): number[] => frames.map(({ seq }) => seq);

  it('sends everything again for a receiver that keeps nothing, but not twice within a round trip', () => {
    const sender = senderOf(3);
    sender.onAck(1);
    expect(seqsOf(sender.onNak({ ack: 1, kept: 0 }, at(14)))).toEqual([1, 2]);
    expect(seqsOf(sender.onNak({ ack: 1, kept: 0 }, at(16)))).toEqual([]);
    expect(seqsOf(sender.onNak({ ack: 1, kept: 0 }, at(18)))).toEqual([1, 2]);
    expect(seqsOf(sender.onNak({ ack: 2, kept: 0 }, at(30)))).toEqual([]);
    expect(sender.retransmissions).toBe(4);
  });

  it('sends only the gaps before the last kept frame, each at most once per round trip', () => {
    const sender = senderOf(7);
    // 0 is missing, 1 is here, 2 is missing, 3 is here, nothing is known of 4, 5 and 6.
    expect(seqsOf(sender.onNak({ ack: 0, kept: 0b101 }, at(14)))).toEqual([0, 2]);
    expect(seqsOf(sender.onNak({ ack: 0, kept: 0b10101 }, at(15)))).toEqual([4]);
    expect(seqsOf(sender.onNak({ ack: 0, kept: 0b10101 }, at(18)))).toEqual([0, 2, 4]);
    expect(sender.onAck(6)).toBe(6);
  });

  it('sends what is not kept when the oldest is overdue, and everything from the second time on', () => {
    const sender = senderOf(3);
    expect(sender.onNak({ ack: 0, kept: 0b01 }, at(11))).toEqual([]);
    expect(sender.dueNs).toBe(at(25));
    expect(sender.onTimer(at(24))).toEqual([]);
    expect(seqsOf(sender.onTimer(at(25)))).toEqual([0, 2]);
    expect(sender.dueNs).toBe(at(55));
    expect(seqsOf(sender.onTimer(at(55)))).toEqual([0, 1, 2]);
    expect(sender.waitedNs(at(60))).toBe(at(50));
  });

  it('has nothing due with nothing in flight', () => {
    const sender = senderOf(1);
    sender.onAck(1);
    expect(sender.dueNs).toBeUndefined();
    expect(sender.waitedNs(at(60))).toBe(0);
  });
});

describe('reliable receiver', () => {
  it('delivers in order, keeps what is ahead, acknowledges repetitions, across the wrap', () => {
    const receiver = new ReliableReceiver<number>();
    const delivered: number[] = [];
    const receive = (seq: number): string => `${receiver.receive(seq, seq, (due) => delivered.push(due))} ${receiver.keptBits}`;
    for (let seq = 0; seq < 254; seq++) receive(seq);
    delivered.length = 0;
    expect([255, 1, 255, 254, 254, 250, 0, 9, 8].map(receive)).toEqual(['nak 1', 'nak 5', 'nak 5', 'nak 1', 'ack 1', 'ack 1', 'deliver 0', 'nak 64', 'nak 96']);
    expect(delivered).toEqual([254, 255, 0, 1]);
    expect(receiver.expected).toBe(2);
    expect(receive(10)).toBe('ack 96');
  });
});

describe('both ends over a channel that loses, repeats and delays', () => {
  // One step is one millisecond; the schedule decides what happens to each frame and each acknowledgement.
  const fate = fc.constantFrom('arrive', 'arrive', 'arrive', 'lose', 'twice', 'late');

  it('every message arrives exactly once and in order', () => {
    fc.assert(fc.property(fc.integer({ min: 1, max: 8 }), fc.boolean(), fc.array(fate, { minLength: 30, maxLength: 300 }), (window, keeps, fates) => {
      const sender = new ReliableSender({ window });
      const receiver = new ReliableReceiver<number>();
      const delivered: number[] = [];
      const arrivals: { atMs: number; act: () => void }[] = [];
      let turn = 0;
      // A message is its index; sequence numbers wrap at 256 on the way.
      const total = 300;
      const channel = (nowMs: number, act: () => void): void => {
        // When the schedule is used up the channel is good, so that the run ends.
        const what = fates[turn++] ?? 'arrive';
        if (what !== 'lose') arrivals.push({ atMs: nowMs + (what === 'late' ? 5 : 1), act });
        if (what === 'twice') arrivals.push({ atMs: nowMs + 3, act });
      };
      const transmit = (nowMs: number, frame: { seq: number; payload: Uint8Array }): void => channel(nowMs, () => {
        const reception = receiver.receive(frame.seq, frame.payload[0]! + 256 * frame.payload[1]!, (index) => delivered.push(index));
        const nak = { ack: receiver.expected, kept: keeps ? receiver.keptBits : 0 };
        channel(currentMs, () => {
          sender.onAck(nak.ack);
          if (reception === 'nak') for (const again of sender.onNak(nak, at(currentMs))) transmit(currentMs, again);
        });
      });
      let currentMs = 0;
      for (let queued = 0; currentMs < 60_000 && (queued < total || sender.inFlightCount > 0); currentMs++) {
        for (const { act } of takeDue(arrivals, currentMs)) act();
        while (queued < total && sender.hasRoom) {
          transmit(currentMs, sender.add(0x15, Uint8Array.of(queued & 0xff, queued >> 8), at(currentMs)));
          queued++;
        }
        for (const frame of sender.onTimer(at(currentMs))) transmit(currentMs, frame);
      }
      expect(delivered).toEqual(Array.from({ length: total }, (_, index) => index));
    }), { numRuns: 60 });
  });
});

function takeDue<T extends { atMs: number }>(arrivals: T[], nowMs: number): T[] {
  const due = arrivals.filter(({ atMs }) => atMs <= nowMs);
  for (const arrival of due) arrivals.splice(arrivals.indexOf(arrival), 1);
  return due;
}
