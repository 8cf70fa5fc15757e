// How much of a data set goes to training, validation and test, and how both command line and recipes are held to it.
import { SortlineError } from '../../base/errors.ts';
import type { DataPart } from '../../image/labelled-pictures.ts';
import { DATA_PARTS } from '../../image/labelled-pictures.ts';

/** Shares that add up to 1. */
export type SplitRatios = Readonly<Record<DataPart, number>>;

export const DEFAULT_RATIOS: SplitRatios = { train: 0.6, val: 0.2, test: 0.2 };

/** Written as decimal fractions, three shares may miss 1 by this much and still mean 1 (0.7 + 0.2 + 0.1). */
const TOLERANCE = 1e-6;

/** Throws DATA_SPLIT_INVALID where a share is no share, nothing is left to train on, or the sum is not 1. */
export function checkRatios(ratios: SplitRatios): void {
  const written = DATA_PARTS.map((part) => `${part} ${ratios[part]}`).join(', ');
  const refuse = (problem: string): SortlineError => new SortlineError('DATA_SPLIT_INVALID', `${written}: ${problem}, such as ${DATA_PARTS.map((part) => DEFAULT_RATIOS[part]).join(', ')}`, { context: { ratios } });
  if (DATA_PARTS.some((part) => !(ratios[part] >= 0 && ratios[part] <= 1))) throw refuse('each share must be from 0 to 1');
  const sum = DATA_PARTS.reduce((total, part) => total + ratios[part], 0);
  if (Math.abs(sum - 1) > TOLERANCE) throw refuse(`the shares add up to ${Number(sum.toFixed(6))} instead of 1; give three that do`);
  if (ratios.train === 0) throw refuse('nothing would be left to train on; give train a share');
}
