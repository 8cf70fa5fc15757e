// The outbox against its policy in the plainest form, through whatever order of events, acknowledgements, lost connections,
// failed transactions and restarts.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { silentLogger } from '../../src/base/logger.ts';
import { Outbox } from '../../src/ledger/outbox.ts';
import type { OutboxBudget, OutboxMessage, OutboxRow } from '../../src/ledger/outbox-table.ts';
import { OutboxTable } from '../../src/ledger/outbox-table.ts';
import { migrate } from '../../src/ledger/schema.ts';
import type { Database } from '../../src/ledger/sqlite.ts';
import { openSqlite } from '../../src/ledger/sqlite.ts';

const BUDGET: OutboxBudget = { maxEvents: 8, maxBytes: 1e6 };
const RUN = { line: 'demo', runId: 'run1' };
const kind = fc.constantFrom('prediction' as const, 'outcome' as const);
const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('write' as const), kinds: fc.array(kind, { minLength: 1, maxLength: 3 }), fails: fc.boolean() }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('take' as const), limit: fc.integer({ min: 1, max: 3 }) }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('acknowledge' as const), which: fc.nat(8) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('delete' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('lose-connection' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('reopen' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('tell' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('restart' as const) }) },
);

function openDatabase(): Database {
  const database = openSqlite(':memory:');
  migrate(database, { path: ':memory:', wallMs: 0 });
  return database;
}

function openOutbox(database: Database, budget = BUDGET): Outbox {
  const outbox = new Outbox(budget, silentLogger);
  outbox.attach(new OutboxTable(database, RUN), database);
  return outbox;
}

function write(database: Database, outbox: Outbox, messages: readonly OutboxMessage[], fails = false): void {
  try {
    outbox.added(database.transaction(() => {
      const appended = outbox.append(messages);
      if (fails) throw new Error('disk full');
      return appended;
    }));
  } catch (error) {
    expect(fails, String(error)).toBe(true);
  }
}

const message = (each: OutboxMessage['kind'], text = ''): OutboxMessage => ({ kind: each, payload: { text } });

/** What a subscriber makes of what it hears: each event once, by its number. */
class Subscriber {
  readonly heard: number[] = [];
  hear(sequence: number): void {
    if (!this.heard.includes(sequence)) this.heard.push(sequence);
  }
}

test('whatever happens, a subscriber hears every event that was not given up, first heard in order', () => {
  fc.assert(fc.property(fc.array(step, { minLength: 20, maxLength: 80, size: 'max' }), (steps) => {
    const database = openDatabase();
    let outbox = openOutbox(database);
    const subscriber = new Subscriber();
    let inFlight: OutboxRow[] = [];
    let written = 0, told = 0;
    const send = (rows: readonly OutboxRow[]): void => {
      for (const row of rows) {
        expect(JSON.parse(row.payload)).toMatchObject({ sequence: row.sequence, eventId: `run1/${row.sequence}` });
        subscriber.hear(row.sequence);
        inFlight.push(row);
      }
    };
    for (const each of steps) {
      if (each.do === 'write') {
        write(database, outbox, each.kinds.map((one) => message(one)), each.fails);
        if (!each.fails) written += each.kinds.length;
      } else if (each.do === 'take') {
        if (inFlight.length < 3) send(outbox.take(each.limit));
      } else if (each.do === 'acknowledge' && inFlight.length > 0) {
        const [row] = inFlight.splice(each.which % inFlight.length, 1);
        outbox.done(row!.sequence);
      } else if (each.do === 'delete') outbox.deleteAcknowledged();
      else if (each.do === 'lose-connection') {
        inFlight = [];
        outbox.returnInFlight();
      } else if (each.do === 'reopen') {
        outbox.detach();
        expect(outbox.take(3)).toEqual([]);
        outbox.attach(new OutboxTable(database, RUN), database);
      } else if (each.do === 'tell' && outbox.dropped !== undefined) {
        told += outbox.dropped.predictions + outbox.dropped.outcomes;
        outbox.toldDropped(outbox.dropped);
        expect(outbox.dropped).toBeUndefined();
      } else if (each.do === 'restart') {
        inFlight = [];
        outbox = openOutbox(database);
      }
      // In flight may stand above the budget for as long as it is on its way.
      expect(outbox.size).toBeLessThanOrEqual(BUDGET.maxEvents + 8);
      expect(outbox.size).toBeGreaterThanOrEqual(inFlight.length);
    }
    outbox.returnInFlight();
    for (let rows = outbox.take(100); rows.length > 0; rows = outbox.take(100)) for (const row of rows) {
      subscriber.hear(row.sequence);
      outbox.done(row.sequence);
    }
    outbox.deleteAcknowledged();
    expect(outbox.size).toBe(0);
    expect(database.prepare('SELECT COUNT(*) AS n FROM outbox').get()).toEqual({ n: 0 });
    const dropped = outbox.dropped ?? { predictions: 0, outcomes: 0 };
    const missing = written - subscriber.heard.length;
    // What was on its way when the connection broke may be given up though it was heard.
    expect(missing).toBeLessThanOrEqual(told + dropped.predictions + dropped.outcomes);
    if (told + dropped.predictions + dropped.outcomes === 0) expect(subscriber.heard).toEqual(Array.from({ length: written }, (_, index) => index + 1));
    expect(subscriber.heard).toEqual([...subscriber.heard].sort((a, b) => a - b));
    database.close();
  }), { numRuns: 60 });
});

