// What the trainer says about a node that is beyond it.
import { SortlineError } from '../../base/errors.ts';
import type { OnnxNode } from '../../onnx/onnx-graph.ts';

export function unknownOperator(node: OnnxNode, known: readonly string[]): SortlineError {
  const operator = node.domain === '' ? node.type : `${node.domain}.${node.type}`;
  return new SortlineError('TRAIN_OPERATOR_UNKNOWN', `the trainer has no gradient for the operator ${operator} of ${nodeName(node)}; it knows ${known.join(', ')}: export the network without it`, {
    context: { operator, node: node.name },
  });
}

/** `problem` completes "…, but ". */
export function unknownVariant(node: OnnxNode, problem: string): SortlineError {
  return new SortlineError('TRAIN_OPERATOR_UNKNOWN', `the trainer knows the operator ${node.type}, but not as ${nodeName(node)} has it: ${problem}`, {
    context: { operator: node.type, node: node.name },
  });
}

function nodeName(node: OnnxNode): string {
  return `node ${node.name === '' ? `that computes ${node.outputs[0]}` : node.name}`;
}
