// From a vote to a bin and the one reason for it. Pure: the state of bins and line are arguments. Whether the bin's
// actuator can still be reached in time, and whether a neighbour is in the way, is the scheduler's question.
import type { BinId, DecisionReason, Prediction } from '../domain/decision.ts';
import { RESIDUE } from '../domain/decision.ts';
import type { Look } from '../domain/item.ts';
import type { Recipe } from '../domain/line-event.ts';
import type { DecideOptions } from './options.ts';
import { leadOf } from './vote.ts';

export interface BinQuestion {
  readonly prediction: Prediction | undefined;
  /** The looks behind the prediction, in any order. */
  readonly looks: readonly Pick<Look, 'material'>[];
  readonly recipe: Recipe;
  readonly bins: ReadonlyMap<BinId, { readonly full: boolean; readonly enabled: boolean }>;
  /** Whether the line is running; an item decided while it is not goes to the residue. */
  readonly running: boolean;
  readonly options: Pick<DecideOptions, 'margin'>;
}

/** Where the item goes. A bin that `bins` does not know counts as disabled: never fire for what nobody configured. */
export function decideBin(question: BinQuestion): { readonly bin: BinId; readonly reason: DecisionReason } {
  const doubt = doubtOf(question);
  if (doubt !== undefined) return { bin: RESIDUE, reason: doubt };
  const bin = question.recipe.binByMaterial[question.prediction!.material];
  if (bin === RESIDUE) return { bin: RESIDUE, reason: 'residue-policy' };
  const state = question.bins.get(bin);
  if (state === undefined || !state.enabled) return { bin: RESIDUE, reason: 'bin-disabled' };
  if (state.full) return { bin: RESIDUE, reason: 'bin-full' };
  return { bin, reason: 'recipe' };
}

/** Why no material is trusted, in order of precedence; undefined when one is. */
function doubtOf({ prediction, looks, recipe, running, options }: BinQuestion): DecisionReason | undefined {
  if (!running) return 'paused';
  if (prediction === undefined) return 'no-look';
  const disagree = looks.some((look) => look.material !== looks[0]!.material);
  if (disagree && leadOf(prediction.probabilities) < options.margin) return 'conflicting-looks';
  if (prediction.confidence < recipe.thresholdByMaterial[prediction.material]) return 'low-confidence';
  return undefined;
}
