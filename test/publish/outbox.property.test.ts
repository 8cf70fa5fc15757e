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

interface Held {
  readonly kind: OutboxEntry['kind'];
  readonly payload: string;
  isSent: boolean;
}

/** The policy in its plainest form: a list, searched. */
class PlainOutbox {
  held: Held[] = [];
  readonly dropped = { predictions: 0, outcomes: 0 };

  push(kind: Held['kind'], payload: string): void {
    if (this.held.length >= CAPACITY) this.#dropOne();
    this.held.push({ kind, payload, isSent: false });
  }

  take(): string | undefined {
    const next = this.held.find(({ isSent }) => !isSent);
    if (next !== undefined) next.isSent = true;
    return next?.payload;
  }

  get sent(): Held[] {
    return this.held.filter(({ isSent }) => isSent);
  }

  #dropOne(): void {
    const waiting = this.held.filter(({ isSent }) => !isSent);
    const victim = waiting.find(({ kind }) => kind === 'prediction') ?? waiting[0]!;
    this.held = this.held.filter((each) => each !== victim);
    this.dropped[victim.kind === 'prediction' ? 'predictions' : 'outcomes']++;
  }
}

test('whatever happens, it holds, sends and gives up what the policy says, in order', () => {
  fc.assert(fc.property(fc.array(step, { minLength: 30, maxLength: 150, size: 'max' }), (steps) => {
    const outbox = new Outbox(CAPACITY);
    const plain = new PlainOutbox();
    const sent = new Map<string, OutboxEntry>();
    for (const [index, each] of steps.entries()) {
      if (each.do === 'push') {
        outbox.push({ kind: each.kind, topic: 't', payload: String(index) });
        plain.push(each.kind, String(index));
      } else if (each.do === 'send' && plain.sent.length < WINDOW) {
        const entry = outbox.take();
        expect(entry?.payload).toBe(plain.take());
        if (entry !== undefined) sent.set(entry.payload, entry);
      } else if (each.do === 'acknowledge' && plain.sent.length > 0) {
        const one = plain.sent[each.which % plain.sent.length]!;
        plain.held = plain.held.filter((held) => held !== one);
        outbox.done(sent.get(one.payload)!);
      } else if (each.do === 'break') {
        for (const held of plain.held) held.isSent = false;
        outbox.returnInFlight();
      }
      expect(outbox.size).toBe(plain.held.length);
      expect(outbox.dropped).toEqual(plain.dropped);
    }
  }), { numRuns: 300 });
});

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
