// What a replay says would have gone where. Purity and recovery come twice: predicted, from the model's calibrated probabilities, for every recording;
// and true, against labels, where there are any. Items that were still on the belt when the recording ended are counted apart.
import type { Ratio } from '../base/units.ts';
import type { BinId, Outcome, Prediction } from '../domain/decision.ts';
import { OUTCOMES, RESIDUE } from '../domain/decision.ts';
import type { LineEvent, Recipe } from '../domain/line-event.ts';
import type { Material } from '../domain/material.ts';
import { MATERIALS } from '../domain/material.ts';
import { alignItems } from '../record/align-items.ts';
import type { ItemLabel } from '../record/record-entry.ts';

export interface BinForecast {
  /** Items that would have landed in it. */
  readonly items: number;
  /** Expected share of those whose material the recipe sends here; null where nothing is known of any. */
  readonly predictedPurity: Ratio | null;
  /** Expected share of all items of those materials that land here. */
  readonly predictedRecovery: Ratio | null;
  /** The same counted against labels; null where no item here, or none at all, has one. */
  readonly purity: Ratio | null;
  readonly recovery: Ratio | null;
}

export interface ReplaySummary {
  readonly items: number;
  readonly outcomes: Readonly<Record<Outcome, number>>;
  /** Items whose command could not be armed or fired in time. */
  readonly late: number;
  /** Still on the belt when the recording ended: in no sum below. */
  readonly unfinished: number;
  /** Items with a label, and labels that no item was found for. */
  readonly labelled: number;
  readonly labelsWithoutItem: number;
  readonly bins: Readonly<Record<BinId, BinForecast>>;
}

interface Ended {
  readonly bin: BinId;
  readonly prediction: Prediction | undefined;
  readonly truth: Material | undefined;
}

/** A label lies this near to the item it means. */
const LABEL_GATE_MM = 80;

export function summarise(events: readonly LineEvent[], { labels, countsPerMm }: { readonly labels: readonly ItemLabel[]; readonly countsPerMm: number }): ReplaySummary {
  const seen = events.filter((event) => event.kind === 'item.seen');
  const pairs = alignItems(labels, seen.map(({ sighting }) => sighting.position), { countsPerMm, gateMm: LABEL_GATE_MM });
  const truthById = new Map(pairs.map(([label, item]) => [seen[item]!.itemId, labels[label]!.material]));
  const predictionById = new Map(events.flatMap((event) => (event.kind === 'item.decided' ? [[event.decision.itemId, event.decision.prediction] as const] : [])));
  const overAt = events.findLastIndex((event) => event.kind === 'line.state' && event.state === 'stopped');
  const outcomes = Object.fromEntries(OUTCOMES.map((outcome) => [outcome, 0])) as Record<Outcome, number>;
  const ended: Ended[] = [];
  let late = 0, unfinished = 0;
  for (const [index, event] of events.entries()) {
    if (event.kind !== 'item.settled') continue;
    if (overAt >= 0 && index > overAt) {
      unfinished++;
      continue;
    }
    outcomes[event.outcome]++;
    if (event.cause === 'too-late' || event.cause === 'late-on-board') late++;
    ended.push({ bin: event.outcome === 'sorted' ? event.bin : RESIDUE, prediction: predictionById.get(event.itemId), truth: truthById.get(event.itemId) });
  }
  const recipe = events.findLast((event) => event.kind === 'recipe.changed')?.recipe;
  return {
    items: seen.length, outcomes, late, unfinished, labelled: truthById.size, labelsWithoutItem: labels.length - pairs.length,
    bins: recipe === undefined ? {} : binsOf(ended, recipe),
  };
}

function binsOf(ended: readonly Ended[], recipe: Recipe): Record<BinId, BinForecast> {
  const ids = [...new Set([...Object.values(recipe.binByMaterial), ...ended.map(({ bin }) => bin), RESIDUE])].sort();
  return Object.fromEntries(ids.map((bin) => {
    const predicted = sums(ended, bin, ({ prediction }) => (prediction === undefined ? undefined : chanceOf(prediction, bin, recipe)));
    const counted = sums(ended, bin, ({ truth }) => (truth === undefined ? undefined : Number(recipe.binByMaterial[truth] === bin)));
    return [bin, {
      items: ended.filter((item) => item.bin === bin).length,
      predictedPurity: predicted.purity, predictedRecovery: predicted.recovery, purity: counted.purity, recovery: counted.recovery,
    }];
  }));
}

/** `chance` that an item belongs here: 0 or 1 where it is known, undefined where nothing is. */
function sums(ended: readonly Ended[], bin: BinId, chance: (item: Ended) => number | undefined): { purity: Ratio | null; recovery: Ratio | null } {
  let here = 0, rightHere = 0, wanted = 0;
  for (const item of ended) {
    const right = chance(item);
    if (right === undefined) continue;
    wanted += right;
    if (item.bin !== bin) continue;
    here++;
    rightHere += right;
  }
  return { purity: here === 0 ? null : rightHere / here, recovery: wanted === 0 ? null : rightHere / wanted };
}

function chanceOf({ probabilities }: Prediction, bin: BinId, { binByMaterial }: Recipe): number {
  return MATERIALS.reduce((sum, material, index) => (binByMaterial[material] === bin ? sum + (probabilities[index] ?? 0) : sum), 0);
}
