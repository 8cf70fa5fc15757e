// The numbers a run records after each pass.
import { MATERIALS } from '../../domain/material.ts';
import type { EpochReport } from './train-loop.ts';

/** By the names that charts, comparisons and sweeps know. */
export function epochMetrics({ loss, learnRate, validation, renderingsAccuracy, seconds, imagesPerSecond }: EpochReport): Record<string, number> {
  return {
    'loss': loss, 'learn_rate': learnRate, 'val/accuracy': validation.accuracy, 'val/loss': validation.negativeLogLikelihood,
    ...Object.fromEntries(MATERIALS.flatMap((material) => {
      const figures = validation.perMaterial[material];
      return figures === null ? [] : [[`val/accuracy/${material}`, figures.accuracy] as const];
    })),
    ...(renderingsAccuracy !== undefined && { 'val/renderings_accuracy': renderingsAccuracy }),
    'seconds': seconds, 'images_per_second': imagesPerSecond,
  };
}
