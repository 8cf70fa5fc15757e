// The tables of sweeps, a migration of the learning store: once released it is never edited.

/**
 * A trial is one set of parameters; an attempt is one process that runs it. At most one attempt of a trial is running: the index
 * holds it, whatever agents do. A report that is not a number is stored as NULL. `_wall_ms` is ms since 1970.
 */
export const SWEEP_TABLES = `CREATE TABLE sweeps (
     sweep INTEGER PRIMARY KEY,
     sweep_id TEXT NOT NULL UNIQUE,
     name TEXT NOT NULL,
     config TEXT NOT NULL,
     task TEXT NOT NULL,
     state TEXT NOT NULL CHECK (state IN ('running', 'paused', 'stopping', 'cancelled', 'finished')),
     reason TEXT,
     created_wall_ms INTEGER NOT NULL
   ) STRICT;
   CREATE TABLE sweep_trials (
     trial INTEGER PRIMARY KEY,
     sweep INTEGER NOT NULL REFERENCES sweeps,
     number INTEGER NOT NULL,
     parameters TEXT NOT NULL,
     state TEXT NOT NULL CHECK (state IN ('waiting', 'running', 'finished', 'stopped', 'failed', 'cancelled')),
     value REAL,
     reason TEXT,
     UNIQUE (sweep, number)
   ) STRICT;
   CREATE TABLE sweep_attempts (
     attempt INTEGER PRIMARY KEY,
     trial INTEGER NOT NULL REFERENCES sweep_trials,
     state TEXT NOT NULL CHECK (state IN ('running', 'ended', 'lost', 'handed back')),
     run_id TEXT,
     host TEXT NOT NULL,
     host_key TEXT NOT NULL,
     pid INTEGER NOT NULL,
     pid_started TEXT NOT NULL,
     started_wall_ms INTEGER NOT NULL,
     ended_wall_ms INTEGER,
     heartbeat_wall_ms INTEGER NOT NULL,
     CHECK ((state = 'running') = (ended_wall_ms IS NULL))
   ) STRICT;
   CREATE INDEX sweep_attempts_by_trial ON sweep_attempts (trial);
   CREATE UNIQUE INDEX sweep_attempts_running ON sweep_attempts (trial) WHERE state = 'running';
   CREATE TABLE sweep_reports (
     attempt INTEGER NOT NULL REFERENCES sweep_attempts,
     report INTEGER NOT NULL,
     value REAL,
     PRIMARY KEY (attempt, report)
   ) STRICT, WITHOUT ROWID;`;
