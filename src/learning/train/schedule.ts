// The learning rates of every step, as pure functions of its number: a resumed run computes the same as an uninterrupted one.
import type { Hyperparameters } from './hyperparameters.ts';
import type { StepRates } from './training-session.ts';

/** Stages with a rate of their own, input first: stem, layer1 … layer4, head. */
export const STAGES = 6;
const HEAD = STAGES - 1;

export interface Schedule {
  readonly stepsPerEpoch: number;
  readonly totalSteps: number;
  readonly options: Pick<Hyperparameters, 'learn_rate' | 'schedule' | 'warmup_epochs' | 'layer_decay' | 'trainable' | 'mode' | 'weight_decay' | 'clip_norm' | 'ema_decay'>;
}

/** The head's rate in step `step` (1 … totalSteps): rises in a line over the warm-up, then falls to nothing along a cosine. */
export function rateAt(step: number, { stepsPerEpoch, totalSteps, options }: Schedule): number {
  const warmupSteps = Math.min(totalSteps, Math.round(options.warmup_epochs * stepsPerEpoch));
  if (step <= warmupSteps) return (options.learn_rate * step) / (warmupSteps + 1);
  if (options.schedule === 'constant') return options.learn_rate;
  // The last step still moves: zero would be reached one step behind it.
  const share = (step - 1 - warmupSteps) / (totalSteps - warmupSteps);
  return (options.learn_rate * (1 + Math.cos(Math.PI * share))) / 2;
}

/** The rate of each stage; 0 for those that are not trained. */
export function stageRates(rate: number, { layer_decay: decay, trainable, mode }: Schedule['options']): number[] {
  const trained = mode === 'head' ? 0 : trainable;
  return Array.from({ length: STAGES }, (_, stage) => (HEAD - stage > trained ? 0 : rate * decay ** (HEAD - stage)));
}

/**
 * Memory of the moving average after `step` steps: short at first, so that the average is not made of the untrained weights
 * (as in TensorFlow's ExponentialMovingAverage with `num_updates`).
 */
export function emaAt(step: number, decay: number): number {
  return Math.min(decay, step / (step + 9));
}

/** Everything a session is told of step `step`. */
export function ratesAt(step: number, schedule: Schedule): StepRates {
  const { options } = schedule;
  return {
    step,
    rateByStage: stageRates(rateAt(step, schedule), options),
    weightDecay: options.weight_decay,
    clipNorm: options.clip_norm,
    emaDecay: options.ema_decay === 0 ? 0 : emaAt(step, options.ema_decay),
  };
}
