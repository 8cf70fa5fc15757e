// The tables of the learning store, as a list of migrations. A migration once released is never edited; a change is a new one at
// the end. What is JSON here is what only its writer understands: configs, summaries, metadata, evidence.
import { SortlineError } from '../../base/errors.ts';
import type { Database } from '../../ledger/sqlite.ts';
import { SWEEP_TABLES } from '../sweep/sweep-tables.ts';

/**
 * `_wall_ms` is ms since 1970. A metric that is not a number is stored as NULL, SQLite having none. `owner` is drawn anew by every
 * process that records a run: one that was taken over can no longer write. Metrics of a step that is logged again are replaced,
 * so that a resumed run leaves one curve.
 */
const MIGRATIONS: readonly string[] = [
  `CREATE TABLE runs (
     run INTEGER PRIMARY KEY,
     run_id TEXT NOT NULL UNIQUE,
     kind TEXT NOT NULL,
     name TEXT NOT NULL,
     state TEXT NOT NULL CHECK (state IN ('running', 'finished', 'failed', 'stopped')),
     config TEXT NOT NULL,
     summary TEXT NOT NULL,
     code_revision TEXT NOT NULL,
     sweep_id TEXT,
     started_wall_ms INTEGER NOT NULL,
     ended_wall_ms INTEGER,
     failure TEXT,
     owner TEXT NOT NULL,
     host TEXT NOT NULL,
     host_key TEXT NOT NULL,
     pid INTEGER NOT NULL,
     pid_started TEXT NOT NULL,
     heartbeat_wall_ms INTEGER NOT NULL,
     CHECK ((state = 'running') = (ended_wall_ms IS NULL))
   ) STRICT;
   CREATE INDEX runs_by_time ON runs (started_wall_ms);
   CREATE INDEX runs_by_sweep ON runs (sweep_id) WHERE sweep_id IS NOT NULL;
   CREATE TABLE metric_keys (
     key INTEGER PRIMARY KEY,
     run INTEGER NOT NULL REFERENCES runs,
     name TEXT NOT NULL,
     UNIQUE (run, name)
   ) STRICT;
   CREATE TABLE metrics (
     key INTEGER NOT NULL REFERENCES metric_keys,
     step INTEGER NOT NULL,
     epoch REAL NOT NULL,
     value REAL,
     at_wall_ms INTEGER NOT NULL,
     PRIMARY KEY (key, step)
   ) STRICT, WITHOUT ROWID;
   CREATE TABLE console (
     line INTEGER PRIMARY KEY,
     run INTEGER NOT NULL REFERENCES runs,
     at_wall_ms INTEGER NOT NULL,
     text TEXT NOT NULL
   ) STRICT;
   CREATE INDEX console_by_run ON console (run);
   CREATE TABLE load_samples (
     run INTEGER NOT NULL REFERENCES runs,
     at_wall_ms INTEGER NOT NULL,
     cpu_share REAL NOT NULL,
     own_cpu_share REAL NOT NULL,
     resident_mb REAL NOT NULL,
     free_mb REAL NOT NULL,
     PRIMARY KEY (run, at_wall_ms)
   ) STRICT, WITHOUT ROWID;
   CREATE TABLE run_files (
     run INTEGER NOT NULL REFERENCES runs,
     path TEXT NOT NULL,
     sha256 TEXT NOT NULL,
     bytes INTEGER NOT NULL,
     PRIMARY KEY (run, path)
   ) STRICT, WITHOUT ROWID;
   CREATE TABLE artifacts (
     artifact INTEGER PRIMARY KEY,
     type TEXT NOT NULL,
     name TEXT NOT NULL,
     version INTEGER NOT NULL,
     digest TEXT NOT NULL,
     metadata TEXT NOT NULL,
     created_wall_ms INTEGER NOT NULL,
     run INTEGER REFERENCES runs,
     UNIQUE (name, version),
     UNIQUE (name, digest)
   ) STRICT;
   CREATE INDEX artifacts_by_digest ON artifacts (digest);
   CREATE TABLE artifact_files (
     artifact INTEGER NOT NULL REFERENCES artifacts,
     path TEXT NOT NULL,
     sha256 TEXT NOT NULL,
     bytes INTEGER NOT NULL,
     PRIMARY KEY (artifact, path)
   ) STRICT, WITHOUT ROWID;
   CREATE TABLE aliases (
     name TEXT NOT NULL,
     alias TEXT NOT NULL,
     artifact INTEGER NOT NULL REFERENCES artifacts,
     PRIMARY KEY (name, alias)
   ) STRICT, WITHOUT ROWID;
   CREATE TABLE run_inputs (
     run INTEGER NOT NULL REFERENCES runs,
     artifact INTEGER NOT NULL REFERENCES artifacts,
     PRIMARY KEY (run, artifact)
   ) STRICT, WITHOUT ROWID;
   CREATE INDEX run_inputs_by_artifact ON run_inputs (artifact);
   CREATE TABLE run_outputs (
     run INTEGER NOT NULL REFERENCES runs,
     artifact INTEGER NOT NULL REFERENCES artifacts,
     PRIMARY KEY (run, artifact)
   ) STRICT, WITHOUT ROWID;
   CREATE INDEX run_outputs_by_artifact ON run_outputs (artifact);
   CREATE TABLE model_events (
     event INTEGER PRIMARY KEY,
     artifact INTEGER NOT NULL REFERENCES artifacts,
     kind TEXT NOT NULL CHECK (kind IN ('promoted', 'retired')),
     at_wall_ms INTEGER NOT NULL,
     who TEXT NOT NULL,
     reason TEXT,
     evidence TEXT NOT NULL
   ) STRICT;`,
  SWEEP_TABLES,
];

export const SCHEMA_VERSION = MIGRATIONS.length;

/**
 * Brings the database to this version's schema, each step in a transaction of its own; several processes may do it at once.
 * STORE_VERSION: a newer Sortline wrote it, whose meaning of the columns this one does not know.
 */
export function migrate(database: Database, options: { path: string; wallMs: number }): void {
  while (versionOf(database, options.path) < SCHEMA_VERSION) {
    database.transaction(() => {
      const found = versionOf(database, options.path);
      if (found >= SCHEMA_VERSION) return;
      database.exec('CREATE TABLE IF NOT EXISTS migrations (version INTEGER PRIMARY KEY, applied_wall_ms INTEGER NOT NULL) STRICT');
      database.exec(MIGRATIONS[found]!);
      database.prepare('INSERT INTO migrations (version, applied_wall_ms) VALUES (?, ?)').run(found + 1, Math.round(options.wallMs));
      database.exec(`PRAGMA user_version = ${found + 1}`);
    });
  }
}

function versionOf(database: Database, path: string): number {
  const found = Number(database.prepare('PRAGMA user_version').get()?.user_version);
  if (found <= SCHEMA_VERSION) return found;
  throw new SortlineError('STORE_VERSION',
    `the learning store ${path} has schema version ${found}, written by a newer Sortline; this one knows versions up to ${SCHEMA_VERSION}. Update Sortline, or name another store with --store.`,
    { context: { path, found, known: SCHEMA_VERSION } });
}
