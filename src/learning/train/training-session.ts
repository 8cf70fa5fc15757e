// The TrainingSession port: one network with its optimiser, on some provider. A step takes a batch and leaves better weights
// behind; weights and moments stay inside until they are asked for.
import type { Milliseconds } from '../../base/units.ts';

/** One batch. All arrays stay the caller's and may be reused when the promise has settled. */
export interface TrainingBatch {
  readonly count: number;
  /** (count, height, width, 3) uint8 RGB, as `vision/preprocess.ts` gives them. */
  readonly images: Uint8Array;
  /** (count, materials) float32, each row a distribution over MATERIALS: labels after smoothing and mixup. */
  readonly labels: Float32Array;
  /** (count) float32, each picture's weight in the loss; the loss is the weighted sum divided by `count`. */
  readonly weights: Float32Array;
  /** Seeds this step's dropout. */
  readonly seed: number;
}

export interface StepRates {
  /** 1-based number of this step since the start of training, for Adam's bias correction. */
  readonly step: number;
  /** Learning rate of each stage, input first: stem, layer1 … layer4, head (6 numbers). */
  readonly rateByStage: readonly number[];
  readonly weightDecay: number;
  /** Largest norm of the whole gradient; 0 for no limit. */
  readonly clipNorm: number;
  /** Memory of the moving average of the weights; 0 makes it the weights themselves. */
  readonly emaDecay: number;
}

export interface StepResult {
  readonly loss: number;
  /** Norm of the whole gradient before clipping. */
  readonly gradientNorm: number;
  /** (count, materials) float32, of the weights before the step; the caller's. */
  readonly logits: Float32Array;
  readonly durationMs: Milliseconds;
}

/** All that a step changes, by tensor name: enough to go on with the same numbers. */
export interface TrainingState {
  readonly weights: ReadonlyMap<string, Float32Array>;
  readonly averages: ReadonlyMap<string, Float32Array>;
  /** The optimiser's moments, named `first/<weight>` and `second/<weight>`. */
  readonly moments: ReadonlyMap<string, Float32Array>;
}

export interface TrainingSession {
  /** Throws TRAIN_STEP_FAILED; a loss that is not finite is returned, and leaves the weights as they were. */
  step(batch: TrainingBatch, rates: StepRates): Promise<StepResult>;
  /** Logits (count, materials) float32 of the averaged weights; no dropout. */
  predict(images: Uint8Array, count: number): Promise<Float32Array>;
  /** A copy of what a checkpoint needs. */
  state(): TrainingState;
  /** Goes on from `state`, which must be of the same network. Throws TRAIN_CHECKPOINT_INVALID. */
  restore(state: TrainingState): void;
  /** The averaged weights as an ONNX model that the line can run: `image` (N,H,W,3) uint8 in, `logits` (N, materials) out. */
  exportModel(): Uint8Array;
  close(): Promise<void>;
}
