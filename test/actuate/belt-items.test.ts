import { expect, test } from 'vitest';
import { BeltItems } from '../../src/actuate/belt-items.ts';
import type { Decision } from '../../src/domain/decision.ts';

const at = (positionCounts: number): Decision => ({
  itemId: String(positionCounts), bin: 'glass', reason: 'recipe', prediction: undefined, decidedAtNs: 0, position: { positionCounts, yMm: 0, lengthMm: 60, widthMm: 60 },
});

test('what has passed the last actuator is forgotten, and what another life of the board had counted', () => {
  const items = new BeltItems(1500), belt = { counts: 20_000, countsPerSecond: 5000, countsPerMm: 5 };
  // Behind the camera by 2,000 mm and half a metre beyond the jets; ahead of it by 5,000 mm.
  for (const counts of [9_999, 10_000, 10_001, 44_999, 45_000, 45_001]) items.add(at(counts), 1500);
  items.prune(belt);
  expect(items.size).toBe(2);
  items.prune({ ...belt, counts: 20_001 });
  expect(items.size).toBe(1);
  items.prune({ ...belt, counts: 60_000 });
  expect(items.size).toBe(0);
});
