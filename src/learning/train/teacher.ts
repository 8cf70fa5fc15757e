// Knowledge distillation (Hinton et al., 2015; Beyer et al., 2022): a better model looks at the very pictures that the one in
// training sees, augmented and mixed as they are, and part of each label is what it says of them.
import { SortlineError } from '../../base/errors.ts';
import type { Logger } from '../../base/logger.ts';
import { createOnnxClassifier } from '../../classify/onnx-classifier.ts';
import { classifyOptions } from '../../classify/options.ts';
import { MATERIALS } from '../../domain/material.ts';
import { pictureBytes } from '../../vision/preprocess.ts';
import { MODEL_SHAPE } from './model-shape.ts';

export interface Teacher {
  /** What the model says of `count` pictures: (count, materials) float32, rows sum to 1. Throws MODEL_RUN_FAILED. */
  probabilities(images: Uint8Array, count: number): Promise<Float32Array>;
  close(): Promise<void>;
}

/** Pictures the model is shown at once; more gain nothing on a CPU. */
const BATCH = 16;

/** Opens the model folder `folder`. Throws MODEL_ codes, MODEL_MISMATCH where it takes pictures of another size. */
export async function openTeacher(folder: string, { threads, log }: { readonly threads: number; readonly log: Logger }): Promise<Teacher> {
  const classifier = await createOnnxClassifier(classifyOptions.parse({ model: folder, batch: { size: BATCH }, threads: { sessions: 1, intraOp: threads } }), log);
  const { height, width } = classifier.cropShape;
  if (height !== MODEL_SHAPE.height || width !== MODEL_SHAPE.width) {
    await classifier.close();
    throw new SortlineError('MODEL_MISMATCH', `the teacher ${folder} takes pictures of ${width}x${height} px, training prepares ${MODEL_SHAPE.width}x${MODEL_SHAPE.height}: take a model of that size`, { context: { folder } });
  }
  const bytes = pictureBytes(MODEL_SHAPE);
  return {
    probabilities: async (images, count) => {
      const rows = new Float32Array(count * MATERIALS.length);
      for (let from = 0; from < count; from += BATCH) {
        const size = Math.min(BATCH, count - from);
        const { probabilities } = await classifier.classify(images.subarray(from * bytes, (from + size) * bytes), size);
        for (const [row, values] of probabilities.entries()) rows.set(values, (from + row) * MATERIALS.length);
      }
      return rows;
    },
    close: () => classifier.close(),
  };
}

/** Replaces `share` of each label by what the teacher says, in place; both (count, materials). */
export function blendTaught(labels: Float32Array, taught: Float32Array, share: number): void {
  for (let at = 0; at < labels.length; at++) labels[at] = (1 - share) * labels[at]! + share * taught[at]!;
}
