// What the trainer knows of an operator: the shape of its result, and the nodes of its gradient. One file beside this one per
// operator; operators.ts is the table.
import type { GraphBuilder } from '../../onnx/graph-builder.ts';
import type { OnnxNode } from '../../onnx/onnx-graph.ts';

export type Shape = readonly number[];

/** One node on the way back. Names are those of values in the graph that is being built. */
export interface Backward {
  readonly builder: GraphBuilder;
  readonly node: OnnxNode;
  readonly inputs: readonly Shape[];
  readonly output: Shape;
  /** d loss / d output of the node. */
  readonly gradient: string;
  /** Which inputs need a gradient; the others must not cost anything. */
  readonly wanted: readonly boolean[];
}

export interface Operator {
  /** Shape of the output. Throws TRAIN_OPERATOR_UNKNOWN where the node asks for a variant that the trainer does not know. */
  shape(node: OnnxNode, inputs: readonly Shape[]): Shape;
  /** Adds the nodes of d loss / d input, and names it for each input, undefined where it is not wanted. */
  backward(step: Backward): (string | undefined)[];
}
