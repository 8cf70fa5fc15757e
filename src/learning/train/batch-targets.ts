// What a batch is trained towards: smoothed labels, weights by material, and mixup where it is asked for. The same for pictures
// and for features.
import { drawMixShare, mixRows } from '../augment/mixup.ts';
import type { Material } from '../../domain/material.ts';
import { stepRandom } from './epoch-plan.ts';
import type { Hyperparameters } from './hyperparameters.ts';
import { labelRows } from './labels.ts';

export interface BatchTargets {
  /** (count, materials) float32. */
  readonly labels: Float32Array;
  /** (count) float32. */
  readonly weights: Float32Array;
  /** Of the step's dropout. */
  readonly seed: number;
  /** Blends rows of inputs as the labels were; in place. */
  mix(inputs: Uint8Array | Float32Array): void;
}

export interface TargetOptions {
  readonly hyperparameters: Pick<Hyperparameters, 'seed' | 'label_smoothing' | 'mixup' | 'teacher_share'>;
  readonly weightOf: Readonly<Record<Material, number>>;
}

/** The targets of step `step` whose samples are of `materials`. */
export function batchTargets(materials: readonly Material[], step: number, { hyperparameters, weightOf }: TargetOptions): BatchTargets {
  const { seed, label_smoothing, mixup } = hyperparameters;
  const random = stepRandom(seed, step);
  const stepSeed = random.integer(0, 0xffff_ffff);
  const labels = labelRows(materials, label_smoothing);
  const weights = Float32Array.from(materials, (material) => weightOf[material]);
  const share = mixup === 0 ? 1 : drawMixShare(random, mixup);
  const mix = (rows: Uint8Array | Float32Array): void => {
    if (share < 1) mixRows(rows, materials.length, share);
  };
  mix(labels);
  mix(weights);
  return { labels, weights, seed: stepSeed, mix };
}
