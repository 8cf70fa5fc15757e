// Add of two values of one shape, where a block's branch meets its skip path: the gradient goes to both as it is.
import type { Operator } from './operator.ts';
import { unknownVariant } from './unknown-operator.ts';

export const add: Operator = {
  shape: (node, [first, second]) => {
    if (first!.join() !== second!.join()) throw unknownVariant(node, `it adds shapes (${first!.join(', ')}) and (${second!.join(', ')}), which must be the same`);
    return first!;
  },
  backward: ({ gradient, wanted }) => wanted.map((isWanted) => (isWanted ? gradient : undefined)),
};
