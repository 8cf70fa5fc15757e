// Records one run as it goes: every call is one transaction, which also is a sign of life. Between calls a timer samples the
// machine's load and gives the sign of life, so that other machines know a long step from a dead process.
import { randomBytes } from 'node:crypto';
import type { Clock, Timer } from '../../base/clock.ts';
import { wallIso } from '../../base/clock.ts';
import { isSortlineError, reasonOf, SortlineError } from '../../base/errors.ts';
import type { Logger } from '../../base/logger.ts';
import type { Database } from '../../ledger/sqlite.ts';
import { checkFilePath } from './artifact-names.ts';
import type { Blobs } from './blobs.ts';
import type { Artifact, NewRun, RunRecorder } from './learning-store.ts';
import type { ProcessIdentity } from './process-life.ts';
import { HEARTBEAT_MS } from './process-life.ts';
import { isRowAlive } from './runs.ts';
import type { LoadSample } from './system-load.ts';
import { createLoadMeter } from './system-load.ts';

export interface RecorderDeps {
  readonly database: Database;
  readonly blobs: Blobs;
  readonly clock: Clock;
  readonly log: Logger;
  readonly here: ProcessIdentity;
  readonly codeRevision: () => string;
}

/** A recorder that the store can stop without ending its run. */
export interface OpenRecorder extends RunRecorder {
  release(): void;
}

/** Throws STORE_BUSY, STORE_FULL. */
export function startRun(run: NewRun, deps: RecorderDeps): OpenRecorder {
  const { clock, here } = deps;
  const owner = newOwner();
  const codeRevision = deps.codeRevision();
  const row = deps.database.transaction(() => {
    const wallMs = Math.round(clock.wallMs());
    return deps.database.prepare(`INSERT INTO runs (run_id, kind, name, state, config, summary, code_revision, sweep_id, started_wall_ms, owner, host, host_key, pid, pid_started, heartbeat_wall_ms)
      VALUES (?, ?, ?, 'running', ?, '{}', ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING run, run_id`)
      .get(freeId(deps), run.kind, run.name, JSON.stringify(run.config), codeRevision, run.sweepId ?? null, wallMs, owner, here.host, here.hostKey, here.pid, here.startedTicks, wallMs);
  });
  return createRecorder({ run: Number(row?.run), id: String(row?.run_id), owner }, deps);
}

/** Throws STORE_NOT_FOUND, STORE_BUSY where the run's process lives, STORE_REFUSED where the run is finished. */
export function resumeRun(id: string, deps: RecorderDeps): OpenRecorder {
  const { database, clock, here } = deps;
  const owner = newOwner();
  const run = database.transaction(() => {
    const row = database.prepare('SELECT * FROM runs WHERE run_id = ?').get(id);
    if (row === undefined) throw new SortlineError('STORE_NOT_FOUND', `there is no run ${id} to go on with; \`sortline runs\` lists those there are`, { context: { id } });
    if (row.state === 'finished') throw new SortlineError('STORE_REFUSED', `run ${id} is finished, there is nothing to go on with: start a new one`, { context: { id } });
    if (isRowAlive(row, { here, nowMs: clock.wallMs() })) {
      throw new SortlineError('STORE_BUSY', `run ${id} is still going on, as process ${String(row.pid)} on ${String(row.host)}: wait for its end, or stop it`, { context: { id, pid: row.pid, host: row.host } });
    }
    database.prepare("UPDATE runs SET state = 'running', ended_wall_ms = NULL, failure = NULL, owner = ?, host = ?, host_key = ?, pid = ?, pid_started = ?, heartbeat_wall_ms = ? WHERE run_id = ?")
      .run(owner, here.host, here.hostKey, here.pid, here.startedTicks, Math.round(clock.wallMs()), id);
    return Number(row.run);
  });
  return createRecorder({ run, id, owner }, deps);
}

