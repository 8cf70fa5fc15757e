// The outbox in SQLite: events on their way to a broker, in the order of their number, with what had to be given up. It runs
// inside the ledger's transactions, so that an event and its place in the outbox are on disk together or not at all.
//
//   outbox_lines  one row per line: next number, and what was given up and not yet told
//   outbox        number → kind, payload; rows leave when the broker has them
import type { Database, Statement } from './sqlite.ts';

/** What is published of an event, complete but for its number and id. */
export interface OutboxMessage {
  readonly kind: 'prediction' | 'outcome';
  readonly payload: Readonly<Record<string, unknown>>;
}

export interface OutboxRow {
  /** Counts the line's events from 1, over restarts. */
  readonly sequence: number;
  readonly kind: OutboxMessage['kind'];
  /** JSON text, with `sequence` and `eventId`. */
  readonly payload: string;
}

/** What may wait at most. */
export interface OutboxBudget {
  readonly maxEvents: number;
  readonly maxBytes: number;
}

/** Events given up for want of room. Those that had numbers had them from `firstSequence` to `lastSequence`; null where none had. */
export interface DroppedEvents {
  readonly predictions: number;
  readonly outcomes: number;
  readonly firstSequence: number | null;
  readonly lastSequence: number | null;
}

export interface OutboxLoad {
  readonly events: number;
  /** Of payloads, characters. */
  readonly bytes: number;
}

/** Given up at once when the budget is spent, as a share of it: so that it is not done for every event. */
const SLICE = 0.01;

export class OutboxTable {
  /** Tells this outbox from another whose numbers begin at 1 again. */
  readonly stream: string;
  readonly #statements: Record<'next' | 'advance' | 'insert' | 'after' | 'deleteUpTo' | 'load' | 'dropped' | 'noteDropped' | 'toldDropped' | 'dropPrediction' | 'dropAny', Statement>;
  readonly #line: string;

