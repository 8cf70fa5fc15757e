// How large the weights of each output channel are, for steps that are relative to it. Where batch normalisation was folded into the
// kernels, channels differ in size by two orders of magnitude: a step that is right for one wipes out another. A step in proportion
// is what training `weight = scale · v` with v of size 1 would do, whatever the optimiser.
import type { OnnxTensor } from '../../onnx/onnx-graph.ts';

/** A channel far smaller than its kernel's others still moves: this share of their common size at least. */
const LEAST_SHARE = 0.1;

/**
 * Size of each output channel of the weight `name`, kernels (K, C, kh, kw) or (K, C) or their bias (K): the root mean square of its
 * kernel. Kernels that are all zero have the size that they would be drawn with.
 */
export function channelScales(name: string, weights: ReadonlyMap<string, OnnxTensor>): Float32Array {
  const { shape, data } = weights.get(name.replace(/bias$/, 'weight'))!;
  const channels = shape[0]!, fanIn = data.length / channels;
  const meanSquares = Float64Array.from({ length: channels }, (_, channel) => {
    let sum = 0;
    for (let at = channel * fanIn; at < (channel + 1) * fanIn; at++) sum += Number(data[at]) ** 2;
    return sum / fanIn;
  });
  const common = Math.sqrt(meanSquares.reduce((sum, square) => sum + square, 0) / channels) || Math.sqrt(2 / fanIn);
  return Float32Array.from(meanSquares, (square) => Math.max(Math.sqrt(square), LEAST_SHARE * common));
}
