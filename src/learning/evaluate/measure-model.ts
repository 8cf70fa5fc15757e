// Runs a model over labelled pictures, prepared exactly as the line prepares crops, and keeps what it said of each.
import type { Milliseconds } from '../../base/units.ts';
import type { Classifier } from '../../classify/classifier.ts';
import type { LabelledPicture } from '../../image/labelled-pictures.ts';
import { classifyImages } from '../../vision/classify-images.ts';
import type { Verdict } from './evaluation.ts';

export interface MeasureOptions {
  /** At most the classifier's own. */
  readonly batchSize: number;
  /** Told of a picture that cannot be read (IMAGE_UNREADABLE); the others are judged all the same. */
  onUnreadable(error: unknown, picture: LabelledPicture): void;
  /** Told after each judged picture how many there are. */
  onProgress?(judged: number): void;
}

export interface Measured {
  /** Of the readable pictures, in their order; `file` is the picture's name. */
  readonly verdicts: readonly Verdict[];
  /** The model's time for a picture, mean; 0 where none could be read. */
  readonly msPerImage: Milliseconds;
}

/** Throws MODEL_RUN_FAILED. The classifier stays the caller's. */
export async function measureModel(classifier: Classifier, pictures: readonly LabelledPicture[], options: MeasureOptions): Promise<Measured> {
  const verdicts: Verdict[] = [];
  let totalMs = 0, next = 0, nextUnread = 0;
  // Answers and complaints come in the order of the pictures, each passing over the other's. Files are no keys: in a store, equal
  // pictures of a data set are one file.
  const all = classifyImages(pictures.map(({ file }) => file), {
    classifier, batchSize: options.batchSize,
    onUnreadable: (error, file) => {
      nextUnread = indexOf(file, pictures, nextUnread) + 1;
      options.onUnreadable(error, pictures[nextUnread - 1]!);
    },
  });
  for await (const { file, probabilities, ms } of all) {
    next = indexOf(file, pictures, next) + 1;
    const { name, material } = pictures[next - 1]!;
    verdicts.push({ file: name, actual: material, probabilities });
    totalMs += ms;
    options.onProgress?.(verdicts.length);
  }
  return { verdicts, msPerImage: verdicts.length === 0 ? 0 : totalMs / verdicts.length };
}

function indexOf(file: string, pictures: readonly LabelledPicture[], from: number): number {
  let index = from;
  while (pictures[index]!.file !== file) index += 1;
  return index;
}
