// The measurement of a day of history, small: the judged figures come from `sortline bench --history`.
import { expect, test } from 'vitest';
import { benchHistory } from '../../src/app/bench-history.ts';
import { systemClock } from '../../src/base/clock.ts';

test('six hours of history answers in time, and retention keeps pace with the line', async () => {
  const report = await benchHistory({ items: 6000, hours: 6, clock: systemClock, onProgress: () => undefined });
  expect(report.overviewMs).toBeLessThan(200);
  expect(report.unalignedOverviewMs).toBeLessThan(200);
  // The goal of 250 MB for 400,000 items, in proportion, and a megabyte for what every ledger has.
  expect(report.ledgerMb).toBeLessThan(250 * (6000 / 400_000) + 1 + 8.4);
  expect(report.whileDeleting.writtenItems).toBe(1500);
  expect(report.whileDeleting.deletedItems).toBeGreaterThan(1200);
});
