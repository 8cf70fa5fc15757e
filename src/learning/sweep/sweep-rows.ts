// Sweeps, trials, attempts and reports as they are read from the tables of sweep-tables.ts.
import type { Database } from '../../ledger/sqlite.ts';
import { isBetter, metricOf } from './sweep-config.ts';
import type { Parameters } from './sweep-config.ts';
import type { Attempt, Sweep, SweepState, Trial, TrialState } from './sweep-store.ts';

/** A row of `sweeps`. */
export function sweepOf(row: Record<string, unknown>): Sweep {
  return {
    id: String(row.sweep_id), name: String(row.name), config: JSON.parse(String(row.config)) as Sweep['config'], task: JSON.parse(String(row.task)) as Sweep['task'],
    state: row.state as SweepState, reason: row.reason === null ? undefined : String(row.reason), createdAtIso: isoOf(row.created_wall_ms),
  };
}

/** The trials of `sweep` by number, each with its attempts in order. */
export function trialsOf(database: Database, sweep: Sweep): Trial[] {
  const reports = reportsByAttempt(database, sweep.id);
  const attempts = Map.groupBy(
    database.prepare('SELECT * FROM sweep_attempts WHERE trial IN (SELECT trial FROM sweep_trials WHERE sweep = (SELECT sweep FROM sweeps WHERE sweep_id = ?)) ORDER BY attempt').all(sweep.id),
    (row) => Number(row.trial),
  );
  return database.prepare('SELECT * FROM sweep_trials WHERE sweep = (SELECT sweep FROM sweeps WHERE sweep_id = ?) ORDER BY number').all(sweep.id).map((row) => {
    const own = attempts.get(Number(row.trial)) ?? [];
    const last = own.at(-1);
    return {
      number: Number(row.number), parameters: JSON.parse(String(row.parameters)) as Parameters, state: row.state as TrialState,
      // Written when the trial is over; before, what its last attempt has reported.
      value: row.value === null ? (row.state === 'running' && last !== undefined ? bestOf(sweep, reports.get(Number(last.attempt)) ?? []) : undefined) : Number(row.value),
      reason: row.reason === null ? undefined : String(row.reason),
      attempts: own.map((attempt) => attemptOf(attempt, (reports.get(Number(attempt.attempt)) ?? []).length)),
    };
  });
}

/** The reports of each attempt of a sweep, in order; NaN for one that was no number. */
export function reportsByAttempt(database: Database, sweepId: string): Map<number, number[]> {
  const rows = database.prepare(`SELECT attempt, value FROM sweep_reports WHERE attempt IN
    (SELECT attempt FROM sweep_attempts JOIN sweep_trials USING (trial) JOIN sweeps USING (sweep) WHERE sweep_id = ?) ORDER BY attempt, report`).all(sweepId);
  const reports = new Map<number, number[]>();
  for (const row of rows) {
    const attempt = Number(row.attempt);
    const list = reports.get(attempt) ?? [];
    list.push(row.value === null ? Number.NaN : Number(row.value));
    reports.set(attempt, list);
  }
  return reports;
}

/** The best of `reports` by the sweep's goal; undefined where none is a number. */
export function bestOf(sweep: Sweep, reports: readonly number[]): number | undefined {
  const { goal } = metricOf(sweep.config);
  let best: number | undefined;
  for (const report of reports) if (Number.isFinite(report) && (best === undefined || isBetter(goal, report, best))) best = report;
  return best;
}

function attemptOf(row: Record<string, unknown>, reports: number): Attempt {
  return {
    state: row.state as Attempt['state'], runId: row.run_id === null ? undefined : String(row.run_id), host: String(row.host), pid: Number(row.pid), reports,
    startedAtIso: isoOf(row.started_wall_ms), endedAtIso: row.ended_wall_ms === null ? undefined : isoOf(row.ended_wall_ms),
  };
}

function isoOf(wallMs: unknown): string {
  return new Date(Number(wallMs)).toISOString();
}
