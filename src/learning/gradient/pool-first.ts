// Puts a MaxPool before the Relu that it follows. Either order gives the same values and the same gradients, but behind a pooling
// with stride 2 the Relu has a quarter of the work.
import type { OnnxNode } from '../../onnx/onnx-graph.ts';

export function poolFirst(nodes: readonly OnnxNode[]): OnnxNode[] {
  const result = [...nodes];
  result.forEach((pool, at) => {
    const relu = result[at - 1];
    const isPair = pool.type === 'MaxPool' && relu?.type === 'Relu' && relu.outputs[0] === pool.inputs[0];
    const readers = nodes.filter((node) => node.inputs.includes(pool.inputs[0]!));
    if (!isPair || readers.length !== 1) return;
    const between = pool.inputs[0]!;
    result[at - 1] = { ...pool, inputs: relu.inputs, outputs: [between] };
    result[at] = { ...relu, inputs: [between], outputs: pool.outputs };
  });
  return result;
}
