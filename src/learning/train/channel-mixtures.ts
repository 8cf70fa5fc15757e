// The mixtures of channels whose covariance head mode looks at. That of all channels would be 130,000 features for layer 4 alone;
// that of the few dozen mixtures that vary most, over some of the training pictures, says nearly as much.
import type { CropShape } from '../../classify/classifier.ts';
import { GraphBuilder } from '../../onnx/graph-builder.ts';
import type { OnnxGraph } from '../../onnx/onnx-graph.ts';
import { int, ints } from '../../onnx/onnx-graph.ts';
import type { RuntimeSession } from '../../onnx/runtime.ts';
import { writeGraph } from '../../onnx/write-graph.ts';
import type { WantedPicture } from '../augment/loader-messages.ts';
import type { PictureLoader } from '../augment/picture-loader.ts';
import type { Backbone } from '../network/import-backbone.ts';
import { pictureBatches } from './plain-batches.ts';
import { dot, principalAxes } from './principal-axes.ts';
import type { TakenValue } from './taken-values.ts';
import { addBackbone, takenValues } from './taken-values.ts';

/** By the name of the value they mix: (mixtures, channels) float32, scaled so that each mixture's mean square is 1. */
export type ChannelMixtures = ReadonlyMap<string, Float32Array>;

export interface MixturesRequest {
  readonly backbone: Backbone;
  readonly shape: CropShape;
  readonly pictures: readonly WantedPicture[];
  readonly loader: PictureLoader;
  readonly signal: AbortSignal;
  /** Opens a graph; closed when this settles. */
  open(graph: Uint8Array): Promise<RuntimeSession>;
}

/** An axis of a smaller share of the largest moment is noise, and would be blown up; the second is for values that are nothing. */
const LEAST_SHARE = 1e-6, LEAST_MOMENT = 1e-12;
/** More change the axes no more than another choice of pictures does. */
const MOST_PICTURES = 240;
const OPSET = 13;

/** Principal axes of the channels over evenly chosen `pictures`; undefined where `signal` fired. Throws what loader and runtime throw. */
export async function channelMixtures(request: MixturesRequest): Promise<ChannelMixtures | undefined> {
  const { backbone, shape, pictures, loader, signal } = request;
  const mixed = takenValues(backbone.graph, shape).filter(({ mixtures }) => mixtures > 0);
  const chosen = evenly(pictures, MOST_PICTURES);
  const moments = mixed.map(({ channels }) => new Float64Array(channels * channels));
  const session = await request.open(writeGraph(momentGraph(backbone, mixed, shape)));
  try {
    for await (const { images, count } of pictureBatches(loader, chosen)) {
      if (signal.aborted) return undefined;
      const { outputs } = await session.run({ image: { data: images, shape: [count, shape.height, shape.width, 3] } }, Object.fromEntries(mixed.map((_, at) => [`moments${at}`, undefined])));
      for (const [at, sums] of moments.entries()) outputs[`moments${at}`]!.forEach((value, cell) => { sums[cell]! += value / chosen.length; });
    }
  } finally {
    await session.close();
  }
  return new Map(await Promise.all(mixed.map(async ({ value, channels, mixtures }, at) => [value, await evenAxes(moments[at]!, channels, mixtures)] as const)));
}

/** (count, size) float32: the principal axes of `moments`, each divided by its deviation. */
async function evenAxes(moments: Float64Array, size: number, count: number): Promise<Float32Array> {
  // Symmetric: rows are columns.
  const multiply = (axis: Float64Array): Float64Array => axis.map((_, row) => dot(moments.subarray(row * size, (row + 1) * size), axis));
  const { axes, lengths } = await principalAxes({ size, count, multiply: (all) => Promise.resolve(all.map(multiply)) });
  const least = Math.max(LEAST_SHARE * lengths[0]!, LEAST_MOMENT);
  return Float32Array.from(axes.flatMap((axis, at) => Array.from(axis, (value) => value / Math.sqrt(Math.max(lengths[at]!, least)))));
}

/** `image` (N,H,W,3) uint8 to `moments0` …: (channels, channels) float32, products of each two channels averaged over the places, summed over the pictures. */
function momentGraph({ architecture, graph }: Backbone, mixed: readonly TakenValue[], shape: CropShape): OnnxGraph {
  const builder = new GraphBuilder();
  addBackbone(builder, graph, mixed.map(({ value }) => value), shape);
  builder.within('moments/');
  for (const [at, { value, channels, places }] of mixed.entries()) {
    const rows = builder.add('Flatten', [builder.add('Transpose', [value], { perm: ints([1, 0, 2, 3]) })], { axis: int(1) });
    const sums = builder.add('MatMul', [rows, builder.add('Transpose', [rows], { perm: ints([1, 0]) })]);
    builder.output(`moments${at}`, builder.add('Div', [sums, builder.scalar(places)]), 'float32', [channels, channels]);
  }
  return builder.build(`${architecture}-moments`, OPSET);
}

/** At most `most` of `all`, evenly spread. */
function evenly<T>(all: readonly T[], most: number): T[] {
  const count = Math.min(most, all.length);
  return Array.from({ length: count }, (_, at) => all[Math.floor((at * all.length) / count)]!);
}
