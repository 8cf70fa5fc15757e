// A Classifier that keeps the crops it is given instead of classifying them: so training pictures are cut out and prepared by the
// very code that serves the line. Which crop belongs to which look is told by the probabilities, which travel with the look.
import type { BatchResult, Classifier } from '../../classify/classifier.ts';
import { MATERIALS } from '../../domain/material.ts';
import { CENTRE_PX, pictureBytes } from '../../vision/preprocess.ts';

/** Of the kept crops: what preprocessing scales any picture to first, so that it leaves them as they are. */
const SHAPE = { height: CENTRE_PX, width: CENTRE_PX };

export class CropRecorder implements Classifier {
  readonly cropShape = SHAPE;
  readonly concurrency = 1;
  readonly description = { model: 'none', sha256: '', provider: 'none', unavailable: [], warmUpMs: 0 };
  readonly #cropByProbabilities = new Map<readonly number[], Uint8Array>();

  classify(crops: Uint8Array, count: number): Promise<BatchResult> {
    const bytes = pictureBytes(SHAPE);
    const probabilities = Array.from({ length: count }, (_, at) => {
      const even = MATERIALS.map(() => 1 / MATERIALS.length);
      this.#cropByProbabilities.set(even, crops.slice(at * bytes, (at + 1) * bytes));
      return even;
    });
    return Promise.resolve({ probabilities, inferenceMs: 0 });
  }

  /** The crop (256, 256, 3) uint8 RGB that a look with these probabilities was given; it is kept no longer. */
  take(probabilities: readonly number[]): Uint8Array | undefined {
    const crop = this.#cropByProbabilities.get(probabilities);
    this.#cropByProbabilities.delete(probabilities);
    return crop;
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
