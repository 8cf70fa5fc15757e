// The result of a hardware-in-the-loop run as a list of checks, each with what was expected and what was found.
import { quantile as nearestRank } from './order-statistics.ts';

export interface HilCheck {
  /** For machines: `queue`, `items.count-error`. */
  readonly id: string;
  /** For people, as a statement that holds or does not. */
  readonly title: string;
  readonly passed: boolean;
  /** What was found, with numbers. */
  readonly found: string;
  readonly seconds: number;
}

/** Names the first few of many; the rest is a number. */
export function few(things: readonly string[]): string {
  const SHOWN = 3;
  const rest = things.length - SHOWN;
  return rest > 0 ? `${things.slice(0, SHOWN).join('; ')}; and ${rest} more` : things.join('; ');
}

/** The value below which `share` of the values lie; 0 of none. */
export function quantile(values: readonly number[], share: number): number {
  return nearestRank(values, share) ?? 0;
}

/** The value furthest from 0, without its sign; 0 of none. */
export function largest(values: readonly number[]): number {
  return values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
}
