// Who runs which trial. An attempt is a lease: its process gives signs of life, and when it has died (the kernel knows on the same
// machine, silence tells of another one) the next to ask takes the trial over. Whoever is taken for dead can no longer write: each
// call first asks whether the attempt is still running, in the same transaction.
import type { Database } from '../../ledger/sqlite.ts';
import type { ProcessIdentity } from '../store/process-life.ts';
import { isAlive } from '../store/process-life.ts';
import { whyStop } from './hyperband.ts';
import { suggestTrial } from './suggest-trial.ts';
import type { TrialSoFar } from './suggest-trial.ts';
import { isBetter, metricOf } from './sweep-config.ts';
import { bestOf, reportsByAttempt, sweepOf, trialsOf } from './sweep-rows.ts';
import type { HeldTrial, Order, Sweep, SweepStore, Taken, Trial } from './sweep-store.ts';

/** A trial that has cost this many processes their life is given up: it may be what kills them. */
export const MOST_ATTEMPTS = 3;

export interface QueueDeps {
  readonly database: Database;
  readonly here: ProcessIdentity;
  readonly wallMs: () => number;
}

type TrialQueue = Pick<SweepStore, 'beat' | 'report' | 'nameRun' | 'settle' | 'handBack'> & { take(sweep: Sweep): Taken };

/** `take` is to be called within a transaction; the others make their own. */
export function createTrialQueue(deps: QueueDeps): TrialQueue {
  const { database, wallMs } = deps;
  /** Does `work` while the attempt is this process's to speak for; undefined where it no longer is. */
  const asHolder = <T>(attempt: number, work: (held: { trial: number; sweep: Sweep }) => T): T | undefined => database.transaction(() => {
    const isHeld = database.prepare("UPDATE sweep_attempts SET heartbeat_wall_ms = ? WHERE attempt = ? AND state = 'running'").run(wallMs(), attempt) > 0;
    return isHeld ? work(heldBy(database, attempt)) : undefined;
  });
  const end = (attempt: number, state: 'ended' | 'handed back'): void =>
    void database.prepare('UPDATE sweep_attempts SET state = ?, ended_wall_ms = ? WHERE attempt = ?').run(state, wallMs(), attempt);
  const cancelledOr = (sweep: Sweep, order: Order): Order => (sweep.state === 'cancelled' ? { kind: 'cancelled' } : order);

  return {
    take: (sweep) => take(sweep, deps),
    beat: (attempt) => asHolder(attempt, ({ sweep }) => cancelledOr(sweep, { kind: 'go on' })) ?? { kind: 'lost' },
    report: (attempt, value) => asHolder(attempt, ({ sweep }) => {
      const { count } = database.prepare('SELECT count(*) AS count FROM sweep_reports WHERE attempt = ?').get(attempt)!;
      database.prepare('INSERT INTO sweep_reports (attempt, report, value) VALUES (?, ?, ?)').run(attempt, Number(count) + 1, Number.isFinite(value) ? value : null);
      if (hasReached(sweep, value)) endSweep(database, sweep, 'the target was reached');
      return cancelledOr(sweep, judge(database, { sweep, attempt }));
    }) ?? { kind: 'lost' },
    nameRun: (attempt, runId) => void asHolder(attempt, () => database.prepare('UPDATE sweep_attempts SET run_id = ? WHERE attempt = ?').run(runId, attempt)),
    settle: (attempt, { state, reason }) => asHolder(attempt, ({ trial, sweep }) => {
      const value = state === 'failed' ? undefined : bestOf(sweep, reportsByAttempt(database, sweep.id).get(attempt) ?? []);
      database.prepare('UPDATE sweep_trials SET state = ?, value = ?, reason = ? WHERE trial = ?').run(state, value ?? null, reason ?? null, trial);
      end(attempt, 'ended');
      return true;
    }) ?? false,
    handBack: (attempt) => void asHolder(attempt, ({ trial }) => {
      database.prepare("UPDATE sweep_trials SET state = 'waiting' WHERE trial = ?").run(trial);
      end(attempt, 'handed back');
    }),
  };
}

function take(sweep: Sweep, deps: QueueDeps): Taken {
  const { database } = deps;
  buryTheDead(sweep, deps);
  if (sweep.state === 'paused') return { kind: 'wait', why: 'paused' };
  const trials = trialsOf(database, sweep);
  const next = sweep.state === 'running' ? trials.find(({ state }) => state === 'waiting') ?? begin(sweep, trials, database) : sweep.reason ?? 'it is stopped';
  if (typeof next !== 'string') return { kind: 'trial', trial: hold(sweep, next, deps) };
  if (sweep.state === 'finished') return { kind: 'done', reason: next };
  if (trials.some(({ state }) => state === 'running')) return { kind: 'wait', why: 'others run' };
  database.prepare("UPDATE sweeps SET state = 'finished', reason = ? WHERE sweep_id = ?").run(next, sweep.id);
  return { kind: 'done', reason: next };
}

