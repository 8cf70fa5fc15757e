// The graphs of the kernel classifier: features are reduced to their principal axes, and compared with those of the pictures that
// were trained on. Near ones count, far ones do not (Gaussian kernel), so that of a thing unlike all of them nothing is said.
//
//   features ─▶ Gemm ─▶ position ─▶ squared distance to each known position ─▶ exp(-distance · sharpness) ─▶ Gemm ─▶ logits
import type { CropShape } from '../../classify/classifier.ts';
import { MATERIALS } from '../../domain/material.ts';
import { GraphBuilder } from '../../onnx/graph-builder.ts';
import type { OnnxGraph } from '../../onnx/onnx-graph.ts';
import { float, int, ints } from '../../onnx/onnx-graph.ts';
import type { FrozenBackbone } from './head-graph.ts';
import { addFeatures, headFeatureCount } from './head-graph.ts';

const OPSET = 13;

/** What turns features, as the backbone gives them, into positions. */
export interface Projection {
  /** (axes, features) float32 */
  readonly axes: Float32Array;
  /** (axes) float32: position = axes · features + shift. */
  readonly shift: Float32Array;
}

export interface KernelHead {
  readonly projection: Projection;
  /** (known, axes) float32 */
  readonly known: Float32Array;
  /** Per squared distance. */
  readonly sharpness: number;
  /** (materials, known) float32: logits = coefficients · similarities. */
  readonly coefficients: Float32Array;
}

/** `rows` (n, features) and `axes` (k, features) to `positions` (n, k), and to `products` (k, features): rowsᵀ · rows · axes, all float32. */
export function projectionGraph(features: number): OnnxGraph {
  const builder = new GraphBuilder();
  const rows = builder.input('rows', 'float32', ['n', features]), axes = builder.input('axes', 'float32', ['k', features]);
  const positions = builder.add('Gemm', [rows, axes], { transB: int(1) });
  builder.output('positions', positions, 'float32', ['n', 'k']);
  builder.output('products', builder.add('Gemm', [positions, rows], { transA: int(1) }), 'float32', ['k', features]);
  return builder.build('projection', OPSET);
}

/** `positions` (n, axes) and `known` (m, axes) to `similarities` (n, m), 0 … 1, all float32. */
export function similarityGraph(axes: number, sharpness: number): OnnxGraph {
  const builder = new GraphBuilder();
  const positions = builder.input('positions', 'float32', ['n', axes]), known = builder.input('known', 'float32', ['m', axes]);
  builder.output('similarities', addSimilarities(builder, positions, known, sharpness), 'float32', ['n', 'm']);
  return builder.build('similarity', OPSET);
}

/** `image` (N,H,W,3) uint8 to `logits` (N, materials) float32. */
export function kernelModelGraph(frozen: FrozenBackbone, { projection, known, sharpness, coefficients }: KernelHead, shape: CropShape): OnnxGraph {
  const builder = new GraphBuilder();
  addFeatures(builder, frozen, shape);
  builder.within('kernel/');
  const axes = projection.shift.length, count = known.length / axes;
  const axesName = builder.initialiser('kernel.axes', { shape: [axes, headFeatureCount(frozen.backbone, shape)], data: projection.axes });
  const shiftName = builder.initialiser('kernel.shift', { shape: [axes], data: projection.shift });
  const knownName = builder.initialiser('kernel.known', { shape: [count, axes], data: known });
  const coefficientsName = builder.initialiser('kernel.coefficients', { shape: [MATERIALS.length, count], data: coefficients });
  const positions = builder.add('Gemm', ['features', axesName, shiftName], { transB: int(1) });
  builder.add('Gemm', [addSimilarities(builder, positions, knownName, sharpness), coefficientsName], { transB: int(1) }, 'logits');
  builder.output('logits', 'logits', 'float32', ['n', MATERIALS.length]);
  return builder.build(`${frozen.backbone.architecture}-kernel`, OPSET);
}

/** exp(-sharpness · |a - b|²) of each two rows, the square multiplied out: |a|² - 2·a·b + |b|². */
function addSimilarities(builder: GraphBuilder, positions: string, known: string, sharpness: number): string {
  const square = (rows: string): string => builder.add('Mul', [builder.add('ReduceSumSquare', [rows], { axes: ints([1]), keepdims: int(1) }), builder.scalar(sharpness)]);
  const products = builder.add('Gemm', [positions, known], { transB: int(1), alpha: float(2 * sharpness) });
  const toKnown = builder.add('Sub', [products, builder.add('Transpose', [square(known)], { perm: ints([1, 0]) })]);
  return builder.add('Exp', [builder.add('Sub', [toKnown, square(positions)])]);
}
