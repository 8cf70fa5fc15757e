import { expect, test } from 'vitest';
import { LedgerCounts } from '../../src/ledger/ledger-counts.ts';
import { summaryText } from '../../src/ledger/summary-text.ts';
import { decided, recipeChanged, seen, settled, truth } from './events.ts';

test('the ledger as a person reads it', () => {
  const counts = new LedgerCounts();
  counts.count(recipeChanged());
  const item = (itemId: string, how: Parameters<typeof settled>[1], material: 'glass' | 'trash', landedIn: string): void => {
    for (const event of [seen(itemId), decided(itemId), settled(itemId, how), truth(itemId, material, landedIn)]) counts.count(event);
  };
  item('a', { countError: 1 }, 'glass', 'glass');
  item('b', {}, 'trash', 'glass');
  item('c', { outcome: 'rejected', cause: 'low-confidence', bin: 'residue' }, 'glass', 'residue');
  counts.count(seen('d'));
  expect(summaryText(counts.summary('run1', 0))).toBe(`\
items seen 4, 1 of them still open

outcome     items    share
─────────   ─────   ──────
sorted          2   66.7 %
missed          0    0.0 %
rejected        1   33.3 %
inhibited       0    0.0 %
passed          0    0.0 %
lost            0    0.0 %

cause            items    share
──────────────   ─────   ──────
fired                2   66.7 %
low-confidence       1   33.3 %

bin       landed   purity   recovery
───────   ──────   ──────   ────────
glass          2   50.0 %     50.0 %
residue        1    0.0 %      0.0 %

1 of the items seen did not land in a bin: they still lie on the belt, or were none
accuracy 66.7 % of the classified items, where the true material is known (3 items)
largest firing error 1 encoder counts`);
});

test('nothing seen is said without figures that are none', () => {
  const text = summaryText(new LedgerCounts().summary('run1', 7));
  expect(text).toContain('items seen 0\n');
  expect(text).not.toMatch(/NaN|undefined|Infinity/);
  expect(text).toContain('7 events could not be stored');
});