/** Ends the attempts whose process is gone; their trials wait for another agent. */
function buryTheDead(sweep: Sweep, { database, here, wallMs }: QueueDeps): void {
  const running = database.prepare(`SELECT sweep_attempts.* FROM sweep_attempts JOIN sweep_trials USING (trial) JOIN sweeps USING (sweep) WHERE sweep_id = ? AND sweep_attempts.state = 'running'`).all(sweep.id);
  for (const row of running) {
    const holder = { host: String(row.host), hostKey: String(row.host_key), pid: Number(row.pid), startedTicks: String(row.pid_started) };
    if (isAlive(holder, { here, lastSignMs: Number(row.heartbeat_wall_ms), nowMs: wallMs() })) continue;
    database.prepare("UPDATE sweep_attempts SET state = 'lost', ended_wall_ms = ? WHERE attempt = ?").run(wallMs(), Number(row.attempt));
    const { lost } = database.prepare("SELECT count(*) AS lost FROM sweep_attempts WHERE trial = ? AND state = 'lost'").get(Number(row.trial))!;
    const reason = Number(lost) < MOST_ATTEMPTS ? null : `${MOST_ATTEMPTS} processes died while they ran it`;
    database.prepare('UPDATE sweep_trials SET state = ?, reason = ? WHERE trial = ?').run(reason === null ? 'waiting' : 'failed', reason, Number(row.trial));
  }
}

/** A new trial, or why there is none. */
function begin(sweep: Sweep, trials: readonly Trial[], database: Database): Pick<Trial, 'number' | 'parameters'> | string {
  const { config } = sweep;
  if (config.run_cap !== undefined && trials.length >= config.run_cap) return `all ${config.run_cap} trials have run`;
  const parameters = suggestTrial(config, trials.length, trials.map(soFar));
  if (parameters === undefined) return 'every combination was tried';
  database.prepare("INSERT INTO sweep_trials (sweep, number, parameters, state) VALUES ((SELECT sweep FROM sweeps WHERE sweep_id = ?), ?, ?, 'waiting')").run(sweep.id, trials.length, JSON.stringify(parameters));
  return { number: trials.length, parameters };
}

function soFar({ parameters, state, value }: Trial): TrialSoFar {
  return { parameters, value, state: state === 'waiting' || state === 'running' ? 'open' : state === 'failed' || state === 'cancelled' ? 'failed' : 'done' };
}

function hold(sweep: Sweep, { number, parameters }: Pick<Trial, 'number' | 'parameters'>, { database, here, wallMs }: QueueDeps): HeldTrial {
  const trial = Number(database.prepare("UPDATE sweep_trials SET state = 'running' WHERE sweep = (SELECT sweep FROM sweeps WHERE sweep_id = ?) AND number = ? RETURNING trial").get(sweep.id, number)!.trial);
  const now = wallMs();
  const attempt = Number(database.prepare(`INSERT INTO sweep_attempts (trial, state, host, host_key, pid, pid_started, started_wall_ms, heartbeat_wall_ms)
    VALUES (?, 'running', ?, ?, ?, ?, ?, ?) RETURNING attempt`).get(trial, here.host, here.hostKey, here.pid, here.startedTicks, now, now)!.attempt);
  const former = database.prepare('SELECT run_id FROM sweep_attempts WHERE trial = ? AND attempt < ? ORDER BY attempt').all(trial, attempt);
  return { number, parameters, attempt, attemptOrdinal: former.length + 1, formerRunIds: former.flatMap(({ run_id: id }) => (id === null ? [] : [String(id)])) };
}

function judge(database: Database, { sweep, attempt }: { sweep: Sweep; attempt: number }): Order {
  const hyperband = sweep.config.early_terminate;
  if (hyperband === undefined) return { kind: 'go on' };
  const reports = reportsByAttempt(database, sweep.id);
  const finite = (id: number): number[] => (reports.get(id) ?? []).filter((report) => Number.isFinite(report));
  // Of a trial that was begun again, only the last attempt counts.
  const latest = database.prepare('SELECT max(attempt) AS attempt FROM sweep_attempts JOIN sweep_trials USING (trial) JOIN sweeps USING (sweep) WHERE sweep_id = ? GROUP BY trial').all(sweep.id).map((row) => Number(row.attempt));
  const judgement = whyStop({ hyperband, goal: metricOf(sweep.config).goal }, finite(attempt), latest.filter((id) => id !== attempt).map(finite));
  return judgement === undefined ? { kind: 'go on' } : { kind: 'stop', judgement };
}

function hasReached({ config }: Sweep, value: number): boolean {
  const { goal, target } = metricOf(config);
  return target !== undefined && Number.isFinite(value) && !isBetter(goal, target, value);
}

function endSweep(database: Database, sweep: Sweep, reason: string): void {
  database.prepare("UPDATE sweeps SET state = 'stopping', reason = ? WHERE sweep_id = ? AND state IN ('running', 'paused')").run(reason, sweep.id);
}

function heldBy(database: Database, attempt: number): { trial: number; sweep: Sweep } {
  const row = database.prepare('SELECT trial, sweep_id, name, config, task, sweeps.state AS state, sweeps.reason AS reason, created_wall_ms FROM sweep_attempts JOIN sweep_trials USING (trial) JOIN sweeps USING (sweep) WHERE attempt = ?').get(attempt)!;
  return { trial: Number(row.trial), sweep: sweepOf(row) };
}
