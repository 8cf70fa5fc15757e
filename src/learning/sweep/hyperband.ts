// Early termination as W&B's sweeps define it, after Hyperband (Li et al., 2017, arxiv.org/abs/1603.06560): at some numbers of
// reports of the metric, the brackets, a trial that is not among the best 1/eta of all that came so far is stopped. Pure.
import type { Hyperband, SweepMetric } from './sweep-config.ts';

/** A trial cannot report more often than this. */
const FURTHEST_BRACKET = 1e9;

/** The brackets in ascending order, counts of reports: `min_iter`, `min_iter`·eta … or up to `s` of `max_iter`/eta, `max_iter`/eta² … */
export function bracketsOf({ min_iter, max_iter, s = 0, eta }: Hyperband): number[] {
  const brackets: number[] = [];
  if (max_iter !== undefined) {
    for (let bracket = max_iter / eta; bracket >= 1 && brackets.length < s; bracket /= eta) brackets.unshift(Math.floor(bracket));
  } else {
    for (let bracket = min_iter!; bracket < FURTHEST_BRACKET; bracket *= eta) brackets.push(Math.floor(bracket));
  }
  return [...new Set(brackets)];
}

export interface Judgement {
  /** Reports at which the trial was judged. */
  readonly bracket: number;
  /** What it was judged by, and what it would have had to reach. */
  readonly value: number;
  readonly threshold: number;
}

/**
 * Why the trial that reported `history` is to stop; undefined while it may go on. `others` holds the reports of every other trial of
 * the sweep, whatever became of it. All values finite.
 */
export function whyStop(rules: { readonly hyperband: Hyperband; readonly goal: SweepMetric['goal'] }, history: readonly number[], others: readonly (readonly number[])[]): Judgement | undefined {
  const bracket = bracketsOf(rules.hyperband).findLast((reports) => reports <= history.length);
  if (bracket === undefined) return undefined;
  // Smaller is better from here on.
  const sign = rules.goal === 'maximize' ? -1 : 1;
  const values = [history, ...others].filter((reports) => reports.length >= bracket).map((reports) => sign * reports[bracket - 1]!).toSorted((a, b) => a - b);
  const threshold = values[Math.floor(values.length / rules.hyperband.eta)]!;
  const value = rules.hyperband.strict ? sign * history[bracket - 1]! : Math.min(...history.map((report) => sign * report));
  return value > threshold ? { bracket, value: sign * value, threshold: sign * threshold } : undefined;
}
