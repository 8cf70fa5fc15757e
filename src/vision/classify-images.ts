// Picture files to probabilities, prepared exactly as the line prepares crops: for `sortline classify` and for measuring a
// model. While the model runs one batch, the next is read and prepared.
import type { Milliseconds } from '../base/units.ts';
import type { Classifier } from '../classify/classifier.ts';
import { readImage } from '../image/decode.ts';
import { pictureBytes, preprocess } from './preprocess.ts';

export interface ClassifiedImage {
  readonly file: string;
  /** In the order of MATERIALS. */
  readonly probabilities: readonly number[];
  /** The model's time for this picture: its share of its batch. */
  readonly ms: Milliseconds;
}

export interface ClassifyImagesOptions {
  readonly classifier: Classifier;
  /** At most the classifier's own. */
  readonly batchSize: number;
  /** Told of a picture that cannot be read (IMAGE_UNREADABLE); the others go on unless it throws. */
  onUnreadable(error: unknown, file: string): void;
}

/** The readable ones of `files`, in order. Throws MODEL_RUN_FAILED. */
export async function* classifyImages(files: readonly string[], options: ClassifyImagesOptions): AsyncGenerator<ClassifiedImage> {
  let running: Promise<ClassifiedImage[]> | undefined;
  for (let at = 0; at < files.length; at += options.batchSize) {
    const next = runBatch(files.slice(at, at + options.batchSize), options);
    // Reported when its turn comes, or never, where an earlier batch ends it all.
    next.catch(() => undefined);
    if (running !== undefined) yield* await running;
    running = next;
  }
  if (running !== undefined) yield* await running;
}

async function runBatch(files: readonly string[], { classifier, onUnreadable }: ClassifyImagesOptions): Promise<ClassifiedImage[]> {
  const bytes = pictureBytes(classifier.cropShape);
  const crops = new Uint8Array(files.length * bytes);
  const read: string[] = [];
  for (const file of files) {
    try {
      const image = readImage(file);
      try {
        preprocess(image, classifier.cropShape, crops, read.length * bytes);
      } finally {
        image.release();
      }
      read.push(file);
    } catch (error) {
      onUnreadable(error, file);
    }
  }
  if (read.length === 0) return [];
  const { probabilities, inferenceMs } = await classifier.classify(crops, read.length);
  return read.map((file, index) => ({ file, probabilities: probabilities[index]!, ms: inferenceMs / read.length }));
}
