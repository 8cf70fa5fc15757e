// The loss of a batch: cross entropy of the labels, which are distributions, weighted per picture and divided by their count.
//
//   loss = - Σ_n weight_n Σ_m label_nm · log softmax(logits)_nm / count
import type { GraphBuilder } from '../../onnx/graph-builder.ts';
import { int } from '../../onnx/onnx-graph.ts';
import { logSoftmax } from './log-softmax.ts';

export interface LossInputs {
  /** (N, materials). */
  readonly logits: string;
  readonly labels: string;
  /** (N). */
  readonly weights: string;
  /** Scalar. */
  readonly count: string;
  /** [N, materials]. */
  readonly shape: readonly [number, number];
}

/** Names the loss, a scalar, and its gradient by the logits. */
export function addLoss(builder: GraphBuilder, { logits, labels, weights, count, shape }: LossInputs): { loss: string; gradient: string } {
  builder.within('loss/');
  const logProbabilities = builder.add('LogSoftmax', [logits], { axis: int(1) });
  const share = builder.add('Div', [builder.add('Neg', [builder.add('Reshape', [weights, builder.integers([shape[0], 1])])]), count]);
  // Also d loss / d log probabilities.
  const weighted = builder.add('Mul', [labels, share]);
  const loss = builder.add('ReduceSum', [builder.add('Mul', [weighted, logProbabilities])], { keepdims: int(0) });
  const node = { type: 'LogSoftmax', domain: '', name: '', inputs: [logits], outputs: [logProbabilities], attributes: {} };
  const [gradient] = logSoftmax.backward({ builder, node, gradient: weighted, inputs: [shape], output: shape, wanted: [true], kept: [] });
  return { loss, gradient: gradient! };
}
