// Sums of items per slot of ten minutes, kept while the ledger is written, in the same transaction as the item: how many ended how, and, where
// ground truth is known, how many of what landed where. The slot is that of the item's first sight, so that an item is in one
// slot however late its end is heard; a material never told is ''. What a tally says always equals the rows it was made of.
import type { ItemId } from '../domain/decision.ts';
import type { Database } from './sqlite.ts';

export const SLOT_MS = 600_000;

export interface Tallies {
  /** The item's row has just got its outcome. */
  settled(itemId: ItemId): void;
  /** The item's row has just got its ground truth. */
  landed(itemId: ItemId): void;
}

/** Slots deleted at once by retention: the oldest first, a few dozen rows each. */
const SLOTS_AT_ONCE = 4;

const ADD_SETTLED = 'ON CONFLICT DO UPDATE SET items = items + excluded.items, confidence = confidence + excluded.confidence';

/** Call both inside the transaction that wrote the item. */
export function createTallies(database: Database): Tallies {
  const settled = database.prepare(`INSERT INTO tallies (slot, material, bin, outcome, cause, items, confidence)
    SELECT first_wall_ms / ${SLOT_MS}, COALESCE(material, ''), bin, outcome, cause, 1, COALESCE(confidence, 0) FROM items WHERE item_id = ? ${ADD_SETTLED}`);
  const landed = database.prepare(`INSERT INTO landings (slot, material, truth_material, landed_bin, items)
    SELECT first_wall_ms / ${SLOT_MS}, COALESCE(material, ''), truth_material, landed_bin, 1 FROM items WHERE item_id = ?
    ON CONFLICT DO UPDATE SET items = items + 1`);
  return { settled: (itemId) => void settled.run(itemId), landed: (itemId) => void landed.run(itemId) };
}

/** Counts the items that {@link LedgerStore} is about to close as lost: left open by other runs of the line. */
export function tallyOpenItemsAsLost(database: Database, { runId, line }: { runId: string; line: string }): void {
  database.prepare(`INSERT INTO tallies (slot, material, bin, outcome, cause, items, confidence)
    SELECT first_wall_ms / ${SLOT_MS}, COALESCE(material, ''), 'residue', 'lost', 'no-report', COUNT(*), TOTAL(confidence)
    FROM items WHERE outcome IS NULL AND run IN (SELECT run FROM runs WHERE line = ? AND run_id <> ?) GROUP BY 1, 2 ${ADD_SETTLED}`).run(line, runId);
}

/** Deletes the oldest of the slots that ended before `wallMs`. */
export function deleteTalliesBefore(database: Database, wallMs: number): void {
  for (const table of ['tallies', 'landings']) {
    database.prepare(`DELETE FROM ${table} WHERE slot IN (SELECT DISTINCT slot FROM ${table} WHERE slot < ? ORDER BY slot LIMIT ${SLOTS_AT_ONCE})`).run(Math.floor(wallMs / SLOT_MS));
  }
}
