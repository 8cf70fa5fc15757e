// The gradient of a convolution's kernels: for each place (i, j) in the kernel, dY times the input shifted by (i, j), summed over
// batch and pixels. All of it is one matrix product over (batch x pixels), with the batch next to the pixels: CNHW.
import type { GraphBuilder } from '../../onnx/graph-builder.ts';
import { int, ints } from '../../onnx/onnx-graph.ts';
import type { Convolution } from './convolution.ts';

/** Names d loss / d weight (K,C,kh,kw); `gradient` is d loss / d output, `input` the convolution's input. */
export function addWeightGradient(builder: GraphBuilder, convolution: Convolution, gradient: string, input: string): string {
  const { kernel: [kh, kw], stride: [sh, sw], pads: [top, left, bottom, right], weight: [k, c], output: [n, , h, w] } = convolution;
  const pixels = n! * h! * w!;
  const channelsFirst = (value: string): string => builder.add('Transpose', [value], { perm: ints([1, 0, 2, 3]) });
  const turned = channelsFirst(input);
  const padded = top + left + bottom + right === 0 ? turned : builder.add('Pad', [turned, builder.integers([0, 0, top, left, 0, 0, bottom, right])]);
  const shifts: string[] = [];
  for (let i = 0; i < kh; i++) {
    for (let j = 0; j < kw; j++) {
      shifts.push(builder.add('Slice', [padded, builder.integers([i, j]), builder.integers([i + (h! - 1) * sh + 1, j + (w! - 1) * sw + 1]), builder.integers([2, 3]), builder.integers([sh, sw])]));
    }
  }
  const columns = shifts.length === 1 ? shifts[0]! : builder.add('Concat', shifts, { axis: int(0) });
  const product = builder.add('Gemm', [
    builder.add('Reshape', [channelsFirst(gradient), builder.integers([k!, pixels])]),
    builder.add('Reshape', [columns, builder.integers([kh * kw * c!, pixels])]),
  ], { transB: int(1) });
  // (K, kh·kw, C) to (K, C, kh·kw).
  const places = builder.add('Reshape', [product, builder.integers([k!, kh * kw, c!])]);
  return builder.add('Reshape', [builder.add('Transpose', [places], { perm: ints([0, 2, 1]) }), builder.integers([k!, c!, kh, kw])]);
}
