// The measurement of a day of history, small: the judged figures come from `sortline bench --history`.
import { expect, test } from 'vitest';
import { benchHistory } from '../../src/app/bench-history.ts';
import { systemClock } from '../../src/base/clock.ts';

test('a quarter of an hour of history is measured as it says, and retention keeps pace with the line', { timeout: 30_000 }, async () => {
  const report = await benchHistory({ items: 5000, hours: 0.25, clock: systemClock, onProgress: () => undefined });
  for (const ms of [report.overviewMs, report.unalignedOverviewMs, report.itemPageMs, report.writeMicrosPerItem]) expect(ms).toBeGreaterThan(0);
  // The goal of 250 MB for 400,000 items, in proportion, and a megabyte for what every ledger has.
  expect(report.ledgerMb).toBeLessThan(250 * (5000 / 400_000) + 1 + 8.4);
  expect(report.whileDeleting.writtenItems).toBe(1250);
  expect(report.whileDeleting.deletedItems).toBeGreaterThan(800);
});
