// The questions the history thread answers, as plain data, so that they cross to it and back.
import type { Database } from './sqlite.ts';
import type { HistoryOverview, Period } from './history.ts';
import { historyOverview } from './history.ts';
import type { HistoryEvent, ItemFilter, ItemPage, ItemPlace, ItemStory } from './history-items.ts';
import { historyEvents, itemPage, itemStory } from './history-items.ts';
import type { RunSpan } from './history-spans.ts';
import { runSpans } from './history-spans.ts';

/** Question to answer, by name. */
export interface HistoryQuestions {
  overview: { ask: { period: Period }; answer: HistoryOverview };
  items: { ask: { period: Period; filter: ItemFilter; before?: ItemPlace | undefined; limit: number }; answer: ItemPage };
  item: { ask: { itemId: string }; answer: ItemStory | undefined };
  events: { ask: { period: Period }; answer: readonly HistoryEvent[] };
  spans: { ask: Record<never, never>; answer: readonly RunSpan[] };
}

export type HistoryQuestion = keyof HistoryQuestions;

const ANSWERS: { readonly [Name in HistoryQuestion]: (database: Database, ask: HistoryQuestions[Name]['ask']) => HistoryQuestions[Name]['answer'] } = {
  overview: (database, { period }) => historyOverview(database, period),
  items: itemPage,
  item: (database, { itemId }) => itemStory(database, itemId),
  events: (database, { period }) => historyEvents(database, period),
  spans: (database) => runSpans(database),
};

export function answerHistory<Name extends HistoryQuestion>(database: Database, name: Name, ask: HistoryQuestions[Name]['ask']): HistoryQuestions[Name]['answer'] {
  // In one transaction: every part of an answer is of the same moment, whatever the line writes meanwhile.
  database.exec('BEGIN');
  try {
    return ANSWERS[name](database, ask);
  } finally {
    database.exec('COMMIT');
  }
}