describe('a budget that is spent', () => {
  test('by count: the oldest predictions go first, then the oldest outcomes; what is on its way stays', () => {
    const database = openDatabase();
    const outbox = openOutbox(database, { maxEvents: 4, maxBytes: 1e6 });
    write(database, outbox, (['prediction', 'outcome', 'prediction', 'outcome'] as const).map((each) => message(each)));
    expect(outbox.take(1).map(({ sequence }) => sequence)).toEqual([1]);
    write(database, outbox, [message('outcome')]);
    expect(outbox.dropped).toEqual({ predictions: 1, outcomes: 0, firstSequence: 3, lastSequence: 3 });
    write(database, outbox, [message('outcome')]);
    expect(outbox.dropped).toEqual({ predictions: 1, outcomes: 1, firstSequence: 2, lastSequence: 3 });
    expect(outbox.take(9).map(({ sequence }) => sequence)).toEqual([4, 5, 6]);
  });

  test('by bytes, and counted on over a restart until it is told', () => {
    const database = openDatabase();
    const budget = { maxEvents: 1000, maxBytes: 5000 };
    write(database, openOutbox(database, budget), Array.from({ length: 10 }, () => message('prediction', 'x'.repeat(1000))));
    const outbox = openOutbox(database, budget);
    expect(outbox.size).toBeLessThanOrEqual(5);
    expect(outbox.dropped!.predictions + outbox.size).toBe(10);
    outbox.toldDropped(outbox.dropped!);
    expect(openOutbox(database, budget).dropped).toBeUndefined();
  });

  test('what the broker has is no load', () => {
    const database = openDatabase();
    const outbox = openOutbox(database, { maxEvents: 4, maxBytes: 1e6 });
    write(database, outbox, Array.from({ length: 4 }, () => message('prediction')));
    for (const { sequence } of outbox.take(4)) outbox.done(sequence);
    write(database, outbox, Array.from({ length: 4 }, () => message('prediction')));
    expect({ dropped: outbox.dropped, size: outbox.size }).toEqual({ dropped: undefined, size: 4 });
  });

  test('what the ledger lost before it had a number is told as well', () => {
    const database = openDatabase();
    const outbox = openOutbox(database);
    outbox.lost(message('outcome'));
    outbox.lost(message('prediction'));
    write(database, outbox, [message('outcome')], true);
    write(database, outbox, [message('outcome')]);
    expect(outbox.dropped).toEqual({ predictions: 1, outcomes: 1, firstSequence: null, lastSequence: null });
  });
});

test('what follows is taken although a whole batch before it is at the broker already', () => {
  const database = openDatabase();
  const outbox = openOutbox(database);
  write(database, outbox, Array.from({ length: 7 }, () => message('outcome')));
  for (const { sequence } of [...outbox.take(3), ...outbox.take(3)].slice(1)) outbox.done(sequence);
  outbox.returnInFlight();
  expect([outbox.take(3), outbox.take(3), outbox.take(3)].map((rows) => rows.map(({ sequence }) => sequence))).toEqual([[1], [7], []]);
});

test('another ledger is another stream of numbers', () => {
  const outbox = openOutbox(openDatabase());
  const other = openDatabase();
  expect(outbox.stream).toBe('run1');
  outbox.detach();
  outbox.attach(new OutboxTable(other, { line: 'demo', runId: 'run2' }), other);
  write(other, outbox, [message('outcome')]);
  expect(outbox.take(9)).toMatchObject([{ sequence: 1, payload: expect.stringContaining('run2/1') }]);
});