  /** `runId`: names the stream where this file has none for the line yet. */
  constructor(database: Database, { line, runId }: { line: string; runId: string }) {
    this.#line = line;
    database.prepare('INSERT INTO outbox_lines (line, stream) VALUES (?, ?) ON CONFLICT DO NOTHING').run(line, runId);
    this.stream = String(database.prepare('SELECT stream FROM outbox_lines WHERE line = ?').get(line)?.stream);
    const drop = (condition: string): Statement => database.prepare(`DELETE FROM outbox WHERE line = ?1 AND sequence IN
      (SELECT sequence FROM outbox WHERE line = ?1 AND ${condition} AND sequence > ?2 ORDER BY sequence LIMIT ?3) RETURNING sequence, kind, length(payload) AS bytes`);
    this.#statements = {
      next: database.prepare('SELECT next_sequence FROM outbox_lines WHERE line = ?'),
      advance: database.prepare('UPDATE outbox_lines SET next_sequence = ? WHERE line = ?'),
      insert: database.prepare('INSERT INTO outbox (line, sequence, kind, payload) VALUES (?, ?, ?, ?)'),
      after: database.prepare('SELECT sequence, kind, payload FROM outbox WHERE line = ? AND sequence > ? ORDER BY sequence LIMIT ?'),
      deleteUpTo: database.prepare('DELETE FROM outbox WHERE line = ? AND sequence <= ? RETURNING length(payload) AS bytes'),
      load: database.prepare('SELECT COUNT(*) AS events, COALESCE(SUM(length(payload)), 0) AS bytes FROM outbox WHERE line = ?'),
      dropped: database.prepare('SELECT dropped_predictions, dropped_outcomes, first_dropped, last_dropped FROM outbox_lines WHERE line = ?'),
      noteDropped: database.prepare(`UPDATE outbox_lines SET dropped_predictions = dropped_predictions + ?1, dropped_outcomes = dropped_outcomes + ?2,
        first_dropped = COALESCE(MIN(first_dropped, ?3), ?3, first_dropped), last_dropped = COALESCE(MAX(last_dropped, ?4), ?4, last_dropped) WHERE line = ?5`),
      toldDropped: database.prepare(`UPDATE outbox_lines SET dropped_predictions = dropped_predictions - ?1, dropped_outcomes = dropped_outcomes - ?2,
        first_dropped = CASE WHEN dropped_predictions > ?1 OR dropped_outcomes > ?2 THEN first_dropped END,
        last_dropped = CASE WHEN dropped_predictions > ?1 OR dropped_outcomes > ?2 THEN last_dropped END WHERE line = ?3`),
      dropPrediction: drop("kind = 'prediction'"),
      dropAny: drop('TRUE'),
    };
  }

  /** Numbers the messages and adds them; what that adds to the load. */
  append(messages: readonly OutboxMessage[]): OutboxLoad {
    if (messages.length === 0) return { events: 0, bytes: 0 };
    let sequence = Number(this.#statements.next.get(this.#line)?.next_sequence);
    let bytes = 0;
    for (const { kind, payload } of messages) {
      const text = JSON.stringify({ sequence, eventId: `${this.stream}/${sequence}`, ...payload });
      this.#statements.insert.run(this.#line, sequence++, kind, text);
      bytes += text.length;
    }
    this.#statements.advance.run(sequence, this.#line);
    return { events: messages.length, bytes };
  }

  /** Gives up the oldest predictions, then the oldest of all, of what comes after `afterSequence`, until `load` keeps to the budget; the load then. */
  keepTo(budget: OutboxBudget, load: OutboxLoad, afterSequence: number): OutboxLoad {
    let { events, bytes } = load;
    for (const statement of [this.#statements.dropPrediction, this.#statements.dropAny]) {
      while (events > budget.maxEvents || bytes > budget.maxBytes) {
        const surplus = Math.max(events - budget.maxEvents, Math.ceil((bytes - budget.maxBytes) / (bytes / events)), 1);
        const rows = statement.all(this.#line, afterSequence, Math.max(surplus, Math.floor(budget.maxEvents * SLICE)));
        if (rows.length === 0) break;
        events -= rows.length;
        for (const row of rows) bytes -= Number(row.bytes);
        this.#noteDropped(rows);
      }
    }
    return { events, bytes };
  }

  /** At most `limit` rows that come after `sequence`, in order. */
  rowsAfter(sequence: number, limit: number): OutboxRow[] {
    return this.#statements.after.all(this.#line, sequence, limit) as unknown as OutboxRow[];
  }

  /** What that takes off the load. */
  deleteUpTo(sequence: number): OutboxLoad {
    const rows = this.#statements.deleteUpTo.all(this.#line, sequence);
    return { events: rows.length, bytes: rows.reduce((sum, row) => sum + Number(row.bytes), 0) };
  }

  load(): OutboxLoad {
    const { events, bytes } = this.#statements.load.get(this.#line)!;
    return { events: Number(events), bytes: Number(bytes) };
  }

  /** Given up and not yet told; undefined where nothing was. */
  dropped(): DroppedEvents | undefined {
    const row = this.#statements.dropped.get(this.#line)!;
    const predictions = Number(row.dropped_predictions), outcomes = Number(row.dropped_outcomes);
    if (predictions + outcomes === 0) return undefined;
    return { predictions, outcomes, firstSequence: row.first_dropped as number | null, lastSequence: row.last_dropped as number | null };
  }

  /** Some were given up before they had numbers. */
  noteLost({ predictions, outcomes }: { readonly predictions: number; readonly outcomes: number }): void {
    if (predictions + outcomes > 0) this.#statements.noteDropped.run(predictions, outcomes, null, null, this.#line);
  }

  /** These were told. */
  toldDropped({ predictions, outcomes }: DroppedEvents): void {
    this.#statements.toldDropped.run(predictions, outcomes, this.#line);
  }

  #noteDropped(rows: readonly Record<string, unknown>[]): void {
    const sequences = rows.map((row) => Number(row.sequence));
    const predictions = rows.filter(({ kind }) => kind === 'prediction').length;
    this.#statements.noteDropped.run(predictions, rows.length - predictions, Math.min(...sequences), Math.max(...sequences), this.#line);
  }
}
