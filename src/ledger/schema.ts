// The tables, as a list of migrations. A migration once released is never edited; a change is a new one at the end.
import { SortlineError } from '../base/errors.ts';
import type { Database } from './sqlite.ts';

/**
 * Units are in the names: `_ns` host monotonic time, as REAL because 104 days of uptime exceed a safe integer; `_wall_ms` ms
 * since 1970; `_counts` belt encoder; `_mm` millimetres. Probabilities are 6 float32, little-endian, in the order of MATERIALS.
 * An item's row is complete in itself at every moment: outcome and cause are both there or both absent.
 */
const MIGRATIONS: readonly string[] = [
  `CREATE TABLE runs (
     run INTEGER PRIMARY KEY,
     run_id TEXT NOT NULL UNIQUE,
     line TEXT NOT NULL,
     started_wall_ms INTEGER NOT NULL,
     started_ns REAL NOT NULL,
     ended_wall_ms INTEGER,
     ended_ns REAL,
     model TEXT,
     config_digest TEXT
   ) STRICT;
   CREATE TABLE items (
     item INTEGER PRIMARY KEY,
     run INTEGER NOT NULL REFERENCES runs,
     item_id TEXT NOT NULL UNIQUE,
     first_wall_ms INTEGER NOT NULL,
     seen_ns REAL,
     first_frame INTEGER,
     position_counts REAL, y_mm REAL, length_mm REAL, width_mm REAL,
     decided_ns REAL,
     material TEXT, confidence REAL, probabilities BLOB, look_count INTEGER,
     decided_bin TEXT, reason TEXT,
     commanded_ns REAL,
     command_id INTEGER, output INTEGER, target_counts REAL, hold_ms REAL,
     settled_ns REAL,
     settled_wall_ms INTEGER,
     bin TEXT, outcome TEXT, cause TEXT,
     fired_counts REAL, count_error REAL,
     truth_material TEXT, landed_bin TEXT,
     CHECK ((outcome IS NULL) = (cause IS NULL)),
     CHECK ((outcome IS NULL) = (settled_wall_ms IS NULL))
   ) STRICT;
   CREATE INDEX items_by_time ON items (first_wall_ms);
   CREATE INDEX items_open ON items (run) WHERE outcome IS NULL;
   CREATE TABLE looks (
     item INTEGER NOT NULL REFERENCES items ON DELETE CASCADE,
     frame INTEGER NOT NULL,
     captured_ns REAL NOT NULL,
     x_px INTEGER NOT NULL, y_px INTEGER NOT NULL, width_px INTEGER NOT NULL, height_px INTEGER NOT NULL,
     material TEXT NOT NULL, confidence REAL NOT NULL, probabilities BLOB NOT NULL,
     inference_ms REAL NOT NULL,
     PRIMARY KEY (item, frame)
   ) STRICT, WITHOUT ROWID;
   CREATE TABLE events (
     event INTEGER PRIMARY KEY,
     run INTEGER NOT NULL REFERENCES runs,
     at_ns REAL NOT NULL,
     at_wall_ms INTEGER NOT NULL,
     kind TEXT NOT NULL,
     subject TEXT,
     detail TEXT NOT NULL
   ) STRICT;
   CREATE INDEX events_by_time ON events (at_wall_ms);`,
  // Of the model that gave the latest of the item's looks.
  'ALTER TABLE items ADD COLUMN model_sha256 TEXT',
  // Sums per ten minutes (of first sight), see tallies.ts: a period of years is read in milliseconds, and outlives its items.
  `CREATE TABLE tallies (
     slot INTEGER NOT NULL, material TEXT NOT NULL, bin TEXT NOT NULL, outcome TEXT NOT NULL, cause TEXT NOT NULL,
     items INTEGER NOT NULL, confidence REAL NOT NULL,
     PRIMARY KEY (slot, material, bin, outcome, cause)
   ) STRICT, WITHOUT ROWID;
   CREATE TABLE landings (
     slot INTEGER NOT NULL, material TEXT NOT NULL, truth_material TEXT NOT NULL, landed_bin TEXT NOT NULL,
     items INTEGER NOT NULL,
     PRIMARY KEY (slot, material, truth_material, landed_bin)
   ) STRICT, WITHOUT ROWID;
   INSERT INTO tallies SELECT first_wall_ms / 600000, COALESCE(material, ''), COALESCE(bin, 'residue'), outcome, cause, COUNT(*), TOTAL(confidence)
     FROM items WHERE outcome IS NOT NULL GROUP BY 1, 2, 3, 4, 5;
   INSERT INTO landings SELECT first_wall_ms / 600000, COALESCE(material, ''), truth_material, landed_bin, COUNT(*)
     FROM items WHERE truth_material IS NOT NULL GROUP BY 1, 2, 3, 4;`,
  // Events on their way to a broker, see outbox-table.ts.
  `CREATE TABLE outbox_lines (
     line TEXT PRIMARY KEY,
     stream TEXT NOT NULL,
     next_sequence INTEGER NOT NULL DEFAULT 1,
     dropped_predictions INTEGER NOT NULL DEFAULT 0, dropped_outcomes INTEGER NOT NULL DEFAULT 0,
     first_dropped INTEGER, last_dropped INTEGER
   ) STRICT, WITHOUT ROWID;
   CREATE TABLE outbox (
     line TEXT NOT NULL, sequence INTEGER NOT NULL,
     kind TEXT NOT NULL, payload TEXT NOT NULL,
     PRIMARY KEY (line, sequence)
   ) STRICT, WITHOUT ROWID;
   CREATE INDEX outbox_predictions ON outbox (line, sequence) WHERE kind = 'prediction';`,
];

export const SCHEMA_VERSION = MIGRATIONS.length;

/** The version of the database's schema, 0 for a new one. LEDGER_VERSION: it was written by a newer Sortline, whose meaning of the columns this one does not know. */
export function knownVersion(database: Database, path: string): number {
  const found = Number(database.prepare('PRAGMA user_version').get()?.user_version);
  if (found <= SCHEMA_VERSION) return found;
  throw new SortlineError('LEDGER_VERSION',
    `the ledger ${path} has schema version ${found}, written by a newer Sortline; this one knows versions up to ${SCHEMA_VERSION}. Update Sortline, or set \`ledger.path\` to another file.`,
    { context: { path, found, known: SCHEMA_VERSION } });
}

/** Brings the database to this version's schema, each step in a transaction of its own. Throws LEDGER_VERSION. */
export function migrate(database: Database, options: { path: string; wallMs: number }): void {
  const found = knownVersion(database, options.path);
  for (let version = found + 1; version <= SCHEMA_VERSION; version++) {
    database.transaction(() => {
      database.exec('CREATE TABLE IF NOT EXISTS migrations (version INTEGER PRIMARY KEY, applied_wall_ms INTEGER NOT NULL) STRICT');
      database.exec(MIGRATIONS[version - 1]!);
      database.prepare('INSERT INTO migrations (version, applied_wall_ms) VALUES (?, ?)').run(version, Math.round(options.wallMs));
      database.exec(`PRAGMA user_version = ${version}`);
    });
  }
}
