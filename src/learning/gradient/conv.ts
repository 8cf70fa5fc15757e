// Conv over (N,C,H,W) with one group and no dilation, as residual networks have it: 1x1, 3x3 and 7x7, any stride and padding.
//
//   dX: conv-input-gradient.ts     dW: conv-weight-gradient.ts     dBias = sum of dY over batch and pixels
import { int } from '../../onnx/onnx-graph.ts';
import { addInputGradient } from './conv-input-gradient.ts';
import { addWeightGradient } from './conv-weight-gradient.ts';
import { convolutionOf } from './convolution.ts';
import type { Operator } from './operator.ts';

export const conv: Operator = {
  shape: (node, [input, weight]) => convolutionOf(node, input!, weight!).output,
  backward: ({ builder, node, gradient, inputs: [input, weight], wanted }) => {
    const convolution = convolutionOf(node, input!, weight!);
    const [x, w] = node.inputs as [string, string];
    return [
      wanted[0] ? addInputGradient(builder, convolution, gradient, w) : undefined,
      wanted[1] ? addWeightGradient(builder, convolution, gradient, x) : undefined,
      wanted[2] ? builder.add('ReduceSum', [gradient, builder.integers([0, 2, 3])], { keepdims: int(0) }) : undefined,
    ];
  },
};
