// Gemm as fully connected layers have it: Y = X·W or X·Wᵀ, plus a bias row, factors 1.
//
//   dX = dY·Wᵀ (or dY·W)     dW = Xᵀ·dY (or dYᵀ·X)     dBias = sum of dY over the batch
import { floatOf, int, intOf } from '../../onnx/onnx-graph.ts';
import type { Operator } from './operator.ts';
import { unknownVariant } from './unknown-operator.ts';

export const gemm: Operator = {
  shape: (node, [input, weight]) => {
    if (intOf(node, 'transA', 0) !== 0 || floatOf(node, 'alpha', 1) !== 1 || floatOf(node, 'beta', 1) !== 1) {
      throw unknownVariant(node, 'transA, alpha and beta must be 0, 1 and 1');
    }
    return [input![0]!, weight![intOf(node, 'transB', 0) === 1 ? 0 : 1]!];
  },
  backward: ({ builder, node, gradient, wanted }) => {
    const [input, weight] = node.inputs as [string, string];
    const isTransposed = intOf(node, 'transB', 0);
    const dInput = (): string => builder.add('Gemm', [gradient, weight], { transB: int(1 - isTransposed) });
    const dWeight = (): string => builder.add('Gemm', isTransposed === 1 ? [gradient, input] : [input, gradient], { transA: int(1) });
    const dBias = (): string => builder.add('ReduceSum', [gradient, builder.integers([0])], { keepdims: int(0) });
    return [wanted[0] ? dInput() : undefined, wanted[1] ? dWeight() : undefined, wanted[2] ? dBias() : undefined];
  },
};
