// Runs one operator of the trainer forward and back on ONNX Runtime, and gives what it computed.
import { GraphBuilder } from '../../../src/onnx/graph-builder.ts';
import type { OnnxAttribute, OnnxNode } from '../../../src/onnx/onnx-graph.ts';
import { openRuntimeSession } from '../../../src/onnx/runtime.ts';
import { writeGraph } from '../../../src/onnx/write-graph.ts';
import { createRandom } from '../../../src/base/random.ts';
import { addBackward } from '../../../src/learning/gradient/backward.ts';
import { operatorOf } from '../../../src/learning/gradient/operators.ts';
import { inferShapes } from '../../../src/learning/gradient/shapes.ts';
import type { Array64 } from '../reference/array64.ts';
import { array64 } from '../reference/array64.ts';

export const INPUTS = ['x', 'w', 'b'];

export function operatorNode(type: string, inputs: number, attributes: Readonly<Record<string, OnnxAttribute>> = {}, domain = ''): OnnxNode {
  return { type, domain, name: `the ${type}`, inputs: INPUTS.slice(0, inputs), outputs: ['y'], attributes };
}

/** Values that float32 holds exactly, so that both sides begin with the same. */
export function randomArray(shape: readonly number[], seed: number): Array64 {
  const random = createRandom(seed);
  return array64(shape, Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => random.gaussian()));
}

/** Output of the node, and d (seeds · output) / d input for each of the inputs in `wanted`, else undefined. */
export async function runOperator(node: OnnxNode, inputs: readonly Array64[], seeds: Array64, wanted = inputs.map(() => true)): Promise<{ output: Float32Array; gradients: (Float32Array | undefined)[] }> {
  const builder = new GraphBuilder();
  const shapes = inferShapes([node], new Map(inputs.map(({ shape }, index) => [INPUTS[index]!, shape])));
  inputs.forEach(({ shape }, index) => builder.input(INPUTS[index]!, 'float32', shape));
  builder.input('seeds', 'float32', seeds.shape);
  const operator = operatorOf(node), places = { builder, node, inputs: inputs.map(({ shape }) => shape), output: shapes.get('y')! };
  const kept = operator.forward?.(places) ?? (builder.copy(node), []);
  const trained = new Set(INPUTS.filter((_, index) => wanted[index]));
  const found = addBackward(builder, { nodes: [node], shapes, kept: new Map([['y', kept]]), trained, gradients: new Map([['y', 'seeds']]) });
  builder.output('y', 'y', 'float32', shapes.get('y')!);
  for (const [name, gradient] of found) builder.output(`d${name}`, gradient, 'float32', shapes.get(name)!);
  const session = await openRuntimeSession(writeGraph(builder.build('one operator', 16)), { provider: 'cpu', threads: { intraOp: 1, spinning: false } });
  const feeds = Object.fromEntries([...inputs.map((array, index) => [INPUTS[index]!, array] as const), ['seeds', seeds] as const].map(([name, { shape, data }]) => [name, { shape, data: Float32Array.from(data) }]));
  const { outputs } = await session.run(feeds, { y: undefined, ...Object.fromEntries([...found.keys()].map((name) => [`d${name}`, undefined])) });
  await session.close();
  return { output: outputs['y']!, gradients: inputs.map((_, index) => outputs[`d${INPUTS[index]!}`]) };
}
