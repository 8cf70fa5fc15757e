// What head mode trains on: features of every augmented copy of the training pictures and of what is judged, computed once by a
// backbone that stays as it is.
import type { CropShape } from '../../classify/classifier.ts';
import { MATERIALS } from '../../domain/material.ts';
import type { RuntimeSession } from '../../onnx/runtime.ts';
import { writeGraph } from '../../onnx/write-graph.ts';
import type { PictureLoader } from '../augment/picture-loader.ts';
import type { FrozenBackbone } from './head-graph.ts';
import { featureGraph, headFeatureCount } from './head-graph.ts';
import type { JudgedPart, TrainingPictures } from './learner.ts';
import { pictureBatches, plainPictures } from './plain-batches.ts';
import type { FeatureScale } from './softmax-head.ts';
import { bringToScale, scaleOf } from './softmax-head.ts';
import type { Teacher } from './teacher.ts';

export interface FeaturesRequest {
  readonly pictures: TrainingPictures;
  /** Stays the caller's, as does the teacher. */
  readonly loader: PictureLoader;
  readonly teacher: Teacher | undefined;
  readonly frozen: FrozenBackbone;
  readonly shape: CropShape;
  readonly copies: number;
  /** Checked between batches: features take minutes. */
  readonly signal: AbortSignal;
  /** Opens a graph; what it opens is closed by whoever opened it. */
  open(graph: Uint8Array): Promise<RuntimeSession>;
  onProgress(done: number, total: number): void;
}

/** Rows of features of the samples and of what is judged, all brought to scale. Sample s is picture s modulo their number, in its copy s divided by it. */
export interface HeadFeatures extends Readonly<Record<JudgedPart, Float32Array>> {
  readonly train: Float32Array;
  /** What the teacher says of the samples, (samples, materials); undefined without one. */
  readonly taught: Float32Array | undefined;
  /** What was taken out to bring them to mean 0 and deviation 1. */
  readonly scale: FeatureScale;
}

/** Undefined where `signal` fired on the way. Throws IMAGE_UNREADABLE, TRAIN_LOADER_FAILED and what the runtime throws. */
export async function headFeatures(request: FeaturesRequest): Promise<HeadFeatures | undefined> {
  const { pictures, loader, teacher, frozen, shape, copies, signal } = request;
  const width = headFeatureCount(frozen.backbone, shape);
  // The first copy is the picture itself.
  const samples = Array.from({ length: copies }, (_, copy) => plainPictures(pictures.train, 0).map((picture) => (copy === 0 ? picture : { ...picture, epoch: copy }))).flat();
  const val = plainPictures(pictures.val, pictures.train.length);
  const renderings = plainPictures(pictures.renderings, pictures.train.length + pictures.val.length);
  const all = [...samples, ...val, ...renderings];
  const rows = new Float32Array(all.length * width);
  const taught = teacher === undefined ? undefined : new Float32Array(samples.length * MATERIALS.length);
  const session = await request.open(writeGraph(featureGraph(frozen, shape)));
  try {
    let done = 0;
    for await (const { images, count } of pictureBatches(loader, all)) {
      if (signal.aborted) return undefined;
      const { outputs } = await session.run({ image: { data: images, shape: [count, shape.height, shape.width, 3] } }, { features: undefined });
      rows.set(outputs['features']!, done * width);
      const trainedOn = Math.min(count, samples.length - done);
      if (taught !== undefined && trainedOn > 0) taught.set(await teacher!.probabilities(images, trainedOn), done * MATERIALS.length);
      done += count;
      request.onProgress(done, all.length);
    }
  } finally {
    await session.close();
  }
  const part = (from: number, count: number): Float32Array => rows.subarray(from * width, (from + count) * width);
  const train = part(0, samples.length);
  const scale = scaleOf(train, width);
  bringToScale(rows, scale);
  return { train, taught, val: part(samples.length, val.length), renderings: part(samples.length + val.length, renderings.length), scale };
}
