// The gradient of every operator, as ONNX Runtime computes it, against central differences of the operator written down in float64.
import { describe, expect, test } from 'vitest';
import { float, int, ints } from '../../../src/onnx/onnx-graph.ts';
import type { OnnxAttribute } from '../../../src/onnx/onnx-graph.ts';
import { operatorOf } from '../../../src/learning/gradient/operators.ts';
import type { Array64 } from '../reference/array64.ts';
import { array64 } from '../reference/array64.ts';
import { relativeError } from '../reference/compare.ts';
import { finiteDifferences } from '../reference/finite-differences.ts';
import { operators64 } from '../reference/operators64.ts';
import { operatorNode, randomArray, runOperator } from './operator-rig.ts';

interface Case {
  readonly name: string;
  readonly type: string;
  readonly shapes: readonly (readonly number[])[];
  readonly attributes?: Readonly<Record<string, OnnxAttribute>>;
}

function conv(kernel: number, stride: number, pads: readonly number[]): Record<string, OnnxAttribute> {
  return { kernel_shape: ints([kernel, kernel]), strides: ints([stride, stride]), pads: ints(pads), dilations: ints([1, 1]), group: int(1) };
}

const cases: readonly Case[] = [
  { name: 'Conv 1x1', type: 'Conv', shapes: [[2, 5, 4, 3], [6, 5, 1, 1], [6]], attributes: conv(1, 1, [0, 0, 0, 0]) },
  { name: 'Conv 1x1, stride 2', type: 'Conv', shapes: [[2, 5, 5, 4], [6, 5, 1, 1], [6]], attributes: conv(1, 2, [0, 0, 0, 0]) },
  { name: 'Conv 3x3', type: 'Conv', shapes: [[2, 5, 5, 4], [4, 5, 3, 3], [4]], attributes: conv(3, 1, [1, 1, 1, 1]) },
  { name: 'Conv 3x3, stride 2, even size', type: 'Conv', shapes: [[2, 5, 6, 6], [4, 5, 3, 3], [4]], attributes: conv(3, 2, [1, 1, 1, 1]) },
  { name: 'Conv 3x3, stride 2, odd size', type: 'Conv', shapes: [[1, 6, 5, 7], [4, 6, 3, 3], [4]], attributes: conv(3, 2, [1, 1, 1, 1]) },
  { name: 'Conv 3x3, no bias, uneven padding', type: 'Conv', shapes: [[1, 5, 5, 5], [3, 5, 3, 3]], attributes: conv(3, 1, [0, 1, 2, 0]) },
  { name: 'Conv 7x7, stride 2, of a picture', type: 'Conv', shapes: [[2, 3, 12, 10], [4, 3, 7, 7], [4]], attributes: conv(7, 2, [3, 3, 3, 3]) },
  { name: 'Conv 7x7, stride 2, rows left over', type: 'Conv', shapes: [[1, 3, 11, 13], [2, 3, 7, 7], [2]], attributes: conv(7, 2, [0, 3, 0, 1]) },
  { name: 'Relu', type: 'Relu', shapes: [[2, 3, 4, 4]] },
  { name: 'Add', type: 'Add', shapes: [[2, 3, 4], [2, 3, 4]] },
  { name: 'MaxPool 3x3, stride 2', type: 'MaxPool', shapes: [[2, 3, 8, 7]], attributes: { kernel_shape: ints([3, 3]), strides: ints([2, 2]), pads: ints([1, 1, 1, 1]), ceil_mode: int(0) } },
  { name: 'MaxPool 2x2', type: 'MaxPool', shapes: [[1, 2, 6, 6]], attributes: { kernel_shape: ints([2, 2]), strides: ints([2, 2]) } },
  { name: 'GlobalAveragePool', type: 'GlobalAveragePool', shapes: [[2, 3, 5, 4]] },
  { name: 'Flatten', type: 'Flatten', shapes: [[2, 6, 1, 1]], attributes: { axis: int(1) } },
  { name: 'Gemm, weights (materials, features)', type: 'Gemm', shapes: [[4, 7], [5, 7], [5]], attributes: { transB: int(1) } },
  { name: 'Gemm, weights (features, materials)', type: 'Gemm', shapes: [[4, 7], [7, 5], [5]] },
  { name: 'LogSoftmax', type: 'LogSoftmax', shapes: [[4, 6]], attributes: { axis: int(1) } },
];

