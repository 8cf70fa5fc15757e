import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { editDistance, suggest } from '../../src/config/suggest.ts';

describe('suggest', () => {
  const keys = ['offsetMm', 'holdMs', 'leadMs', 'recoverMs', 'bin', 'output'];

  it.each([
    ['ofsetMm', 'offsetMm'], ['offset_mm', 'offsetMm'], ['hold', 'holdMs'], ['HOLDMS', 'holdMs'], ['ouptut', 'output'], ['bins', 'bin'],
    ['colour', undefined], ['x', undefined], ['', undefined],
  ])('%s -> %s', (word, expected) => {
    expect(suggest(word, keys)).toBe(expected);
  });
});

describe('editDistance', () => {
  it.each([['', '', 0], ['abc', '', 3], ['abc', 'abc', 0], ['abc', 'acb', 1], ['kitten', 'sitting', 3], ['ca', 'abc', 3]])('%s %s', (a, b, distance) => {
    expect(editDistance(a, b)).toBe(distance);
  });

  it('is symmetric, and bounded by the longer word', () => {
    fc.assert(fc.property(fc.string({ maxLength: 12 }), fc.string({ maxLength: 12 }), (a, b) => {
      const distance = editDistance(a, b);
      expect(distance).toBe(editDistance(b, a));
      expect(distance).toBeLessThanOrEqual(Math.max(a.length, b.length));
      expect(distance === 0).toBe(a === b);
    }));
  });
});
