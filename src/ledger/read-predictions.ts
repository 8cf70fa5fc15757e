// What the ledger knows of given items, read beside the line that writes it: its prediction, and whether its looks agreed.
import { existsSync } from 'node:fs';
import { reasonOf, SortlineError } from '../base/errors.ts';
import type { ItemId } from '../domain/decision.ts';
import type { Material } from '../domain/material.ts';
import { isMaterial } from '../domain/material.ts';
import { knownVersion } from './schema.ts';
import type { Database } from './sqlite.ts';
import { openSqlite } from './sqlite.ts';

export interface LedgerPrediction {
  readonly itemId: ItemId;
  /** When the item was first seen, ms since 1970. */
  readonly seenWallMs: number;
  readonly material: Material;
  readonly confidence: number;
  readonly looks: number;
  /** Its looks named different materials; false where the ledger keeps no looks. */
  readonly disagrees: boolean;
}

/** The line writes in short transactions. */
const BUSY_MS = 5000;

/** Predictions of those of `itemIds` that the ledger knows and has one of. Throws LEDGER_OPEN_FAILED, LEDGER_VERSION. */
export function readPredictions(path: string, itemIds: readonly ItemId[]): Map<ItemId, LedgerPrediction> {
  if (!existsSync(path)) throw new SortlineError('LEDGER_OPEN_FAILED', `there is no ledger ${path}: name the file that the line's config names as \`ledger.path\``, { context: { path } });
  let database: Database | undefined;
  try {
    database = openSqlite(path, { busyTimeoutMs: BUSY_MS });
    knownVersion(database, path);
    const item = database.prepare('SELECT item, first_wall_ms, material, confidence, look_count FROM items WHERE item_id = ?');
    const leaders = database.prepare('SELECT COUNT(DISTINCT material) AS count FROM looks WHERE item = ?');
    const found = new Map<ItemId, LedgerPrediction>();
    for (const itemId of itemIds) {
      const row = item.get(itemId);
      if (row === undefined || !isMaterial(row['material'])) continue;
      found.set(itemId, {
        itemId, seenWallMs: Number(row['first_wall_ms']), material: row['material'], confidence: Number(row['confidence']), looks: Number(row['look_count']),
        disagrees: Number(leaders.get(Number(row['item']))?.['count']) > 1,
      });
    }
    return found;
  } catch (cause) {
    if (cause instanceof SortlineError) throw cause;
    throw new SortlineError('LEDGER_OPEN_FAILED', `the ledger ${path} cannot be read: ${reasonOf(cause)}`, { context: { path }, cause });
  } finally {
    database?.close();
  }
}
