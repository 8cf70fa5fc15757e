import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { OutboxEntry } from '../../src/publish/outbox.ts';
import { Outbox } from '../../src/publish/outbox.ts';
import { RetainedState } from '../../src/publish/retained-state.ts';

const CAPACITY = 8;
const WINDOW = 3;
const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('push' as const), kind: fc.constantFrom('prediction' as const, 'outcome' as const) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('send' as const) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('acknowledge' as const), which: fc.nat(WINDOW - 1) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('break' as const) }) },
);

test('whatever happens: bounded, in order, nothing lost uncounted, and outcomes outlive predictions', () => {
  fc.assert(fc.property(fc.array(step, { minLength: 30, maxLength: 150, size: 'max' }), (steps) => {
    const outbox = new Outbox(CAPACITY);
    const held = new Map<string, OutboxEntry>();
    const inFlight: OutboxEntry[] = [];
    const delivered = new Set<string>();
    /** Payloads in the order first sent since the last break: must ascend. */
    let lastSent = -1;
    let pushed = 0;
    for (const each of steps) {
      const before = { ...outbox.dropped };
      if (each.do === 'push') {
        const entry = { kind: each.kind, topic: 't', payload: String(pushed++) };
        const waitingPredictions = [...held.values()].filter(({ kind, payload }) => kind === 'prediction' && !inFlight.some((sent) => sent.payload === payload)).length;
        outbox.push(entry);
        held.set(entry.payload, entry);
        if (outbox.dropped.outcomes > before.outcomes) expect(waitingPredictions).toBe(0);
      } else if (each.do === 'send' && inFlight.length < WINDOW) {
        const entry = outbox.take();
        if (entry === undefined) expect(held.size - inFlight.length - droppedIn(outbox)).toBe(0);
        else {
          expect(Number(entry.payload)).toBeGreaterThan(lastSent);
          lastSent = Number(entry.payload);
          inFlight.push(entry);
        }
      } else if (each.do === 'acknowledge' && inFlight.length > 0) {
        const [entry] = inFlight.splice(each.which % inFlight.length, 1);
        outbox.done(entry!);
        expect(delivered.has(entry!.payload)).toBe(false);
        delivered.add(entry!.payload);
        held.delete(entry!.payload);
      } else if (each.do === 'break') {
        outbox.returnInFlight();
        inFlight.length = 0;
        lastSent = -1;
      }
      expect(outbox.size).toBeLessThanOrEqual(CAPACITY);
      expect(delivered.size + outbox.size + droppedIn(outbox)).toBe(pushed);
    }
  }), { numRuns: 500 });
});

function droppedIn({ dropped }: Outbox): number {
  return dropped.predictions + dropped.outcomes;
}

test('when full, the oldest predictions go first, then the oldest outcomes', () => {
  const outbox = new Outbox(4);
  const push = (kind: OutboxEntry['kind'], payload: string): void => outbox.push({ kind, topic: 't', payload });
  for (const index of [1, 2]) {
    push('prediction', `p${index}`);
    push('outcome', `o${index}`);
  }
  push('outcome', 'o3');
  expect(outbox.dropped).toEqual({ predictions: 1, outcomes: 0 });
  push('outcome', 'o4');
  push('outcome', 'o5');
  expect(outbox.dropped).toEqual({ predictions: 2, outcomes: 1 });
  expect(Array.from({ length: 4 }, () => outbox.take()!.payload)).toEqual(['o2', 'o3', 'o4', 'o5']);
});

test('what was in flight when the connection broke goes again first, in order, without what was acknowledged', () => {
  const outbox = new Outbox(8);
  for (const payload of ['1', '2', '3', '4']) outbox.push({ kind: 'outcome', topic: 't', payload });
  const [, second] = [outbox.take(), outbox.take(), outbox.take()];
  outbox.done(second!);
  outbox.returnInFlight();
  expect(Array.from({ length: 4 }, () => outbox.take()?.payload)).toEqual(['1', '3', '4', undefined]);
});

test('a retained topic carries its newest payload only, once per connect', () => {
  fc.assert(fc.property(fc.array(fc.tuple(fc.constantFrom('a', 'b'), fc.constantFrom('', '1', '2')), { maxLength: 20 }), (changes) => {
    const retained = new RetainedState();
    for (const [topic, payload] of changes) retained.set(topic, payload);
    const drain = (): Record<string, string> => {
      const sent: Record<string, string> = {};
      for (let job = retained.take(); job !== undefined; job = retained.take()) {
        expect(sent[job.topic]).toBeUndefined();
        sent[job.topic] = job.payload;
        retained.done(job);
      }
      return sent;
    };
    const newest = Object.fromEntries(changes);
    expect(drain()).toEqual(newest);
    expect(retained.dirtyCount).toBe(0);
    retained.markAllDirty();
    expect(drain()).toEqual(Object.fromEntries(Object.entries(newest).filter(([, payload]) => payload !== '')));
  }));
});
