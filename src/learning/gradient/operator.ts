// What the trainer knows of an operator: the shape of its result, its forward nodes, and the nodes of its gradient. One file beside
// this one per operator; operators.ts is the table.
import type { GraphBuilder } from '../../onnx/graph-builder.ts';
import type { OnnxNode } from '../../onnx/onnx-graph.ts';

export type Shape = readonly number[];

/** One node in the training graph, with the shapes of what it reads and gives. Names are those of values in that graph. */
export interface NodePlace {
  readonly builder: GraphBuilder;
  readonly node: OnnxNode;
  readonly inputs: readonly Shape[];
  readonly output: Shape;
}

/** One node on the way back. */
export interface Backward extends NodePlace {
  /** d loss / d output of the node. */
  readonly gradient: string;
  /** Which inputs need a gradient; the others must not cost anything. */
  readonly wanted: readonly boolean[];
  /** What `forward` gave. */
  readonly kept: readonly string[];
}

export interface Operator {
  /** Shape of the output. Throws TRAIN_OPERATOR_UNKNOWN where the node asks for a variant that the trainer does not know. */
  shape(node: OnnxNode, inputs: readonly Shape[]): Shape;
  /** Adds the forward nodes while training, and names the values between that `backward` wants to have. Absent: the node itself. */
  forward?(place: NodePlace): readonly string[];
  /** Adds the nodes of d loss / d input, and names it for each input, undefined where it is not wanted. */
  backward(step: Backward): (string | undefined)[];
}