function createRecorder(own: { run: number; id: string; owner: string }, deps: RecorderDeps): OpenRecorder {
  const { database, blobs, clock } = deps;
  const { run, id } = own;
  let hasEnded = false;

  /** `work` and the sign of life, both or none; nothing any more where another process took the run over. */
  const write = (work: (wallMs: number) => void): void => database.transaction(() => {
    const wallMs = Math.round(clock.wallMs());
    if (database.prepare("UPDATE runs SET heartbeat_wall_ms = ? WHERE run = ? AND owner = ? AND state = 'running'").run(wallMs, run, own.owner) === 0) throw notOurs(database, run, id);
    work(wallMs);
  });
  const life = signLife({ deps, id, beat: (load) => write((wallMs) => insertLoad(database, run, { wallMs, load })) });

  return {
    id,
    log: ({ step, epoch }, values) => write((wallMs) => {
      for (const [name, value] of Object.entries(values)) insertMetric(database, { run, name, step, epoch, value, wallMs });
    }),
    say: (line) => write((wallMs) => database.prepare('INSERT INTO console (run, at_wall_ms, text) VALUES (?, ?, ?)').run(run, wallMs, line)),
    use: (artifact: Artifact) => write(() => database.prepare('INSERT OR IGNORE INTO run_inputs (run, artifact) VALUES (?, ?)').run(run, artifact.id)),
    keepFile: (path, content) => {
      checkFilePath(path);
      const { sha256, bytes } = blobs.storeNow(content);
      write(() => database.prepare('INSERT INTO run_files (run, path, sha256, bytes) VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET sha256 = excluded.sha256, bytes = excluded.bytes').run(run, path, sha256, bytes));
    },
    summarise: (values) => write(() => {
      const before = JSON.parse(String(database.prepare('SELECT summary FROM runs WHERE run = ?').get(run)?.summary)) as Record<string, unknown>;
      database.prepare('UPDATE runs SET summary = ? WHERE run = ?').run(JSON.stringify({ ...before, ...values }), run);
    }),
    end: (state, failure) => {
      if (hasEnded) return;
      write((wallMs) => {
        insertLoad(database, run, { wallMs, load: life.load() });
        database.prepare('UPDATE runs SET state = ?, ended_wall_ms = ?, failure = ? WHERE run = ?').run(state, wallMs, failure ?? null, run);
      });
      hasEnded = true;
      life.stop();
    },
    release: () => life.stop(),
  };
}

/** Gives the sign of life at a steady pace. A failure is logged, once until it works again: the run's own writes raise it. */
function signLife(options: { deps: RecorderDeps; id: string; beat: (load: LoadSample) => void }): { load: () => LoadSample; stop: () => void } {
  const load = createLoadMeter();
  let isFailing = false;
  const timer: Timer = options.deps.clock.every(HEARTBEAT_MS, () => {
    try {
      options.beat(load());
      isFailing = false;
    } catch (error) {
      if (!isFailing) options.deps.log.warn({ run: options.id, code: isSortlineError(error) ? error.code : undefined }, `run ${options.id} cannot give a sign of life: ${reasonOf(error)}`);
      isFailing = true;
    }
  });
  return { load, stop: () => timer.cancel() };
}

function insertMetric(database: Database, point: { run: number; name: string; step: number; epoch: number; value: number; wallMs: number }): void {
  const { run, name, step, epoch, value, wallMs } = point;
  const key = Number(database.prepare('SELECT key FROM metric_keys WHERE run = ? AND name = ?').get(run, name)?.key
    ?? database.prepare('INSERT INTO metric_keys (run, name) VALUES (?, ?) RETURNING key').get(run, name)?.key);
  database.prepare('INSERT INTO metrics (key, step, epoch, value, at_wall_ms) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET epoch = excluded.epoch, value = excluded.value, at_wall_ms = excluded.at_wall_ms')
    .run(key, step, epoch, Number.isNaN(value) ? null : value, wallMs);
}

function insertLoad(database: Database, run: number, at: { wallMs: number; load: LoadSample }): void {
  const { cpuShare, ownCpuShare, residentMb, freeMb } = at.load;
  database.prepare('INSERT OR REPLACE INTO load_samples (run, at_wall_ms, cpu_share, own_cpu_share, resident_mb, free_mb) VALUES (?, ?, ?, ?, ?, ?)').run(run, at.wallMs, cpuShare, ownCpuShare, residentMb, freeMb);
}

function notOurs(database: Database, run: number, id: string): SortlineError {
  const now = database.prepare('SELECT state, host, pid FROM runs WHERE run = ?').get(run);
  const why = now?.state === 'running' ? `process ${String(now.pid)} on ${String(now.host)} has taken it over` : `it has ended (${String(now?.state)})`;
  return new SortlineError('STORE_REFUSED', `run ${id} can no longer be recorded here: ${why}`, { context: { id, ...now } });
}

/** `20261124T031502-7fa2`: sortable by time; in a transaction, so that it is free until the run's row is there. */
function freeId({ database, clock }: RecorderDeps): string {
  const time = wallIso(clock).slice(0, 19).replaceAll(/[-:]/g, '');
  for (;;) {
    const id = `${time}-${randomBytes(2).toString('hex')}`;
    if (database.prepare('SELECT 1 FROM runs WHERE run_id = ?').get(id) === undefined) return id;
  }
}

function newOwner(): string {
  return randomBytes(8).toString('hex');
}
