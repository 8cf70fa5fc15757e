// Runs as they are read: what was asked, how it stands, what it logged. A run whose process is gone without a word is crashed;
// that is found when it is read, so nobody has to be there when it happens.
import { SortlineError } from '../../base/errors.ts';
import type { Database } from '../../ledger/sqlite.ts';
import type { ArtifactFile, ConsoleLine, LoadPoint, MetricPoint, Run, RunKind, RunState } from './learning-store.ts';
import type { ProcessIdentity } from './process-life.ts';
import { isAlive } from './process-life.ts';

export interface RunFilter {
  readonly kind?: RunKind;
  readonly sweepId?: string;
  readonly limit?: number;
}

export interface Runs {
  list(filter?: RunFilter): Run[];
  find(reference: string): Run;
  usersOf(artifactId: number): Run[];
  makersOf(artifactId: number): Run[];
  metricKeys(runId: string): string[];
  metric(runId: string, key: string): MetricPoint[];
  consoleOf(runId: string): ConsoleLine[];
  loadOf(runId: string): LoadPoint[];
  filesOf(runId: string): ArtifactFile[];
}

const OF_RUN = 'run = (SELECT run FROM runs WHERE run_id = ?)';

export function createRuns(options: { database: Database; here: ProcessIdentity; wallMs: () => number }): Runs {
  const { database, here, wallMs } = options;
  const select = (rest: string, ...values: (string | number | null)[]): Run[] =>
    database.prepare(`SELECT * FROM runs ${rest}`).all(...values).map((row) => runOf(row, isRowAlive(row, { here, nowMs: wallMs() })));

  return {
    list: ({ kind, sweepId, limit } = {}) => select('WHERE (?1 IS NULL OR kind = ?1) AND (?2 IS NULL OR sweep_id = ?2) ORDER BY started_wall_ms DESC, run DESC LIMIT ?3', kind ?? null, sweepId ?? null, limit ?? -1),
    find: (reference) => find(reference, select),
    usersOf: (id) => select('WHERE run IN (SELECT run FROM run_inputs WHERE artifact = ?) ORDER BY run', id),
    makersOf: (id) => select('WHERE run IN (SELECT run FROM run_outputs WHERE artifact = ?) ORDER BY run', id),
    metricKeys: (runId) => database.prepare(`SELECT name FROM metric_keys WHERE ${OF_RUN} ORDER BY name`).all(runId).map(({ name }) => String(name)),
    metric: (runId, key) => database.prepare(`SELECT step, epoch, value, at_wall_ms FROM metrics WHERE key = (SELECT key FROM metric_keys WHERE ${OF_RUN} AND name = ?) ORDER BY step`).all(runId, key)
      .map((row) => ({ step: Number(row.step), epoch: Number(row.epoch), value: row.value === null ? Number.NaN : Number(row.value), atIso: isoOf(row.at_wall_ms) })),
    consoleOf: (runId) => database.prepare(`SELECT at_wall_ms, text FROM console WHERE ${OF_RUN} ORDER BY line`).all(runId).map((row) => ({ atIso: isoOf(row.at_wall_ms), line: String(row.text) })),
    loadOf: (runId) => database.prepare(`SELECT * FROM load_samples WHERE ${OF_RUN} ORDER BY at_wall_ms`).all(runId).map((row) => ({
      atIso: isoOf(row.at_wall_ms), cpuShare: Number(row.cpu_share), ownCpuShare: Number(row.own_cpu_share), residentMb: Number(row.resident_mb), freeMb: Number(row.free_mb),
    })),
    filesOf: (runId) => database.prepare(`SELECT path, sha256, bytes FROM run_files WHERE ${OF_RUN} ORDER BY path`).all(runId).map((row) => ({ ...row }) as unknown as ArtifactFile),
  };
}

/** Whether the process that records the run of this row still lives. */
export function isRowAlive(row: Record<string, unknown>, seen: { here: ProcessIdentity; nowMs: number }): boolean {
  const recorder = { host: String(row.host), hostKey: String(row.host_key), pid: Number(row.pid), startedTicks: String(row.pid_started) };
  return row.state === 'running' && isAlive(recorder, { ...seen, lastSignMs: Number(row.heartbeat_wall_ms) });
}

type Select = (rest: string, ...values: (string | number)[]) => Run[];

function find(reference: string, select: Select): Run {
  const exact = select('WHERE run_id = ?', reference)[0] ?? select('WHERE name = ? ORDER BY started_wall_ms DESC, run DESC LIMIT 1', reference)[0];
  if (exact !== undefined) return exact;
  const beginning = reference === '' ? [] : select('WHERE substr(run_id, 1, length(?1)) = ?1 ORDER BY run LIMIT 10', reference);
  if (beginning.length === 1) return beginning[0]!;
  const there = beginning.length > 1 ? `several begin so: ${beginning.map(({ id }) => id).join(', ')}` : newest(select('ORDER BY started_wall_ms DESC, run DESC LIMIT 5'));
  throw new SortlineError('STORE_NOT_FOUND', `there is no run ${reference}: ${there}. A reference is an id, its unique beginning or a name; \`sortline runs\` lists them.`, { context: { reference } });
}

function newest(runs: readonly Run[]): string {
  return runs.length === 0 ? 'the store holds none yet' : `the newest are ${runs.map(({ id, name }) => `${id} (${name})`).join(', ')}`;
}

function runOf(row: Record<string, unknown>, isAliveNow: boolean): Run {
  return {
    id: String(row.run_id), kind: row.kind as RunKind, name: String(row.name),
    state: row.state === 'running' && !isAliveNow ? 'crashed' : row.state as RunState,
    config: JSON.parse(String(row.config)) as Record<string, unknown>, summary: JSON.parse(String(row.summary)) as Record<string, unknown>,
    codeRevision: String(row.code_revision), host: String(row.host), sweepId: row.sweep_id === null ? undefined : String(row.sweep_id),
    startedAtIso: isoOf(row.started_wall_ms), endedAtIso: row.ended_wall_ms === null ? undefined : isoOf(row.ended_wall_ms),
    lastSignAtIso: isoOf(row.heartbeat_wall_ms), failure: row.failure === null ? undefined : String(row.failure),
  };
}

function isoOf(wallMs: unknown): string {
  return new Date(Number(wallMs)).toISOString();
}
