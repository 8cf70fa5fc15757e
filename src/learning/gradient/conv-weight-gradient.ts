// The gradient of a convolution's kernels: for each place (i, j) in the kernel, dY times the input shifted by (i, j), summed over
// batch and pixels. Two ways, both with the batch next to the pixels (CNHW).
import type { GraphBuilder } from '../../onnx/graph-builder.ts';
import { int, ints } from '../../onnx/onnx-graph.ts';
import type { Convolution } from './convolution.ts';

/** Up to this many input channels, pictures that is, the sum is itself done as a convolution. */
const FEW_CHANNELS = 4;

/** Names d loss / d weight (K,C,kh,kw); `gradient` is d loss / d output, `input` the convolution's input. */
export function addWeightGradient(builder: GraphBuilder, convolution: Convolution, gradient: string, input: string): string {
  const channelsFirst = (value: string): string => builder.add('Transpose', [value], { perm: ints([1, 0, 2, 3]) });
  const isPicture = convolution.weight[1]! <= FEW_CHANNELS;
  return (isPicture ? asConvolution : asProduct)(builder, convolution, channelsFirst(gradient), channelsFirst(input));
}

/**
 * dY as kernels over the input, a stride apart: (C,N,H,W) and (K,N,H',W') give (C,K,kh,kw). Of the 7x7 convolution at the beginning,
 * batch 16, ms of CPU: 87; as a product 125, with its shifts cut from the four phases of the stride 95.
 */
function asConvolution(builder: GraphBuilder, { kernel, stride, pads, input, output }: Convolution, gradient: string, turned: string): string {
  // What lies beyond the last place that a kernel reaches is of no use, and neither are results for it.
  const beyond = ([0, 1] as const).map((axis) => kernel[axis] + (output[axis + 2]! - 1) * stride[axis] - input[axis + 2]! - pads[axis]);
  const product = builder.add('Conv', [turned, gradient], {
    kernel_shape: ints([output[2]!, output[3]!]), dilations: ints(stride), pads: ints([pads[0], pads[1], Math.max(0, beyond[0]!), Math.max(0, beyond[1]!)]),
  });
  const kernels = builder.add('Transpose', [product], { perm: ints([1, 0, 2, 3]) });
  return beyond.every((size) => size >= 0) ? kernels : builder.add('Slice', [kernels, builder.integers([0, 0]), builder.integers(kernel), builder.integers([2, 3])]);
}

/** All shifts of the input below each other, and one matrix product over batch x pixels. */
function asProduct(builder: GraphBuilder, convolution: Convolution, gradient: string, turned: string): string {
  const { kernel: [kh, kw], stride: [sh, sw], pads: [top, left, bottom, right], weight: [k, c], output: [n, , h, w] } = convolution;
  const pixels = n! * h! * w!;
  const padded = top + left + bottom + right === 0 ? turned : builder.add('Pad', [turned, builder.integers([0, 0, top, left, 0, 0, bottom, right])]);
  const shifts: string[] = [];
  for (let i = 0; i < kh; i++) {
    for (let j = 0; j < kw; j++) {
      shifts.push(builder.add('Slice', [padded, builder.integers([i, j]), builder.integers([i + (h! - 1) * sh + 1, j + (w! - 1) * sw + 1]), builder.integers([2, 3]), builder.integers([sh, sw])]));
    }
  }
  const columns = shifts.length === 1 ? shifts[0]! : builder.add('Concat', shifts, { axis: int(0) });
  const product = builder.add('Gemm', [
    builder.add('Reshape', [gradient, builder.integers([k!, pixels])]),
    builder.add('Reshape', [columns, builder.integers([kh * kw * c!, pixels])]),
  ], { transB: int(1) });
  // (K, kh·kw, C) to (K, C, kh·kw).
  const places = builder.add('Reshape', [product, builder.integers([k!, kh * kw, c!])]);
  return builder.add('Reshape', [builder.add('Transpose', [places], { perm: ints([0, 2, 1]) }), builder.integers([k!, c!, kh, kw])]);
}
