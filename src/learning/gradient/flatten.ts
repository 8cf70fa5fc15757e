// Flatten: the gradient takes the input's shape again.
import { intOf } from '../../onnx/onnx-graph.ts';
import type { Operator } from './operator.ts';

export const flatten: Operator = {
  shape: (node, [input]) => {
    const axis = intOf(node, 'axis', 1);
    const split = axis < 0 ? axis + input!.length : axis;
    const product = (sizes: readonly number[]): number => sizes.reduce((result, size) => result * size, 1);
    return [product(input!.slice(0, split)), product(input!.slice(split))];
  },
  backward: ({ builder, gradient, inputs: [input] }) => [builder.add('Reshape', [gradient, builder.integers(input!)])],
};
