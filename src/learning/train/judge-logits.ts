// What logits say of labelled pictures, as the verdicts that evaluation works on.
import { softmax } from '../../classify/softmax.ts';
import { MATERIALS } from '../../domain/material.ts';
import type { LabelledPicture } from '../../image/labelled-pictures.ts';
import type { Verdict } from '../evaluate/evaluation.ts';

const ORDER = MATERIALS.map((_, index) => index);

/** One verdict a picture; `logits` (pictures, materials). */
export function verdictsOf(pictures: readonly LabelledPicture[], logits: Float32Array, temperature = 1): Verdict[] {
  return pictures.map(({ name, material }, row) => ({ file: name, actual: material, probabilities: softmax(logits, row * MATERIALS.length, { order: ORDER, temperature }) }));
}
