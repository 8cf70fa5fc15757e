import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BoundedQueue } from '../../src/base/bounded-queue.ts';

describe('BoundedQueue', () => {
  it('behaves as an array cut at its capacity', () => {
    const operation = fc.oneof(
      fc.record({ do: fc.constant('tryPush' as const), value: fc.integer() }),
      fc.record({ do: fc.constant('push' as const), value: fc.integer() }),
      fc.record({ do: fc.constant('shift' as const), value: fc.constant(0) }),
    );
    fc.assert(fc.property(fc.integer({ min: 1, max: 6 }), fc.array(operation, { maxLength: 60 }), (capacity, operations) => {
      const queue = new BoundedQueue<number>(capacity);
      const model: number[] = [];
      let dropped = 0;
      for (const { do: what, value } of operations) {
        if (what === 'tryPush') {
          expect(queue.tryPush(value)).toBe(model.length < capacity);
          if (model.length < capacity) model.push(value);
        } else if (what === 'push') {
          const lost = model.length === capacity ? model.shift() : undefined;
          if (lost !== undefined) dropped++;
          expect(queue.pushDroppingOldest(value)).toBe(lost);
          model.push(value);
        } else {
          expect(queue.shift()).toBe(model.shift());
        }
        expect([queue.size, queue.peek(), queue.droppedCount]).toEqual([model.length, model[0], dropped]);
      }
    }));
  });

  it('refuses a capacity below 1', () => {
    expect(() => new BoundedQueue(0)).toThrow(RangeError);
  });
});
