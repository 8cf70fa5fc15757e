// The shape of every value of a forward graph, for one batch size and picture size.
import type { OnnxNode } from '../../onnx/onnx-graph.ts';
import { SortlineError } from '../../base/errors.ts';
import type { Shape } from './operator.ts';
import { operatorOf } from './operators.ts';

/**
 * Shapes by value name, given those of inputs and weights. Throws TRAIN_OPERATOR_UNKNOWN for a node that cannot be trained through,
 * and MODEL_MISMATCH for one that reads a value nobody computes.
 */
export function inferShapes(nodes: readonly OnnxNode[], given: ReadonlyMap<string, Shape>): Map<string, Shape> {
  const shapes = new Map(given);
  for (const node of nodes) {
    const operator = operatorOf(node);
    const known = node.inputs.map((name) => shapes.get(name));
    const missing = known.findIndex((shape, index) => shape === undefined && node.inputs[index] !== '');
    if (missing >= 0) {
      throw new SortlineError('MODEL_MISMATCH', `node ${node.name || node.outputs[0]} (${node.type}) reads ${node.inputs[missing]}, which no node before it computes: export the network again`, { context: { node: node.name } });
    }
    shapes.set(node.outputs[0]!, operator.shape(node, known.map((shape) => shape ?? [])));
  }
  return shapes;
}
