// The thread that answers questions about the past: a connection of its own, read-only, at lower priority than the line. A long
// read keeps SQLite's write-ahead log from shrinking meanwhile, and nothing else waits for it.
import { setPriority } from 'node:os';
import { parentPort, workerData } from 'node:worker_threads';
import { isSortlineError, reasonOf, SortlineError } from '../base/errors.ts';
import type { HistoryQuestion, HistoryQuestions } from './history-query.ts';
import { answerHistory } from './history-query.ts';
import { knownVersion, SCHEMA_VERSION } from './schema.ts';
import type { Database } from './sqlite.ts';
import { openSqlite } from './sqlite.ts';

export interface AskedOfWorker {
  readonly id: number;
  readonly name: HistoryQuestion;
  readonly ask: HistoryQuestions[HistoryQuestion]['ask'];
}

export type AnsweredByWorker =
  | { readonly id: number; readonly answer: HistoryQuestions[HistoryQuestion]['answer'] }
  | { readonly id: number; readonly failure: string };

const LOW_PRIORITY = 10;
const BUSY_MS = 2000;

const { path } = workerData as { path: string };
try {
  // On Linux the "process" 0 of a thread is the thread itself.
  if (process.platform === 'linux') setPriority(0, LOW_PRIORITY);
} catch {
  // Not allowed everywhere; then it runs as the rest does.
}

let database: Database | undefined;

parentPort!.on('message', ({ id, name, ask }: AskedOfWorker) => {
  let answered: AnsweredByWorker;
  try {
    database ??= open();
    answered = { id, answer: answerHistory(database, name, ask) };
  } catch (error) {
    answered = { id, failure: isSortlineError(error) ? error.message : `the ledger ${path} cannot be read: ${reasonOf(error)}` };
    // It may be another file by the next question.
    database?.close();
    database = undefined;
  }
  parentPort!.postMessage(answered);
});

function open(): Database {
  const opened = openSqlite(path, { busyTimeoutMs: BUSY_MS, readOnly: true });
  // The line makes and migrates the file; before that there is nothing to read.
  if (knownVersion(opened, path) === SCHEMA_VERSION) return opened;
  opened.close();
  throw new SortlineError('LEDGER_OPEN_FAILED', `the ledger ${path} is not set up yet; ask again in a moment`, { context: { path } });
}
