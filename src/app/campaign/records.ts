// The three records of a day held against each other: what the line told, what the ledger's file holds, what the broker has.
// A process that is killed may lose its last moments, but all records must lose the same.
import { openSqlite } from '../../ledger/sqlite.ts';
import type { ItemId, Outcome } from '../../domain/decision.ts';
import { OUTCOMES } from '../../domain/decision.ts';
import type { BrokerMessage } from '../../publish/broker-session.ts';
import type { InvariantName } from './invariants.ts';

export interface RecordsDeps {
  readonly ledgerPath: string;
  fail(invariant: InvariantName, message: string): void;
}

const OPEN = 255;
/** More than a ledger keeps in memory. */
const KEPT_RECENT = 60_000;

interface Expected {
  outcome: number;
  /** The process died before it could be sure that this was on disk. */
  isUnsure: boolean;
}

export class Records {
  readonly #deps: RecordsDeps;
  readonly #expected = new Map<ItemId, Expected>();
  /** Items of the present life in the order of their latest event. */
  readonly #recent = new Set<ItemId>();
  readonly #outcomeAtBroker = new Map<ItemId, string>();
  #lastSequence = 0;
  #hasRefused = false;
  /** Refused, and to come. */
  readonly #late = new Set<number>();
  publishedCount = 0;

  constructor(deps: RecordsDeps) {
    this.#deps = deps;
  }

  seen(itemId: ItemId): void {
    this.#expected.set(itemId, { outcome: OPEN, isUnsure: false });
    this.#touch(itemId);
  }

  settled(itemId: ItemId, outcome: Outcome): void {
    const expected = this.#expected.get(itemId);
    if (expected !== undefined) expected.outcome = OUTCOMES.indexOf(outcome);
    this.#touch(itemId);
  }

  /** The process died with so many events that were not in the file; each touches one item. */
  lifeEnded(pendingEvents: number): void {
    const recent = [...this.#recent];
    for (const itemId of recent.slice(Math.max(0, recent.length - pendingEvents))) this.#expected.get(itemId)!.isUnsure = true;
    this.#recent.clear();
  }

  /** The broker refused something that it may take later: until then later events may overtake it. */
  refused(): void {
    this.#hasRefused = true;
  }

  /** The broker took this. */
  published({ topic, payload }: BrokerMessage): void {
    if (typeof payload !== 'string' || !topic.includes('/item/') || topic.endsWith('/item/dropped')) return;
    this.publishedCount++;
    const { sequence, itemId, outcome } = JSON.parse(payload) as { sequence: number; itemId: ItemId; outcome?: string };
    // Repeated after a lost acknowledgement, where it is not late; a reader knows it by its number.
    if (sequence <= this.#lastSequence && !this.#late.delete(sequence)) return;
    if (sequence > this.#lastSequence + 1 && this.#hasRefused) for (let each = this.#lastSequence + 1; each < sequence; each++) this.#late.add(each);
    else if (sequence > this.#lastSequence + 1) this.#deps.fail('published-once', `the broker had event ${this.#lastSequence} and then event ${sequence}`);
    this.#lastSequence = Math.max(this.#lastSequence, sequence);
    if (outcome !== undefined) this.#outcomeAtBroker.set(itemId, outcome);
  }

  /** After the end of the day. */
  compare(): void {
    const { ledgerPath, fail } = this.#deps;
    if (this.#late.size > 0) fail('published-once', `${this.#late.size} events that the broker had refused were never sent again`);
    const database = openSqlite(ledgerPath);
    try {
      let rows = 0;
      for (let after = 0, more = true; more;) {
        const page = database.prepare('SELECT item, item_id, outcome, cause FROM items WHERE item > ? ORDER BY item LIMIT 10000').all(after);
        for (const row of page) this.#compareRow(row as unknown as LedgerRow);
        rows += page.length;
        more = page.length > 0;
        after = Number(page.at(-1)?.item ?? after);
      }
      const missing = [...this.#expected].filter(([, { isUnsure }]) => !isUnsure).map(([itemId]) => itemId);
      if (missing.length > 0) fail('ledger-complete', `${missing.length} items are not in the ledger of ${rows}, the first is ${missing[0]}`);
      const unknown = [...this.#outcomeAtBroker.keys()];
      if (unknown.length > 0) fail('published-once', `${unknown.length} outcomes at the broker are of no item in the ledger, the first of ${unknown[0]}`);
    } finally {
      database.close();
    }
  }

  #compareRow({ item_id: itemId, outcome, cause }: LedgerRow): void {
    const { fail } = this.#deps;
    const expected = this.#expected.get(itemId);
    if (expected === undefined) return fail('ledger-complete', `the ledger has an item ${itemId} that nobody saw`);
    this.#expected.delete(itemId);
    const told = OUTCOMES[expected.outcome];
    const isClosedByNextRun = outcome === 'lost' && cause === 'no-report';
    if (outcome === null) return fail('ledger-complete', `item ${itemId} has no outcome in the ledger`);
    if (outcome !== told && !(isClosedByNextRun && (told === undefined || expected.isUnsure))) fail('ledger-complete', `item ${itemId} ended as ${told}, the ledger says ${outcome} (${cause})`);
    const atBroker = this.#outcomeAtBroker.get(itemId);
    this.#outcomeAtBroker.delete(itemId);
    if (atBroker !== undefined && atBroker !== outcome) fail('published-once', `item ${itemId} is ${outcome} in the ledger, and ${atBroker} at the broker`);
    if (atBroker === undefined && !isClosedByNextRun) fail('published-once', `the outcome of item ${itemId} is in the ledger, and not at the broker`);
  }

  #touch(itemId: ItemId): void {
    this.#recent.delete(itemId);
    this.#recent.add(itemId);
    if (this.#recent.size <= KEPT_RECENT) return;
    const [oldest] = this.#recent;
    this.#recent.delete(oldest!);
  }
}

interface LedgerRow {
  readonly item_id: ItemId;
  readonly outcome: string | null;
  readonly cause: string | null;
}
