// The past over HTTP: overview, items, events and spans of a period, and its export. A period must be told whole and be of a
// length that makes sense; what it costs is bounded behind the History port.
import { z } from 'zod';
import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/logger.ts';
import { binFigures } from '../ledger/bin-figures.ts';
import type { HistoryOverview, Period } from '../ledger/history.ts';
import type { ItemFilter, ItemPlace } from '../ledger/history-items.ts';
import type { HistoryQuestion, HistoryQuestions } from '../ledger/history-query.ts';
import type { History, HistoryAnswer } from '../ledger/history-reader.ts';
import { exportCsv } from './export-csv.ts';
import type { LineFacts } from './live-routes.ts';
import type { Reply } from './reply.ts';
import { json, text } from './reply.ts';
import type { Asked, Route } from './router.ts';
import { shiftReport } from './shift-report.ts';

const MS_PER_DAY = 86_400_000;
const LONGEST_DAYS = 3660;
const LONGEST_EXPORT_DAYS = 31;

const moment = z.coerce.number().int().min(0).max(8.64e15);
const word = z.string().regex(/^[a-z0-9-]{1,64}$/).optional();
const filterSchema = z.object({ material: word, bin: word, outcome: word, cause: word });
const placeSchema = z.object({ beforeMs: moment, beforeItem: z.coerce.number().int().min(0) });

export interface HistoryRoutesDeps {
  readonly clock: Clock;
  readonly log: Logger;
  readonly history: History;
  readonly facts: LineFacts;
}

export function historyRoutes({ clock, log, history, facts }: HistoryRoutesDeps): Route[] {
  const bins = facts.bins.map(({ id }) => id);
  const withFigures = (overview: HistoryOverview): unknown => ({ ...overview, bins: binFigures({ ...overview, bins }) });
  const named = (period: Period, ending: string): Record<string, string> => ({ 'content-disposition': `attachment; filename="sortline-${facts.line}-${new Date(period.fromMs).toISOString().slice(0, 16).replaceAll(':', '')}.${ending}"` });
  /** Asks, and turns what went wrong into a status. */
  const ask = async <Name extends HistoryQuestion>(name: Name, question: HistoryQuestions[Name]['ask'], reply: (answer: HistoryQuestions[Name]['answer']) => Reply): Promise<Reply> => {
    const answered = await history.ask(name, question);
    return answered.kind === 'answer' ? reply(answered.answer) : failed(answered);
  };
  const ofPeriod = (pattern: RegExp, answer: (asked: Asked, period: Period) => Promise<Reply | undefined>, longestDays = LONGEST_DAYS): Route => ({
    method: 'GET', path: pattern, needs: 'viewer',
    answer: (asked) => {
      const period = periodOf(asked.query, longestDays);
      if (!('problem' in period)) return answer(asked, period);
      log.warn({ query: asked.query.toString().slice(0, 200), visitor: asked.visitor?.name }, `history refused: ${period.problem}`);
      return text(400, period.problem);
    },
  });
  return [
    ofPeriod(/^\/api\/history\/overview$/, (_, period) => ask('overview', { period }, (overview) => json(200, withFigures(overview)))),
    ofPeriod(/^\/api\/history\/events$/, (_, period) => ask('events', { period }, (events) => json(200, events))),
    ofPeriod(/^\/api\/history\/items$/, async ({ query }, period) => {
      const filter = filterSchema.safeParse(Object.fromEntries(query));
      if (!filter.success) return text(400, 'a filter is a material, bin, outcome or cause');
      return ask('items', { period, filter: filter.data satisfies ItemFilter, before: placeOf(query), limit: 50 }, (page) => json(200, page));
    }),
    { method: 'GET', path: /^\/api\/history\/spans$/, needs: 'viewer', answer: () => ask('spans', {}, (spans) => json(200, spans)) },
    {
      method: 'GET', path: /^\/api\/history\/item\/([A-Za-z0-9_-]{1,101})$/, needs: 'viewer',
      answer: ({ params: [itemId = ''] }) => ask('item', { itemId }, (story) => (story === undefined ? text(404, `the ledger does not know, or no longer, the item ${itemId}`) : json(200, story))),
    },
    ofPeriod(/^\/api\/history\/export\.json$/, (_, period) => ask('overview', { period }, (overview) => json(200, withFigures(overview), named(period, 'json')))),
    ofPeriod(/^\/api\/history\/report\.html$/, ({ visitor }, period) => ask('overview', { period }, (overview) => ({
      status: 200, contentType: 'text/html; charset=utf-8', headers: named(period, 'html'),
      body: shiftReport(overview, { facts, bins: binFigures({ ...overview, bins }), by: visitor!.name, writtenMs: clock.wallMs() }),
    }))),
    ofPeriod(/^\/api\/history\/export\.csv$/, async ({ request, response }, period) => {
      if (request.method === 'HEAD') return { ...text(200, ''), contentType: 'text/csv; charset=utf-8' };
      return exportCsv({ history, response, period, headers: named(period, 'csv') });
    }, LONGEST_EXPORT_DAYS),
  ];
}

function periodOf(query: URLSearchParams, longestDays: number): Period | { readonly problem: string } {
  const from = moment.safeParse(query.get('from') ?? undefined), to = moment.safeParse(query.get('to') ?? undefined);
  if (!from.success || !to.success) return { problem: 'a period needs `from` and `to`, ms since 1970' };
  if (from.data >= to.data) return { problem: 'the period ends before it begins' };
  if (to.data - from.data > longestDays * MS_PER_DAY) return { problem: `the period is longer than ${longestDays} days; ask for a shorter one` };
  return { fromMs: from.data, toMs: to.data };
}

function placeOf(query: URLSearchParams): ItemPlace | undefined {
  const place = placeSchema.safeParse(Object.fromEntries(query));
  return place.success ? { wallMs: place.data.beforeMs, item: place.data.beforeItem } : undefined;
}

function failed(answer: Exclude<HistoryAnswer<HistoryQuestion>, { kind: 'answer' }>): Reply {
  return { ...text(503, answer.reason), headers: answer.kind === 'busy' ? { 'retry-after': '2' } : {} };
}
