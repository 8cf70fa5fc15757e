import { expect, test } from 'vitest';
import { durationText, momentText, sizeText, valueText } from '../../src/cli/quantity-text.ts';

test('sizes have three digits', () => {
  expect([0, 999, 1000, 12_345, 99_950, 999_400, 999_600, 44_812_345, 3e9, 5e15].map(sizeText)).toEqual(['0 B', '999 B', '1.0 kB', '12.3 kB', '100 kB', '999 kB', '1.0 MB', '44.8 MB', '3.0 GB', '5000 TB']);
});

test('durations have two units', () => {
  expect([-5, 0, 59_400, 59_600, 192_000, 3_599_600, 7_500_000].map(durationText)).toEqual(['0 s', '0 s', '59 s', '1 min 00 s', '3 min 12 s', '1 h 00 min', '2 h 05 min']);
});

test('moments and values', () => {
  expect(momentText('2026-11-24T03:15:02.000Z')).toBe('2026-11-24 03:15');
  expect([1, 0.123456789, 'a b', true, [1, 2], undefined, Number.NaN].map(valueText)).toEqual(['1', '0.12346', 'a b', 'true', '[1,2]', '', 'NaN']);
});
