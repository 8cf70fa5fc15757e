// Which pictures are worth a person's time: those about which the model was most in doubt, spread over hours and materials, and
// none that looks like another. Pure; the caller says what looks alike.
import type { LedgerPrediction } from '../../ledger/read-predictions.ts';

export interface HarvestLimits {
  /** Pictures in one harvest. */
  readonly maxItems: number;
  /** Pictures of one hour, those of earlier harvests included. */
  readonly perHour: number;
  /** Pictures of one suggested material in one harvest. */
  readonly perMaterial: number;
}

export interface HarvestChoice<T> {
  /** Most doubtful first. */
  readonly chosen: readonly T[];
  /** Why the others were not. */
  readonly passedOver: Readonly<Record<'full' | 'hour' | 'material' | 'unreadable' | 'alike', number>>;
}

const MS_PER_HOUR = 3_600_000;

export interface HarvestQuestion<T> {
  readonly limits: HarvestLimits;
  /** Chosen before. */
  readonly taken: readonly T[];
  /** Both are asked only of candidates that nothing else stands against. */
  isReadable(candidate: T): boolean;
  isAlike(a: T, b: T): boolean;
}

/** Chooses among `candidates`; the order of these and of `taken` is of no matter. */
export function selectHarvest<T extends LedgerPrediction>(candidates: readonly T[], { limits, taken, isReadable, isAlike }: HarvestQuestion<T>): HarvestChoice<T> {
  const byHour = new Map<number, number>();
  const byMaterial = new Map<string, number>();
  const count = <K>(counts: Map<K, number>, key: K): void => void counts.set(key, (counts.get(key) ?? 0) + 1);
  const hourOf = ({ seenWallMs }: T): number => Math.floor(seenWallMs / MS_PER_HOUR);
  for (const earlier of taken) count(byHour, hourOf(earlier));
  const chosen: T[] = [];
  const passedOver = { full: 0, hour: 0, material: 0, unreadable: 0, alike: 0 };
  const obstacle = (candidate: T): keyof typeof passedOver | undefined => {
    if (chosen.length >= limits.maxItems) return 'full';
    if ((byHour.get(hourOf(candidate)) ?? 0) >= limits.perHour) return 'hour';
    if ((byMaterial.get(candidate.material) ?? 0) >= limits.perMaterial) return 'material';
    if (!isReadable(candidate)) return 'unreadable';
    return [...taken, ...chosen].some((other) => isAlike(candidate, other)) ? 'alike' : undefined;
  };
  for (const candidate of candidates.toSorted(mostDoubtfulFirst)) {
    const reason = obstacle(candidate);
    if (reason !== undefined) {
      passedOver[reason]++;
      continue;
    }
    chosen.push(candidate);
    count(byHour, hourOf(candidate));
    count(byMaterial, candidate.material);
  }
  return { chosen, passedOver };
}

/** Looks that disagree tell more than a low confidence: something about the item misleads the model. The name settles the rest, so that order is of no matter. */
function mostDoubtfulFirst(a: LedgerPrediction, b: LedgerPrediction): number {
  return Number(b.disagrees) - Number(a.disagrees) || a.confidence - b.confidence || (a.itemId < b.itemId ? -1 : 1);
}
