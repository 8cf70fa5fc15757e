// A whole network in float64: its values node by node, its loss, and the gradient of every weight, from operators64.ts.
import type { OnnxGraph } from '../../../src/onnx/onnx-graph.ts';
import type { Array64 } from './array64.ts';
import { array64 } from './array64.ts';
import { operators64 } from './operators64.ts';

export interface Batch64 {
  /** (N,3,H,W), normalised. */
  readonly input: Array64;
  /** (N, materials) distributions. */
  readonly labels: Array64;
  /** (N). */
  readonly weights: Array64;
  readonly count: number;
  /** Factors of the features where a Dropout node is. */
  readonly mask?: Array64;
}

export type Weights64 = ReadonlyMap<string, Array64>;

/** float64 copies of the graph's weights. */
export function weights64(graph: OnnxGraph): Map<string, Array64> {
  return new Map([...graph.initialisers].map(([name, { shape, data }]) => [name, array64(shape, data as Float32Array)]));
}

/** All values by name. */
function values64(graph: OnnxGraph, weights: Weights64, batch: Batch64): Map<string, Array64> {
  const values = new Map<string, Array64>([...weights, ['input', batch.input]]);
  for (const node of graph.nodes) {
    const inputs = node.inputs.map((name) => values.get(name)!);
    const factors = batch.mask;
    values.set(node.outputs[0]!, node.type === 'Dropout'
      ? array64(inputs[0]!.shape, factors === undefined ? inputs[0]!.data : inputs[0]!.data.map((value, index) => value * factors.data[index]!))
      : operators64[node.type]!.forward(node, inputs));
  }
  return values;
}

/** Weighted cross entropy of the labels, divided by the count. */
function loss64(logits: Array64, { labels, weights, count }: Batch64): number {
  const [n, m] = logits.shape as [number, number];
  let loss = 0;
  for (let row = 0; row < n; row++) {
    const values = logits.data.subarray(row * m, (row + 1) * m), top = Math.max(...values);
    const sum = top + Math.log(values.reduce((total, value) => total + Math.exp(value - top), 0));
    values.forEach((value, index) => { loss -= (weights.data[row]! * labels.data[row * m + index]! * (value - sum)) / count; });
  }
  return loss;
}

export function lossOf64(graph: OnnxGraph, weights: Weights64, batch: Batch64): number {
  return loss64(values64(graph, weights, batch).get('logits')!, batch);
}

export interface Pass64 {
  readonly loss: number;
  readonly logits: Float64Array;
  /** d loss / d weight by name. */
  readonly gradients: ReadonlyMap<string, Array64>;
}

/** Forwards, and back by reverse-mode differentiation. */
export function pass64(graph: OnnxGraph, weights: Weights64, batch: Batch64): Pass64 {
  const values = values64(graph, weights, batch);
  const gradients = new Map([...values].map(([name, { shape }]) => [name, array64(shape)]));
  const logits = values.get('logits')!, [n, m] = logits.shape as [number, number];
  for (let row = 0; row < n; row++) {
    const line = logits.data.subarray(row * m, (row + 1) * m), top = Math.max(...line);
    const powers = line.map((value) => Math.exp(value - top)), sum = powers.reduce((a, b) => a + b, 0);
    const mass = batch.labels.data.subarray(row * m, (row + 1) * m).reduce((a, b) => a + b, 0);
    powers.forEach((power, index) => { gradients.get('logits')!.data[row * m + index] = (batch.weights.data[row]! * ((mass * power) / sum - batch.labels.data[row * m + index]!)) / batch.count; });
  }
  for (const node of graph.nodes.toReversed()) {
    const inputs = node.inputs.map((name) => values.get(name)!), output = node.outputs[0]!, parts = node.inputs.map((name) => gradients.get(name)!);
    if (node.type === 'Dropout') gradients.get(output)!.data.forEach((value, index) => { parts[0]!.data[index]! += value * (batch.mask?.data[index] ?? 1); });
    else operators64[node.type]!.backward(node, inputs, values.get(output)!, gradients.get(output)!, parts);
  }
  return { loss: loss64(logits, batch), logits: logits.data, gradients: new Map([...weights.keys()].map((name) => [name, gradients.get(name)!])) };
}
