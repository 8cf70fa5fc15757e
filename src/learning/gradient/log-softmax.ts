// LogSoftmax over the materials, the last axis: dX = dY - softmax · (sum of dY over the materials).
import { int, intOf } from '../../onnx/onnx-graph.ts';
import type { Operator } from './operator.ts';
import { unknownVariant } from './unknown-operator.ts';

export const logSoftmax: Operator = {
  shape: (node, [input]) => {
    const axis = intOf(node, 'axis', -1);
    if (input!.length !== 2 || (axis !== -1 && axis !== 1)) throw unknownVariant(node, 'it must go over the last axis of two');
    return input!;
  },
  backward: ({ builder, node, gradient }) => {
    const total = builder.add('ReduceSum', [gradient, builder.integers([1])], { keepdims: int(1) });
    const probabilities = builder.add('Exp', [node.outputs[0]!]);
    return [builder.add('Sub', [gradient, builder.add('Mul', [probabilities, total])])];
  },
};
