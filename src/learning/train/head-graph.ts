// The graphs of head mode: a frozen backbone that gives features, and the same with a classifier behind it. Features are taken all
// the way through, from edges and texture to parts of things, and not behind the last blocks, which are specialised on ImageNet's
// thousand classes (or, in some backbones, not pretrained at all). Each value's average over the picture says how much there is of
// it; of the first two layers its root mean square says besides whether it is spread or in spots. How the values go together, which
// is what a surface looks like, their covariance says (second-order pooling: Carreira et al., 2012; Lin et al., 2015).
//
//   image ─▶ normalise ─▶ layer1 ─▶ layer2 ─▶ layer3 (half) ─▶ layer3 ─▶ layer4.0
//                           │         │           │              │          │
//                     mean, rms,  mean, rms,     mean          mean,      mean, ─▶ Concat ─▶ features (─▶ Gemm ─▶ logits)
//                     covariance  covariance                 covariance  covariance
//
// On the TrashNet photographs, three quarters trained on and the rest asked in turn (ResNet-18, a linear classifier): the last two
// means alone know 88.0 %, all means 89.0 %, with covariances 91.5 %.
import { GraphBuilder } from '../../onnx/graph-builder.ts';
import type { OnnxGraph } from '../../onnx/onnx-graph.ts';
import { int, ints } from '../../onnx/onnx-graph.ts';
import type { CropShape } from '../../classify/classifier.ts';
import { MATERIALS } from '../../domain/material.ts';
import type { Backbone } from '../network/import-backbone.ts';
import type { Network } from '../network/network.ts';
import type { ChannelMixtures } from './channel-mixtures.ts';
import type { TakenValue } from './taken-values.ts';
import { addBackbone, featureBlocks, takenValues } from './taken-values.ts';

const OPSET = 13;
/** More make the root no better for telling materials apart. */
const ROOT_ITERATIONS = 5;
/** Of values that are nothing everywhere: keeps their root nothing. */
const LEAST_TRACE = 1e-9;

/** A backbone that stays as it is, and what head mode learned of it. */
export interface FrozenBackbone {
  readonly backbone: Backbone;
  readonly mixtures: ChannelMixtures;
}

/** The classifier: logits = weight · features + bias. */
export interface LinearHead {
  /** (materials, features) float32. */
  readonly weight: Float32Array;
  /** (materials) float32. */
  readonly bias: Float32Array;
}

/** Values in a row of `features`. */
export function headFeatureCount({ graph }: Backbone, shape: CropShape): number {
  return featureBlocks(graph, shape).reduce((sum, count) => sum + count, 0);
}

/** `image` (N,H,W,3) uint8 to `features` (N, features) float32. */
export function featureGraph(frozen: FrozenBackbone, shape: CropShape): OnnxGraph {
  const builder = new GraphBuilder();
  addFeatures(builder, frozen, shape);
  builder.output('features', 'features', 'float32', ['n', headFeatureCount(frozen.backbone, shape)]);
  return builder.build(`${frozen.backbone.architecture}-features`, OPSET);
}

/** `image` (N,H,W,3) uint8 to `features` (N, features) float32: what `network` makes of pictures before its own last layer. */
export function pooledFeatureGraph({ architecture, graph, features }: Network, shape: CropShape): OnnxGraph {
  const builder = new GraphBuilder();
  addBackbone(builder, graph, ['features'], shape);
  builder.output('features', 'features', 'float32', ['n', features]);
  return builder.build(`${architecture}-pooled`, OPSET);
}

/** `image` (N,H,W,3) uint8 to `logits` (N, materials) float32. */
export function headModelGraph(frozen: FrozenBackbone, head: LinearHead, shape: CropShape): OnnxGraph {
  const builder = new GraphBuilder();
  addFeatures(builder, frozen, shape);
  builder.initialiser('head.weight', { shape: [MATERIALS.length, headFeatureCount(frozen.backbone, shape)], data: head.weight });
  builder.initialiser('head.bias', { shape: [MATERIALS.length], data: head.bias });
  builder.add('Gemm', ['features', 'head.weight', 'head.bias'], { transB: int(1) }, 'logits');
  builder.output('logits', 'logits', 'float32', ['n', MATERIALS.length]);
  return builder.build(`${frozen.backbone.architecture}-head`, OPSET);
}

/** Adds `image` and `features`. */
export function addFeatures(builder: GraphBuilder, { backbone: { graph }, mixtures }: FrozenBackbone, shape: CropShape): void {
  const taken = takenValues(graph, shape);
  addBackbone(builder, graph, taken.map(({ value }) => value), shape);
  builder.within('head/');
  const mean = (value: string): string => builder.add('Flatten', [builder.add('GlobalAveragePool', [value])], { axis: int(1) });
  const rows = taken.flatMap((each) => {
    const { value, hasRms } = each, axes = mixtures.get(value);
    return [mean(value), ...(hasRms ? [builder.add('Sqrt', [mean(builder.add('Mul', [value, value]))])] : []), ...(axes === undefined ? [] : [addCovariance(builder, each, axes)])];
  });
  builder.add('Concat', rows, { axis: int(1) }, 'features');
}

/**
 * The covariance of the mixtures over the places, its root taken and each entry given once: (n, mixtures · (mixtures + 1) / 2). The
 * root of the matrix evens out the few strong directions that would outweigh all others (Li et al., 2018); it is found by the
 * iteration of Newton and Schulz, all matrix products.
 */
function addCovariance(builder: GraphBuilder, { value, channels, places, mixtures }: TakenValue, axes: Float32Array): string {
  const kernel = builder.initialiser(`head/mixtures/${value}`, { shape: [mixtures, channels, 1, 1], data: axes });
  const mixed = builder.add('Reshape', [builder.add('Conv', [value, kernel]), builder.integers([0, mixtures, places])]);
  const products = builder.add('MatMul', [mixed, builder.add('Transpose', [mixed], { perm: ints([0, 2, 1]) })]);
  const trace = builder.add('Add', [builder.add('ReduceSumSquare', [mixed], { axes: ints([1, 2]), keepdims: int(1) }), builder.scalar(LEAST_TRACE)]);
  const identity = Float32Array.from({ length: mixtures * mixtures }, (_, cell) => (cell % (mixtures + 1) === 0 ? 1.5 : 0));
  const oneAndAHalf = builder.initialiser(`head/identity${mixtures}`, { shape: [mixtures, mixtures], data: identity });
  let root = builder.add('Div', [products, trace]), inverse: string | undefined;
  for (let iteration = 0; iteration < ROOT_ITERATIONS; iteration++) {
    const both = inverse === undefined ? root : builder.add('MatMul', [inverse, root]);
    const step = builder.add('Sub', [oneAndAHalf, builder.add('Mul', [both, builder.scalar(0.5)])]);
    root = builder.add('MatMul', [root, step]);
    inverse = inverse === undefined ? step : builder.add('MatMul', [step, inverse]);
  }
  const scaled = builder.add('Mul', [root, builder.add('Sqrt', [builder.add('Div', [trace, builder.scalar(places)])])]);
  // The matrix is symmetric: its upper triangle says all.
  const triangle = Array.from({ length: mixtures * mixtures }, (_, cell) => cell).filter((cell) => cell % mixtures >= Math.floor(cell / mixtures));
  return builder.add('Gather', [builder.add('Flatten', [scaled], { axis: int(1) }), builder.integers(triangle)], { axis: int(1) });
}
