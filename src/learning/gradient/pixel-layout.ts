// Values in pixel order, (H, W, N, C) where ONNX has (N, C, H, W): a pixel's channels of all pictures lie together. Sums along rows and
// columns, and products over channels, are then plain matrix products, which run near a CPU's peak on every core, while ONNX
// Runtime's convolutions, whose weights change with every step, cannot use its fast layout, and slices and transposes run on one core.
//
// Operators of this layout are the trainer's own (domain `sortline`): arrange-pixels.ts puts them in place of ONNX's.
import { elementCount } from '../../onnx/onnx-graph.ts';
import type { Operator } from './operator.ts';

export const PIXEL_DOMAIN = 'sortline';

/** (N,C,H,W) to (H,W,N,C), as a flat transpose: 5 ms where the general one takes 19, on 3.2 million values. */
export const toPixels: Operator = {
  shape: (_node, [input]) => [input![2]!, input![3]!, input![0]!, input![1]!],
  forward: ({ builder, node, inputs: [input], output }) => {
    const [n, c, h, w] = input as [number, number, number, number];
    const flat = builder.add('Reshape', [node.inputs[0]!, builder.integers([n * c, h * w])]);
    builder.add('Reshape', [builder.add('Transpose', [flat]), builder.integers(output)], {}, node.outputs[0]!);
    return [];
  },
  backward: ({ builder, gradient, inputs: [input] }) => {
    const [n, c, h, w] = input as [number, number, number, number];
    const flat = builder.add('Reshape', [gradient, builder.integers([h * w, n * c])]);
    return [builder.add('Reshape', [builder.add('Transpose', [flat]), builder.integers(input!)])];
  },
};

/** The mean over all pixels, (H,W,N,C) to (N,C): each pixel gets an equal share of the gradient. */
export const pixelAverage: Operator = {
  shape: (_node, [input]) => [input![2]!, input![3]!],
  forward: ({ builder, node, inputs: [input], output }) => {
    const flat = builder.add('Reshape', [node.inputs[0]!, builder.integers([input![0]! * input![1]!, elementCount(output)])]);
    const share = builder.filled([1, input![0]! * input![1]!], 1 / (input![0]! * input![1]!));
    builder.add('Reshape', [builder.add('MatMul', [share, flat]), builder.integers(output)], {}, node.outputs[0]!);
    return [];
  },
  backward: ({ builder, gradient, inputs: [input], output }) => {
    const share = builder.add('Mul', [gradient, builder.scalar(1 / (input![0]! * input![1]!))]);
    return [builder.add('Expand', [builder.add('Reshape', [share, builder.integers([1, 1, ...output])]), builder.integers(input!)])];
  },
};
