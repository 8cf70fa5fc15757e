// Where pictures stand for the kernel classifier: their features on the principal axes of those trained on. Each kind of features
// counts the same in a distance, however many there are of it.
import type { RuntimeSession } from '../../onnx/runtime.ts';
import { writeGraph } from '../../onnx/write-graph.ts';
import type { HeadFeatures } from './head-features.ts';
import type { Projection } from './kernel-graph.ts';
import { projectionGraph } from './kernel-graph.ts';
import type { JudgedPart } from './learner.ts';
import { principalAxes } from './principal-axes.ts';
import type { FeatureScale } from './softmax-head.ts';

/** (rows, axes) float32 each. */
export interface Positions extends Readonly<Record<JudgedPart | 'train', Float32Array>> {
  readonly axes: number;
  readonly projection: Projection;
}

/** Twice or half as many coordinates tell materials apart no better. */
const AXES = 256;

/**
 * The positions of all rows of `features`, which are changed on the way; `blocks` are the numbers of columns of each kind. `open`
 * opens a graph. Throws what the runtime throws.
 */
export async function kernelPositions(features: HeadFeatures, blocks: readonly number[], open: (graph: Uint8Array) => Promise<RuntimeSession>): Promise<Positions> {
  const evenness = Float32Array.from(blocks.flatMap((columns) => Array<number>(columns).fill(1 / Math.sqrt(columns))));
  const width = evenness.length;
  for (const rows of [features.train, features.val, features.renderings]) for (let at = 0; at < rows.length; at++) rows[at]! *= evenness[at % width]!;
  const count = Math.min(AXES, width, features.train.length / width);
  const session = await open(writeGraph(projectionGraph(width)));
  try {
    const run = async (rows: Float32Array, axes: Float32Array, output: 'positions' | 'products'): Promise<Float32Array> => {
      if (rows.length === 0) return new Float32Array(0);
      const { outputs } = await session.run({ rows: { data: rows, shape: [rows.length / width, width] }, axes: { data: axes, shape: [count, width] } }, { [output]: undefined });
      return outputs[output]!;
    };
    const found = await principalAxes({
      size: width, count,
      multiply: async (vectors) => {
        const products = await run(features.train, joined(vectors), 'products');
        return vectors.map((_, row) => Float64Array.from(products.subarray(row * width, (row + 1) * width)));
      },
    });
    const projection = projectionOf(joined(found.axes), evenness, features.scale);
    // For rows that are at scale and even already.
    const axes = projection.axes.map((value, at) => value / (evenness[at % width]! / features.scale.deviation[at % width]!));
    const [train, val, renderings] = [await run(features.train, axes, 'positions'), await run(features.val, axes, 'positions'), await run(features.renderings, axes, 'positions')];
    return { axes: count, train: train.map(Math.f16round), val, renderings, projection };
  } finally {
    await session.close();
  }
}

function joined(vectors: readonly Float64Array[]): Float32Array {
  const width = vectors[0]!.length;
  const all = new Float32Array(vectors.length * width);
  for (const [row, vector] of vectors.entries()) all.set(vector, row * width);
  return all;
}

/**
 * The axes for features as the backbone gives them: scale and evenness go into them. Rounded as they will be stored, so that training
 * compares the very positions that the line does: a shift of all by the same rounding would come between a picture and the known ones.
 */
function projectionOf(axes: Float32Array, evenness: Float32Array, { mean, deviation }: FeatureScale): Projection {
  const width = evenness.length;
  const scaled = axes.map((value, at) => Math.f16round(value * (evenness[at % width]! / deviation[at % width]!)));
  const shift = new Float32Array(axes.length / width);
  for (let at = 0; at < scaled.length; at++) shift[Math.floor(at / width)]! -= scaled[at]! * mean[at % width]!;
  return { axes: scaled, shift };
}
