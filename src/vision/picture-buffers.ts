// Pixel memory for the pictures of one model, made once: a slot for each picture that waits, and a buffer for each batch that
// runs. Knows which are free, and nothing of items.
import type { Classifier } from '../classify/classifier.ts';
import { pictureBytes } from './preprocess.ts';

export class PictureBuffers {
  readonly classifier: Classifier;
  readonly #pictureBytes: number;
  readonly #slots: Uint8Array;
  readonly #freeSlots: number[];
  readonly #batchCount: number;
  readonly #idleBatches: Uint8Array[];

  constructor(classifier: Classifier, { slots, batches, batchSize }: { slots: number; batches: number; batchSize: number }) {
    this.classifier = classifier;
    this.#pictureBytes = pictureBytes(classifier.cropShape);
    this.#slots = new Uint8Array(slots * this.#pictureBytes);
    this.#freeSlots = Array.from({ length: slots }, (_, index) => slots - 1 - index);
    this.#batchCount = batches;
    this.#idleBatches = Array.from({ length: batches }, () => new Uint8Array(batchSize * this.#pictureBytes));
  }

  get hasFreeSlot(): boolean {
    return this.#freeSlots.length > 0;
  }

  get runningCount(): number {
    return this.#batchCount - this.#idleBatches.length;
  }

  /** A free slot, filled by `write`. */
  fillSlot(write: (target: Uint8Array, offset: number) => void): number {
    const slot = this.#freeSlots.pop()!;
    write(this.#slots, slot * this.#pictureBytes);
    return slot;
  }

  freeSlot(slot: number): void {
    this.#freeSlots.push(slot);
  }

  /** A batch of the pictures in `slots`, which are free again. Give it back with {@link freeBatch}. */
  takeBatch(slots: readonly number[]): Uint8Array {
    const batch = this.#idleBatches.pop()!;
    for (const [index, slot] of slots.entries()) {
      const from = slot * this.#pictureBytes;
      batch.set(this.#slots.subarray(from, from + this.#pictureBytes), index * this.#pictureBytes);
      this.#freeSlots.push(slot);
    }
    return batch;
  }

  freeBatch(batch: Uint8Array): void {
    this.#idleBatches.push(batch);
  }
}
