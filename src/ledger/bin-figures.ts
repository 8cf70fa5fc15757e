// Purity and recovery per bin from counts, for the history and the live page alike. Where ground truth is known (a simulator),
// they are counted from where items landed; on a real line they are estimates from the model's own confidence, which is
// calibrated on validation pictures: the mean confidence of what was sorted into a bin is the share expected to be right.
import type { Ratio } from '../base/units.ts';
import type { BinId } from '../domain/decision.ts';
import { RESIDUE } from '../domain/decision.ts';
import type { Recipe } from '../domain/line-event.ts';

/** Items that ended alike. */
export interface TallyCount {
  /** What they were taken for; '' where they were never classified. */
  readonly material: string;
  readonly bin: BinId;
  readonly outcome: string;
  readonly cause: string;
  readonly items: number;
  /** Sum of the confidences. */
  readonly confidence: number;
}

/** Items whose ground truth is known. */
export interface LandingCount {
  readonly material: string;
  readonly truthMaterial: string;
  readonly landedBin: BinId;
  readonly items: number;
}

export interface BinFigures {
  readonly bin: BinId;
  /** Items that went there: sorted into it, or, for the residue, left on the belt. */
  readonly items: number;
  /** Share of what is in the bin that belongs there; undefined where nothing is known. */
  readonly purity: Ratio | undefined;
  /** Share of what belongs in the bin that is there. */
  readonly recovery: Ratio | undefined;
  /** `truth`: counted from where items landed; `confidence`: estimated. */
  readonly from: 'truth' | 'confidence';
}

/** One row for each of `bins` and each bin that occurs, the residue last. Judged by `recipe`, whatever was in force before. */
export function binFigures(counts: { tallies: readonly TallyCount[]; landings: readonly LandingCount[]; recipe: Recipe | undefined; bins?: readonly BinId[] }): BinFigures[] {
  const { tallies, landings, recipe, bins = [] } = counts;
  const names = new Set([...bins, ...tallies.map(wentTo), ...landings.map(({ landedBin }) => landedBin)]);
  const ordered = [...names].sort((a, b) => Number(a === RESIDUE) - Number(b === RESIDUE) || (a < b ? -1 : 1));
  const homeOf = (material: string): BinId | undefined => (recipe?.binByMaterial as Record<string, BinId> | undefined)?.[material];
  return ordered.map((bin) => (landings.length > 0 ? fromTruth(bin, { tallies, landings, homeOf }) : fromConfidence(bin, { tallies, homeOf })));
}

type HomeOf = (material: string) => BinId | undefined;

function fromTruth(bin: BinId, { tallies, landings, homeOf }: { tallies: readonly TallyCount[]; landings: readonly LandingCount[]; homeOf: HomeOf }): BinFigures {
  const landed = landings.filter(({ landedBin }) => landedBin === bin);
  const right = itemsOf(landed.filter(({ truthMaterial }) => homeOf(truthMaterial) === bin));
  const due = itemsOf(landings.filter(({ truthMaterial }) => homeOf(truthMaterial) === bin));
  return { bin, items: itemsOf(tallies.filter((tally) => wentTo(tally) === bin)), purity: share(right, itemsOf(landed)), recovery: share(right, due), from: 'truth' };
}

/** What lies in the residue is mostly what nobody was sure of: its purity cannot be estimated that way. */
function fromConfidence(bin: BinId, { tallies, homeOf }: { tallies: readonly TallyCount[]; homeOf: HomeOf }): BinFigures {
  const inBin = tallies.filter((tally) => wentTo(tally) === bin);
  const belonging = tallies.filter(({ material }) => homeOf(material) === bin);
  const sortedRight = inBin.filter(({ material }) => homeOf(material) === bin);
  const isStream = bin === RESIDUE;
  return {
    bin, items: itemsOf(inBin), from: 'confidence',
    purity: isStream ? undefined : share(confidenceOf(sortedRight), itemsOf(inBin)),
    recovery: isStream ? undefined : share(confidenceOf(sortedRight), confidenceOf(belonging)),
  };
}

/** Only what was fired went to its bin; everything else fell off the end. */
function wentTo({ outcome, bin }: TallyCount): BinId {
  return outcome === 'sorted' ? bin : RESIDUE;
}

function itemsOf(counts: readonly { readonly items: number }[]): number {
  return counts.reduce((sum, { items }) => sum + items, 0);
}

function confidenceOf(counts: readonly { readonly confidence: number }[]): number {
  return counts.reduce((sum, { confidence }) => sum + confidence, 0);
}

function share(part: number, whole: number): Ratio | undefined {
  return whole > 0 ? part / whole : undefined;
}
