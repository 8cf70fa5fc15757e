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
    expect(roundTrip.timeoutNs).toBe(at(25));
    for (let index = 0; index < 50; index++) roundTrip.add(at(900));
    expect(roundTrip.timeoutNs).toBe(at(250));
    expect(roundTrip.backedOffNs(3)).toBe(at(250));
  });

  it('doubles with each timeout in a row', () => {
    const roundTrip = new RoundTrip();
    for (let index = 0; index < 50; index++) roundTrip.add(at(2));
    expect([0, 1, 2, 3, 4].map((doublings) => roundTrip.backedOffNs(doublings) / NS_PER_MS)).toEqual([25, 50, 100, 200, 250]);
  });
});

describe('reliable sender', () => {
  it('numbers frames, fills its window, and makes room for what is acknowledged', () => {
    const sender = new ReliableSender({ window: 3 });
    expect([0, 1, 2].map(() => sender.add(0x15, payload, 0).seq)).toEqual([0, 1, 2]);
    expect(sender.hasRoom).toBe(false);
    expect(() => sender.add(0x15, payload, 0)).toThrow(RangeError);
    expect(sender.onAck(2, at(1))).toBe(2);
    expect(sender.inFlightCount).toBe(1);
  });

  it('ignores acknowledgements of what is not in flight', () => {
    const sender = new ReliableSender({ window: 8 });
    sender.add(0x15, payload, 0);
    expect([0, 2, 200].map((ack) => sender.onAck(ack, 0))).toEqual([0, 0, 0]);
    expect(sender.onAck(1, 0)).toBe(1);
    expect(sender.onAck(1, 0)).toBe(0);
  });

  it('goes back at a nak, but not twice within one round trip', () => {
    const sender = new ReliableSender({ window: 8 });
    sender.roundTrip.add(at(4));
    for (let index = 0; index < 3; index++) sender.add(0x15, payload, at(10));
    sender.onAck(1, at(14));
    expect(sender.onNak(1, at(14)).map(({ seq }) => seq)).toEqual([1, 2]);
    expect(sender.onNak(1, at(15))).toEqual([]);
    expect(sender.onNak(1, at(19)).map(({ seq }) => seq)).toEqual([1, 2]);
    expect(sender.onNak(2, at(30))).toEqual([]);
    expect(sender.retransmissions).toBe(4);
  });

  it('goes back when the oldest is overdue, and waits longer each time', () => {
    const sender = new ReliableSender({ window: 8 });
    expect(sender.dueNs).toBeUndefined();
    sender.add(0x15, payload, 0);
    expect(sender.onTimer(at(99))).toEqual([]);
    expect(sender.onTimer(at(100))).toHaveLength(1);
    expect(sender.dueNs).toBe(at(300));
    expect(sender.onTimer(at(300))).toHaveLength(1);
    expect(sender.dueNs).toBe(at(550));
  });

  it('takes no round trip from a repeated frame', () => {
    const sender = new ReliableSender({ window: 8 });
    sender.add(0x15, payload, 0);
    sender.onTimer(at(100));
    sender.onAck(1, at(101));
    expect(sender.roundTrip.smoothedNs).toBeUndefined();
    sender.add(0x15, payload, at(200));
    sender.onAck(2, at(203));
    expect(sender.roundTrip.smoothedNs).toBe(at(3));
  });
});

describe('reliable receiver', () => {
  it('delivers in order, asks for gaps, acknowledges repetitions, across the wrap', () => {
    const receiver = new ReliableReceiver();
    for (let seq = 0; seq < 254; seq++) receiver.receive(seq);
    expect([255, 254, 255, 0, 255, 250, 9, 8, 1].map((seq) => receiver.receive(seq))).toEqual(['nak', 'deliver', 'deliver', 'deliver', 'ack', 'ack', 'nak', 'nak', 'deliver']);
    expect(receiver.expected).toBe(2);
  });
});

describe('both ends over a channel that loses, repeats and delays', () => {
  // One step is one millisecond; the schedule decides what happens to each frame and each acknowledgement.
  const fate = fc.constantFrom('arrive', 'arrive', 'arrive', 'lose', 'twice', 'late');

  it('every message arrives exactly once and in order', () => {
    fc.assert(fc.property(fc.integer({ min: 1, max: 8 }), fc.array(fate, { minLength: 30, maxLength: 300 }), (window, fates) => {
      const sender = new ReliableSender({ window });
      const receiver = new ReliableReceiver();
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
        const reception = receiver.receive(frame.seq);
        if (reception === 'deliver') delivered.push(frame.payload[0]! + 256 * frame.payload[1]!);
        const ack = receiver.expected;
        channel(currentMs, () => {
          sender.onAck(ack, at(currentMs));
          if (reception === 'nak') for (const again of sender.onNak(ack, at(currentMs))) transmit(currentMs, again);
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
