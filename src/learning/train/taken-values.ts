// Which values within a backbone head mode looks at, and the part of the backbone that gives them.
import type { GraphBuilder } from '../../onnx/graph-builder.ts';
import type { OnnxGraph, OnnxNode } from '../../onnx/onnx-graph.ts';
import type { CropShape } from '../../classify/classifier.ts';
import { inferShapes } from '../gradient/shapes.ts';
import { addNormalisation } from '../network/normalise.ts';

/** A value (n, channels, height, width) float32 within the backbone. */
export interface TakenValue {
  readonly value: string;
  readonly channels: number;
  /** Height times width. */
  readonly places: number;
  /** Whether its root mean square over the places is a feature besides its mean. */
  readonly hasRms: boolean;
  /** Mixtures of its channels whose covariance is features besides; 0 for none. */
  readonly mixtures: number;
}

const LAYER3_BLOCK = /^layer3\.\d+\.conv1$/;

/** What the first convolutions of five blocks read of pictures of a shape, which the blocks before them give; in the order of the network. */
export function takenValues({ nodes, initialisers, inputs }: OnnxGraph, { height, width }: CropShape): TakenValue[] {
  const shapes = inferShapes(nodes, new Map([...[...initialisers].map(([name, tensor]) => [name, tensor.shape] as const), [inputs[0]!.name, [1, 3, height, width]]]));
  const layer3Blocks = nodes.filter(({ name }) => LAYER3_BLOCK.test(name)).length;
  const taken = [['layer2.0', true, 32], ['layer3.0', true, 32], [`layer3.${layer3Blocks / 2}`, false, 0], ['layer4.0', false, 48], ['layer4.1', false, 96]] as const;
  return taken.map(([block, hasRms, mixtures]) => {
    const reader = nodes.find(({ name }) => name === `${block}.conv1`);
    if (reader === undefined) throw new RangeError(`a backbone without ${block}: import-backbone.ts names every block`);
    const value = reader.inputs[0]!;
    const [, channels, rows, columns] = shapes.get(value) as [number, number, number, number];
    return { value, channels, places: rows * columns, hasRms, mixtures: Math.min(mixtures, channels) };
  });
}

/** How many features each kind of each value gives, in the order of the rows: means, root mean squares, covariances. */
export function featureBlocks(graph: OnnxGraph, shape: CropShape): number[] {
  return takenValues(graph, shape).flatMap(({ channels, hasRms, mixtures }) => [channels, ...(hasRms ? [channels] : []), ...(mixtures > 0 ? [(mixtures * (mixtures + 1)) / 2] : [])]);
}

/** Adds to `builder` the input `image` (N,H,W,3) uint8, and what `values` are computed by from it, weights included. */
export function addBackbone(builder: GraphBuilder, graph: OnnxGraph, values: readonly string[], { height, width }: CropShape): void {
  builder.input('image', 'uint8', ['n', height, width, 3]);
  addNormalisation(builder, 'image', 'input');
  for (const node of nodesFor(graph, values)) {
    for (const name of node.inputs) {
      const tensor = graph.initialisers.get(name);
      if (tensor !== undefined) builder.initialiser(name, tensor);
    }
    builder.copy(node);
  }
}

/** The nodes that `values` are computed by, in order. */
function nodesFor(graph: OnnxGraph, values: readonly string[]): OnnxNode[] {
  const wanted = new Set(values);
  return graph.nodes.toReversed().filter((node) => {
    const isWanted = node.outputs.some((output) => wanted.has(output));
    if (isWanted) for (const input of node.inputs) wanted.add(input);
    return isWanted;
  }).reverse();
}
