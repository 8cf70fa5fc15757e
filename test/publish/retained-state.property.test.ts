import fc from 'fast-check';
import { expect, test } from 'vitest';
import { RetainedState } from '../../src/publish/retained-state.ts';

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
