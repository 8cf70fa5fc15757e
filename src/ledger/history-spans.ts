// Periods that the ledger itself knows: runs of the service, and batches, which an operator begins with a note `batch NAME`.
import type { Database } from './sqlite.ts';

export interface RunSpan {
  readonly kind: 'run' | 'batch';
  readonly name: string;
  readonly fromMs: number;
  /** Undefined while it goes on. */
  readonly toMs: number | undefined;
}

const SPANS_AT_MOST = 50;

/** The latest of each kind, newest first. A batch ends where the next one begins. */
export function runSpans(database: Database): RunSpan[] {
  const runs = database.prepare(`SELECT run_id AS name, started_wall_ms AS fromMs, ended_wall_ms AS toMs FROM runs ORDER BY started_wall_ms DESC LIMIT ${SPANS_AT_MOST}`).all()
    .map((row): RunSpan => ({ kind: 'run', name: String(row['name']), fromMs: Number(row['fromMs']), toMs: row['toMs'] === null ? undefined : Number(row['toMs']) }));
  const notes = database.prepare(`SELECT at_wall_ms AS fromMs, json_extract(detail, '$.text') AS text FROM events
    WHERE kind = 'operator.command' AND subject = 'note' AND json_extract(detail, '$.text') LIKE 'batch %' ORDER BY at_wall_ms DESC LIMIT ${SPANS_AT_MOST}`).all();
  const batches = notes.map((row, index): RunSpan => {
    const next = notes[index - 1]?.['fromMs'];
    return { kind: 'batch', name: String(row['text']).slice('batch '.length).trim(), fromMs: Number(row['fromMs']), toMs: next === undefined ? undefined : Number(next) };
  });
  return [...runs, ...batches];
}
