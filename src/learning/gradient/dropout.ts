// Dropout: while training, features are multiplied by a mask that comes in with the batch (0, or 1 / (1 - ratio)), so that a step
// with the same seed is the same on every provider. The gradient is multiplied by the same mask. Outside training it does nothing.
import type { OnnxNode } from '../../onnx/onnx-graph.ts';
import type { Operator } from './operator.ts';

/** Name of the graph's input that holds the mask, of the features' shape. */
export const DROPOUT_MASK = 'dropout_mask';

export const dropout: Operator = {
  shape: (_node, [input]) => input!,
  forward: ({ builder, node }) => {
    builder.add('Mul', [node.inputs[0]!, DROPOUT_MASK], {}, node.outputs[0]!);
    return [];
  },
  backward: ({ builder, gradient }) => [builder.add('Mul', [gradient, DROPOUT_MASK])],
};

/** The nodes with what read a Dropout's result reading its input instead. */
export function withoutDropout(nodes: readonly OnnxNode[]): OnnxNode[] {
  const passed = new Map(nodes.filter((node) => node.type === 'Dropout').map((node) => [node.outputs[0]!, node.inputs[0]!]));
  return nodes.filter((node) => node.type !== 'Dropout').map((node) => ({ ...node, inputs: node.inputs.map((input) => passed.get(input) ?? input) }));
}
