// The Classifier port: a batch of crops in, probabilities out.
import type { Milliseconds } from '../base/units.ts';
import type { ModelInUse } from '../domain/model-in-use.ts';

/** Crop geometry the model wants: uint8 NHWC, RGB. */
export interface CropShape {
  readonly height: number;
  readonly width: number;
}

export interface BatchResult {
  /** One vector per crop, in the order of MATERIALS, each summing to 1. */
  readonly probabilities: readonly (readonly number[])[];
  /** Duration of the model run alone. */
  readonly inferenceMs: Milliseconds;
}

export interface Classifier {
  readonly cropShape: CropShape;
  /** Batches classified side by side, count; one more waits for the first to end. */
  readonly concurrency: number;
  /** What runs, for logs, metrics and the retained `info` topic. */
  readonly description: ModelInUse;
  /**
   * Classifies 1 … maxBatch crops. `crops` is (count, height, width, 3) uint8 RGB, row-major; it is the caller's again
   * when the promise settles. Further batches may be given meanwhile; with a concurrency of 1 they run in the order given. Throws MODEL_RUN_FAILED.
   */
  classify(crops: Uint8Array, count: number): Promise<BatchResult>;
  close(): Promise<void>;
}
