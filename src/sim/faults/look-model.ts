// What a model says of one picture, drawn instead of computed: mostly right and sure, sometimes unsure, rarely sure and wrong.
import type { Random } from '../../base/random.ts';
import type { Material } from '../../domain/material.ts';
import { MATERIALS } from '../../domain/material.ts';

export interface LookDraw {
  readonly random: Random;
  /** Chance that the true material leads. */
  readonly accuracy: number;
  /** The model gives fewer values than there are materials. */
  readonly isShort: boolean;
}

/** One probability per material, in the order of MATERIALS; sums to 1, but for a model of a wrong shape. */
export function lookProbabilities(material: Material, { random, accuracy, isShort }: LookDraw): number[] {
  const isRight = random.next() < accuracy;
  const leader = isRight ? MATERIALS.indexOf(material) : random.integer(0, MATERIALS.length - 1);
  // A right answer is sure more often than a wrong one.
  const confidence = isRight ? 1 - 0.5 * random.next() ** 3 : random.between(0.3, 0.95);
  const rest = (1 - confidence) / (MATERIALS.length - 1);
  const probabilities = MATERIALS.map((_, index) => (index === leader ? confidence : rest));
  return isShort ? probabilities.slice(0, 2) : probabilities;
}
