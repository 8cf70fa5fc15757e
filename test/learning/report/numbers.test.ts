import { expect, it } from 'vitest';
import { brief, duration, percent, range, share, signed } from '../../../src/learning/report/numbers.ts';

it('writes numbers with the digits that mean something', () => {
  expect([0.0012, 1e-7, -0.00002, 12_345.6, 0.1 + 0.2, 100, 0, -3.5, 98_765_432].map(brief)).toEqual(['0.0012', '1e-7', '−2e-5', '12\u202f350', '0.3', '100', '0', '−3.5', '9.88e7']);
  expect([share(0.91463), share(null), share(Number.NaN), percent(0.98), signed(-0.0271), signed(0.5)]).toEqual(['0.915', '–', '–', '98.0 %', '−0.027', '+0.500']);
  expect([range([0.8794, 0.9403]), range(null)]).toEqual(['0.879 to 0.940', '–']);
  expect([12_340, 245_000, 12_000_000].map(duration)).toEqual(['12.3 s', '4 min 5 s', '3 h 20 min']);
});
