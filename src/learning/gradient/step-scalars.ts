// The scalars that a training step's graph takes besides the batch: what follows from the step's number and rates, computed here in
// float64 so that no precision is lost over thousands of steps.
import type { StepRates } from '../train/training-session.ts';

export type OptimiserKind = 'adamw' | 'sgd';

/** Decay of Adam's moments; `first` is also the momentum of SGD. */
export const MOMENTS = { first: 0.9, second: 0.999 } as const;
const EPSILON = 1e-8;
/** In place of no limit: finite, so that a gradient of nothing is no 0 · ∞. */
const NO_LIMIT = 1e30;

/** Names of the scalar inputs of every training graph, besides two of each trained stage. */
export const STEP_SCALARS = ['count', 'clip_limit', 'epsilon', 'ema_decay'] as const;

/** Rate of a stage's weights, and what is left of those that decay. */
export function stageScalars(stage: number): { rate: string; keep: string } {
  return { rate: `rate/${stage}`, keep: `keep/${stage}` };
}

/** Values by input name, for the stages named. */
export function stepScalars(kind: OptimiserKind, rates: StepRates, count: number, stages: readonly number[]): Map<string, number> {
  const firstCorrection = kind === 'adamw' ? 1 - MOMENTS.first ** rates.step : 1;
  const secondCorrection = kind === 'adamw' ? Math.sqrt(1 - MOMENTS.second ** rates.step) : 1;
  const values = new Map<string, number>([
    ['count', count], ['clip_limit', rates.clipNorm > 0 ? rates.clipNorm : NO_LIMIT], ['epsilon', EPSILON * secondCorrection], ['ema_decay', rates.emaDecay],
  ]);
  for (const stage of stages) {
    const names = stageScalars(stage), rate = rates.rateByStage[stage] ?? 0;
    values.set(names.rate, rate * secondCorrection / firstCorrection);
    values.set(names.keep, 1 - rate * rates.weightDecay);
  }
  return values;
}
