// Reverse-mode differentiation of a graph: from d loss / d logits back to the weights that are trained, node by node from the end.
// A value read by several nodes gets the sum of their gradients. Nodes before the first trained weight get none.
import type { GraphBuilder } from '../../onnx/graph-builder.ts';
import type { OnnxNode } from '../../onnx/onnx-graph.ts';
import type { Shape } from './operator.ts';
import { operatorOf } from './operators.ts';

export interface BackwardPlan {
  readonly nodes: readonly OnnxNode[];
  readonly shapes: ReadonlyMap<string, Shape>;
  /** Weights to be trained. */
  readonly trained: ReadonlySet<string>;
  /** What each node's forward side kept, by its output. */
  readonly kept: ReadonlyMap<string, readonly string[]>;
  /** Known gradients to start from, by value name: d loss / d logits. */
  readonly gradients: ReadonlyMap<string, string>;
}

/** Adds the nodes to `builder`, which holds the forward nodes already, and names the gradient of each trained weight. */
export function addBackward(builder: GraphBuilder, { nodes, shapes, trained, kept, gradients }: BackwardPlan): Map<string, string> {
  const needed = dependents(nodes, trained);
  const parts = new Map<string, string[]>([...gradients].map(([value, gradient]) => [value, [gradient]]));
  const gradientOf = (value: string): string | undefined => {
    const terms = parts.get(value);
    if (terms === undefined) return undefined;
    const sum = terms.reduce((first, second) => builder.add('Add', [first, second]));
    parts.set(value, [sum]);
    return sum;
  };
  for (const node of nodes.toReversed()) {
    const output = node.outputs[0]!;
    if (!needed.has(output)) continue;
    builder.within(`back/${node.name || output}/`);
    const gradient = gradientOf(output);
    if (gradient === undefined) continue;
    const wanted = node.inputs.map((input) => needed.has(input));
    const results = operatorOf(node).backward({
      builder, node, gradient, wanted, kept: kept.get(output) ?? [], inputs: node.inputs.map((input) => shapes.get(input) ?? []), output: shapes.get(output)!,
    });
    results.forEach((result, index) => {
      if (result !== undefined) parts.set(node.inputs[index]!, [...(parts.get(node.inputs[index]!) ?? []), result]);
    });
  }
  return new Map([...trained].flatMap((weight) => {
    const gradient = gradientOf(weight);
    return gradient === undefined ? [] : [[weight, gradient]];
  }));
}

/** The trained weights and every value that depends on one. */
function dependents(nodes: readonly OnnxNode[], trained: ReadonlySet<string>): Set<string> {
  const found = new Set(trained);
  for (const node of nodes) {
    if (node.inputs.some((input) => found.has(input))) found.add(node.outputs[0]!);
  }
  return found;
}
