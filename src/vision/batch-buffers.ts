// Pixel memory for the batches of one model, made once: a buffer for each run it may be given at a time, where its threads can read them
// without a copy. Knows how many are in use, and nothing of items.
import type { Classifier } from '../classify/classifier.ts';
import { pictureBytes } from './preprocess.ts';

export class BatchBuffers {
  readonly classifier: Classifier;
  /** Of one picture. */
  readonly pictureBytes: number;
  /** Runs at a time. */
  readonly count: number;
  readonly #idle: Uint8Array[];

  constructor(classifier: Classifier, { batches, batchSize }: { batches: number; batchSize: number }) {
    this.classifier = classifier;
    this.pictureBytes = pictureBytes(classifier.cropShape);
    this.count = batches;
    this.#idle = Array.from({ length: batches }, () => new Uint8Array(new SharedArrayBuffer(batchSize * this.pictureBytes)));
  }

  get runningCount(): number {
    return this.count - this.#idle.length;
  }

  /** Room for a batch of pictures, one behind the other. Give it back with {@link free}. */
  take(): Uint8Array {
    return this.#idle.pop()!;
  }

  free(batch: Uint8Array): void {
    this.#idle.push(batch);
  }
}