describe.each(cases)('$name', ({ type, shapes, attributes }) => {
  const node = operatorNode(type, shapes.length, attributes), reference = operators64[type]!;
  const inputs = shapes.map((shape, index) => randomArray(shape, index + 1));
  const output = reference.forward(node, inputs);
  const seeds = randomArray(output.shape, 99);
  const weighted = (): number => reference.forward(node, inputs).data.reduce((sum, value, index) => sum + value * seeds.data[index]!, 0);

  test('is within 1e-4 of central differences for every input', async () => {
    const { output: computed, gradients } = await runOperator(node, inputs, seeds);
    expect(relativeError(computed, output.data)).toBeLessThan(1e-5);
    inputs.forEach((input, index) => expect(relativeError(gradients[index]!, finiteDifferences(input, weighted)), `input ${index}`).toBeLessThan(1e-4));
  });

  test('has a reference that agrees with central differences itself', () => {
    const gradients: Array64[] = inputs.map(({ shape }) => array64(shape));
    reference.backward(node, inputs, output, seeds, gradients);
    inputs.forEach((input, index) => expect(relativeError(gradients[index]!.data, finiteDifferences(input, weighted)), `input ${index}`).toBeLessThan(1e-6));
  });
});

describe('what is not wanted costs nothing', () => {
  test('a picture gets no gradient where only the kernels are trained', async () => {
    const node = operatorNode('Conv', 2, conv(3, 1, [1, 1, 1, 1]));
    const { gradients } = await runOperator(node, [randomArray([1, 3, 6, 6], 1), randomArray([4, 3, 3, 3], 2)], randomArray([1, 4, 6, 6], 3), [false, true]);
    expect(gradients.map((gradient) => gradient?.length)).toEqual([undefined, 108]);
  });
});

describe('MaxPool', () => {
  test('gives the gradient to the first of equal pixels, and adds where windows overlap', async () => {
    const node = operatorNode('MaxPool', 1, { kernel_shape: ints([3, 3]), strides: ints([2, 2]), pads: ints([1, 1, 1, 1]) });
    const flat = await runOperator(node, [array64([1, 1, 4, 4], new Array<number>(16).fill(5))], array64([1, 1, 2, 2], [1, 2, 3, 4]));
    expect([...flat.gradients[0]!]).toEqual([1, 2, 0, 0, 3, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    const peak = await runOperator(node, [array64([1, 1, 4, 4], [0, 0, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0])], array64([1, 1, 2, 2], [1, 2, 3, 4]));
    expect(peak.gradients[0]![5]).toBe(10);
  });
});

describe('operators beyond the trainer', () => {
  const unknown = (type: string, attributes: Record<string, OnnxAttribute>, shapes: number[][], domain = ''): unknown => {
    const node = operatorNode(type, shapes.length, attributes, domain);
    try {
      return operatorOf(node).shape(node, shapes);
    } catch (error) {
      return error;
    }
  };
  test.each([
    ['Sigmoid', {}, [[1, 2]], 'operator Sigmoid of node the Sigmoid'],
    ['Conv', { group: int(2) }, [[1, 4, 5, 5], [4, 2, 3, 3]], 'Conv, but not as node the Conv'],
    ['Conv', { dilations: ints([2, 2]) }, [[1, 4, 5, 5], [4, 4, 3, 3]], 'no dilation'],
    ['Conv', { auto_pad: { kind: 'string', value: 'SAME_UPPER' } as const }, [[1, 4, 5, 5], [4, 4, 3, 3]], 'explicit padding'],
    ['Gemm', { alpha: float(2) }, [[1, 4], [4, 3]], 'alpha'],
    ['MaxPool', { kernel_shape: ints([3, 3]), ceil_mode: int(1) }, [[1, 4, 5, 5]], 'ceil_mode'],
    ['Add', {}, [[1, 4], [4]], 'must be the same'],
    ['LogSoftmax', { axis: int(0) }, [[1, 4]], 'last axis'],
  ])('%s %o is refused with its name', (type, attributes, shapes, text) => {
    expect(unknown(type, attributes, shapes)).toMatchObject({ code: 'TRAIN_OPERATOR_UNKNOWN', message: expect.stringContaining(text) });
  });

  test('an operator of another domain is named with it', () => {
    expect(unknown('Relu', {}, [[1, 2]], 'com.example')).toMatchObject({ code: 'TRAIN_OPERATOR_UNKNOWN', message: expect.stringContaining('com.example.Relu') });
  });
});
