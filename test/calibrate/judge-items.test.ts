import { describe, expect, test } from 'vitest';
import type { KnownItem, SeenItem } from '../../src/calibrate/judge-items.ts';
import { judgeItems, rms } from '../../src/calibrate/judge-items.ts';

const tolerances = { placeMm: 3, sizeMm: 5 };
const line = { countsPerMm: 5 };
const known: KnownItem[] = [
  { lengthMm: 120, widthMm: 80, yMm: 200, material: 'glass', bin: 'glass' },
  { lengthMm: 60, widthMm: 60, yMm: 300, pitchMm: 400, material: 'metal', bin: 'metal' },
];
const seen: SeenItem[] = [
  { positionCounts: 3005, yMm: 301, lengthMm: 62, widthMm: 59, material: 'metal', bin: 'metal', outcome: 'sorted' },
  { positionCounts: 1000, yMm: 199, lengthMm: 121, widthMm: 80, material: 'glass', bin: 'glass', outcome: 'sorted' },
];

describe('judgeItems', () => {
  test('passes items that were seen as they are, in whatever order they are told', () => {
    expect(judgeItems(known, seen, tolerances, line)).toEqual({
      isPassed: true, known: 2, seen: 2, failures: [], pitchRmsMm: expect.closeTo(1, 9), yRmsMm: expect.closeTo(1, 9), sizeRmsMm: expect.closeTo(Math.sqrt(6 / 4), 9),
    });
  });

  test.each([
    ['length', { lengthMm: 130 }, /length 121.0 mm, should be 130.0 mm/],
    ['width', { widthMm: 70 }, /width 80.0 mm, should be 70.0 mm/],
    ['y', { yMm: 210 }, /across the belt 199.0 mm, should be 210.0 mm/],
    ['material', { material: 'paper' }, /taken for glass, should be paper/],
    ['bin', { bin: 'residue' }, /sent to \(sorted\) glass, should be residue/],
  ] as const)('fails a wrong %s and names the item', (_what, wrong, message) => {
    const { isPassed, failures } = judgeItems([{ ...known[0], ...wrong }, known[1]!], seen, tolerances, line);
    expect(isPassed).toBe(false);
    expect(failures).toEqual([expect.stringMatching(message)]);
    expect(failures[0]).toMatch(/^item 1:/);
  });

  test('a wrong scale shows in the distance of the items', () => {
    expect(judgeItems(known, seen, tolerances, { countsPerMm: 5.2 }).failures).toEqual([expect.stringContaining('distance from the item before 385.6 mm')]);
  });

  test('with an item missing compares nothing with the wrong one', () => {
    expect(judgeItems(known, seen.slice(1), tolerances, line)).toMatchObject({ isPassed: false, failures: ['2 items were laid on the belt, 1 were seen'], yRmsMm: undefined });
  });

  test('judges only what is known', () => {
    expect(judgeItems([{}, {}], seen, tolerances, line)).toMatchObject({ isPassed: true, yRmsMm: undefined });
    expect(rms([])).toBeUndefined();
  });
});
