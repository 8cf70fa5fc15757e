// The items of a period as CSV (RFC 4180), newest first, page by page as the reader takes them: however many there are, two pages
// are held. Values are the ledger's own words and numbers; none comes from outside.
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { Period } from '../ledger/history.ts';
import type { HistoryItem, ItemPlace } from '../ledger/history-items.ts';
import { PAGE_AT_MOST } from '../ledger/history-items.ts';
import type { History } from '../ledger/history-reader.ts';
import type { Reply } from './reply.ts';
import { text } from './reply.ts';

const COLUMNS: readonly (readonly [heading: string, value: (item: HistoryItem) => string | number | null])[] = [
  ['item_id', ({ itemId }) => itemId],
  ['first_seen', ({ seenWallMs }) => new Date(seenWallMs).toISOString()],
  ['material', ({ material }) => material],
  ['confidence', ({ confidence }) => (confidence === null ? null : confidence.toFixed(4))],
  ['looks', ({ looks }) => looks],
  ['bin', ({ bin }) => bin],
  ['reason', ({ reason }) => reason],
  ['outcome', ({ outcome }) => outcome],
  ['cause', ({ cause }) => cause],
  ['fired_at_counts', ({ firedCounts }) => firedCounts],
  ['count_error', ({ countError }) => countError],
  ['truth_material', ({ truthMaterial }) => truthMaterial],
  ['landed_bin', ({ landedBin }) => landedBin],
];

/** Undefined once the answer has begun; a failure later ends the connection, so that no half file looks whole. */
export async function exportCsv({ history, response, period, headers }: { history: History; response: ServerResponse; period: Period; headers: Readonly<Record<string, string>> }): Promise<Reply | undefined> {
  let before: ItemPlace | undefined;
  do {
    const answered = await history.ask('items', { period, filter: {}, before, limit: PAGE_AT_MOST });
    if (answered.kind !== 'answer') {
      if (!response.headersSent) return text(503, answered.reason);
      response.destroy();
      return undefined;
    }
    if (!response.headersSent) {
      response.writeHead(200, { 'content-type': 'text/csv; charset=utf-8', 'cache-control': 'no-store', ...headers });
      response.write(`${COLUMNS.map(([heading]) => heading).join(',')}\r\n`);
    }
    const lines = answered.answer.items.map((item) => `${COLUMNS.map(([, value]) => value(item) ?? '').join(',')}\r\n`).join('');
    if (!response.write(lines)) await Promise.race([once(response, 'drain'), once(response, 'close')]);
    if (response.destroyed) return undefined;
    before = answered.answer.next;
  } while (before !== undefined);
  response.end();
  return undefined;
}
