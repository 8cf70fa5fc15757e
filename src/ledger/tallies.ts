// Sums of items per hour, kept while the ledger is written, in the same transaction as the item: how many ended how, and, where
// ground truth is known, how many of what landed where. The hour is that of the item's first sight, so that an item is in one
// hour however late its end is heard; a material never told is ''. What a tally says always equals the rows it was made of.
import type { ItemId } from '../domain/decision.ts';
import type { Database } from './sqlite.ts';

export const MS_PER_HOUR = 3_600_000;

export interface Tallies {
  /** The item's row has just got its outcome. */
  settled(itemId: ItemId): void;
  /** The item's row has just got its ground truth. */
  landed(itemId: ItemId): void;
}

/** Hours deleted at once by retention: the oldest first, a few dozen rows each. */
const HOURS_AT_ONCE = 4;

const ADD_SETTLED = 'ON CONFLICT DO UPDATE SET items = items + excluded.items, confidence = confidence + excluded.confidence';

/** Call both inside the transaction that wrote the item. */
export function createTallies(database: Database): Tallies {
  const settled = database.prepare(`INSERT INTO tallies (hour, material, bin, outcome, cause, items, confidence)
    SELECT first_wall_ms / ${MS_PER_HOUR}, COALESCE(material, ''), bin, outcome, cause, 1, COALESCE(confidence, 0) FROM items WHERE item_id = ? ${ADD_SETTLED}`);
  const landed = database.prepare(`INSERT INTO landings (hour, material, truth_material, landed_bin, items)
    SELECT first_wall_ms / ${MS_PER_HOUR}, COALESCE(material, ''), truth_material, landed_bin, 1 FROM items WHERE item_id = ?
    ON CONFLICT DO UPDATE SET items = items + 1`);
  return { settled: (itemId) => void settled.run(itemId), landed: (itemId) => void landed.run(itemId) };
}

/** Counts the items that {@link LedgerStore} is about to close as lost: left open by other runs of the line. */
export function tallyOpenItemsAsLost(database: Database, { runId, line }: { runId: string; line: string }): void {
  database.prepare(`INSERT INTO tallies (hour, material, bin, outcome, cause, items, confidence)
    SELECT first_wall_ms / ${MS_PER_HOUR}, COALESCE(material, ''), 'residue', 'lost', 'no-report', COUNT(*), TOTAL(confidence)
    FROM items WHERE outcome IS NULL AND run IN (SELECT run FROM runs WHERE line = ? AND run_id <> ?) GROUP BY 1, 2 ${ADD_SETTLED}`).run(line, runId);
}

/** Deletes the oldest of the hours that ended before `wallMs`. */
export function deleteTalliesBefore(database: Database, wallMs: number): void {
  for (const table of ['tallies', 'landings']) {
    database.prepare(`DELETE FROM ${table} WHERE hour IN (SELECT DISTINCT hour FROM ${table} WHERE hour < ? ORDER BY hour LIMIT ${HOURS_AT_ONCE})`).run(Math.floor(wallMs / MS_PER_HOUR));
  }
}
