// GlobalAveragePool (N,C,H,W) → (N,C,1,1): each pixel gets an equal share of its channel's gradient.
import type { Operator } from './operator.ts';

export const globalAveragePool: Operator = {
  shape: (_node, [input]) => [input![0]!, input![1]!, 1, 1],
  backward: ({ builder, gradient, inputs: [input] }) => {
    const share = builder.add('Mul', [gradient, builder.scalar(1 / (input![2]! * input![3]!))]);
    return [builder.add('Expand', [share, builder.integers(input!)])];
  },
};
