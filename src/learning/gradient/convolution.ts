// What the gradients of a convolution need to know of its node: sizes, stride, padding.
import type { OnnxNode } from '../../onnx/onnx-graph.ts';
import { intOf, intsOf } from '../../onnx/onnx-graph.ts';
import type { Shape } from './operator.ts';
import { unknownVariant } from './unknown-operator.ts';

/** The numbers of a convolution: sizes of kernel and stride (rows, columns), padding (top, left, bottom, right). */
export interface Convolution {
  readonly kernel: readonly [number, number];
  readonly stride: readonly [number, number];
  readonly pads: readonly [number, number, number, number];
  /** (N,C,H,W), (K,C,kh,kw) and (N,K,H',W'). */
  readonly input: Shape;
  readonly weight: Shape;
  readonly output: Shape;
}

/** Throws TRAIN_OPERATOR_UNKNOWN for groups, dilation, automatic padding and other than two dimensions. */
export function convolutionOf(node: OnnxNode, input: Shape, weight: Shape): Convolution {
  if (weight.length !== 4 || input.length !== 4 || intOf(node, 'group', 1) !== 1 || intsOf(node, 'dilations', [1, 1]).some((step) => step !== 1) || isAutomatic(node)) {
    throw unknownVariant(node, 'two-dimensional convolutions with one group, no dilation and explicit padding are known');
  }
  if (input[1] !== weight[1]) throw unknownVariant(node, `its kernels take ${weight[1]} channels and its input has ${input[1]}`);
  const kernel = [weight[2]!, weight[3]!] as const;
  const stride = intsOf(node, 'strides', [1, 1]) as [number, number];
  const pads = intsOf(node, 'pads', [0, 0, 0, 0]) as [number, number, number, number];
  const size = (axis: 0 | 1): number => Math.floor((input[axis + 2]! + pads[axis] + pads[axis + 2]! - kernel[axis]) / stride[axis]) + 1;
  return { kernel, stride, pads, input, weight, output: [input[0]!, weight[0]!, size(0), size(1)] };
}

function isAutomatic(node: OnnxNode): boolean {
  const attribute = node.attributes['auto_pad'];
  return attribute?.kind === 'string' && attribute.value !== 'NOTSET';
}
