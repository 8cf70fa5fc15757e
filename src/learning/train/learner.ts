// The Learner port: what the training loop drives, whichever way the weights are found. Three adapters: gradients through the whole
// network (fine-tune-learner.ts), and two classifiers on features of a frozen one (linear-learner.ts, kernel-learner.ts).
import type { LabelledPicture } from '../../image/labelled-pictures.ts';
import type { StepRates, TrainingState } from './training-session.ts';

/** What is judged while training: the pictures that select, and drawings of the virtual belt, which only inform. */
export type JudgedPart = 'val' | 'renderings';

export interface TrainingPictures extends Readonly<Record<JudgedPart, readonly LabelledPicture[]>> {
  readonly train: readonly LabelledPicture[];
}

/** One step, decided before it is taken. */
export interface StepPlan {
  readonly rates: StepRates;
  /** Pass over the data, from 0. */
  readonly epoch: number;
  /** Numbers of samples, 0 … sampleCount-1. */
  readonly samples: readonly number[];
}

export interface StepOutcome {
  readonly plan: StepPlan;
  /** Not finite where training has diverged; the weights are then those before the step. */
  readonly loss: number;
  readonly gradientNorm: number;
}

export interface Learner {
  /** Samples of an epoch. */
  readonly sampleCount: number;
  /**
   * Takes the steps one by one, each when its outcome is asked for; leaving the loop early takes no further one. Throws
   * TRAIN_STEP_FAILED, IMAGE_UNREADABLE, TRAIN_LOADER_FAILED.
   */
  steps(plans: readonly StepPlan[]): AsyncGenerator<StepOutcome>;
  /** (pictures of the part, materials) float32 logits of the averaged weights, the caller's. */
  logits(part: JudgedPart): Promise<Float32Array>;
  /** A copy of what a checkpoint needs. */
  state(): TrainingState;
  /** Throws TRAIN_CHECKPOINT_INVALID. */
  restore(state: TrainingState): void;
  /** The averaged weights as an ONNX model for the line, float32. */
  exportModel(): Uint8Array;
  close(): Promise<void>;
}
