// Convolution in pixel order against the one written down in float64: any size, kernel, stride and padding.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bilinear, transposed } from '../../../src/learning/gradient/bilinear.ts';
import { PIXEL_DOMAIN } from '../../../src/learning/gradient/pixel-layout.ts';
import { int, ints } from '../../../src/onnx/onnx-graph.ts';
import type { Array64 } from '../reference/array64.ts';
import { array64 } from '../reference/array64.ts';
import { relativeError } from '../reference/compare.ts';
import { operators64 } from '../reference/operators64.ts';
import { operatorNode, randomArray, runOperator } from './operator-rig.ts';

/** The array with its axes in the order given. */
function permuted({ shape, data }: Array64, order: readonly number[]): Array64 {
  const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((product, size) => product * size, 1));
  const result = array64(order.map((axis) => shape[axis]!));
  const inner = result.shape.map((_, axis) => result.shape.slice(axis + 1).reduce((product, size) => product * size, 1));
  result.data.forEach((_, index) => {
    const from = order.reduce((sum, axis, place) => sum + (Math.floor(index / inner[place]!) % result.shape[place]!) * strides[axis]!, 0);
    result.data[index] = data[from]!;
  });
  return result;
}
const pixels = (array: Array64): Array64 => permuted(array, [2, 3, 0, 1]);

interface Sizes { readonly n: number; readonly c: number; readonly k: number; readonly h: number; readonly w: number; readonly kernel: number; readonly stride: number; readonly pads: readonly number[] }

async function errors({ n, c, k, h, w, kernel, stride, pads }: Sizes): Promise<number[]> {
  const attributes = { kernel_shape: ints([kernel, kernel]), strides: ints([stride, stride]), pads: ints(pads), group: int(1) };
  const node = operatorNode('Conv', 3, attributes);
  const inputs = [randomArray([n, c, h, w], 1), randomArray([k, c, kernel, kernel], 2), randomArray([k], 3)];
  const output = operators64['Conv']!.forward(node, inputs), seeds = randomArray(output.shape, 4), gradients = inputs.map(({ shape }) => array64(shape));
  operators64['Conv']!.backward(node, inputs, output, seeds, gradients);
  const computed = await runOperator({ ...node, domain: PIXEL_DOMAIN }, [pixels(inputs[0]!), permuted(inputs[1]!, [2, 3, 1, 0]), inputs[2]!], pixels(seeds));
  const [dx, dw, db] = gradients as [Array64, Array64, Array64];
  return [
    relativeError(computed.output, pixels(output).data), relativeError(computed.gradients[0]!, pixels(dx).data),
    relativeError(computed.gradients[1]!, permuted(dw, [2, 3, 1, 0]).data), relativeError(computed.gradients[2]!, db.data),
  ];
}

describe('convolution in pixel order', () => {
  test.each([
    ['3x3, tiles of 6', { n: 1, c: 8, k: 8, h: 12, w: 18, kernel: 3, stride: 1, pads: [1, 1, 1, 1] }],
    ['3x3, tiles of 5', { n: 2, c: 8, k: 8, h: 14, w: 5, kernel: 3, stride: 1, pads: [1, 1, 1, 1] }],
    ['3x3, tiles of 4, gathered', { n: 2, c: 24, k: 32, h: 7, w: 7, kernel: 3, stride: 1, pads: [1, 1, 1, 1] }],
    ['3x3, stride 2', { n: 2, c: 8, k: 12, h: 14, w: 14, kernel: 3, stride: 2, pads: [1, 1, 1, 1] }],
    ['3x3, stride 2, one pixel left', { n: 3, c: 32, k: 32, h: 2, w: 2, kernel: 3, stride: 2, pads: [1, 1, 1, 1] }],
    ['1x1', { n: 2, c: 8, k: 12, h: 7, w: 6, kernel: 1, stride: 1, pads: [0, 0, 0, 0] }],
    ['1x1, stride 2', { n: 2, c: 8, k: 12, h: 7, w: 6, kernel: 1, stride: 2, pads: [0, 0, 0, 0] }],
  ])('%s: result and gradients are within 1e-4', async (_name, sizes) => {
    for (const error of await errors(sizes)) expect(error).toBeLessThan(1e-5);
  });

  test('any size, kernel, stride and padding', async () => {
    const sizes = fc.record({
      n: fc.integer({ min: 1, max: 2 }), c: fc.integer({ min: 1, max: 6 }), k: fc.integer({ min: 1, max: 6 }), h: fc.integer({ min: 4, max: 15 }), w: fc.integer({ min: 4, max: 15 }),
      kernel: fc.constantFrom(1, 3), stride: fc.constantFrom(1, 2), pads: fc.array(fc.integer({ min: 0, max: 1 }), { minLength: 4, maxLength: 4 }),
    });
    await fc.assert(fc.asyncProperty(sizes, async (drawn) => {
      for (const error of await errors(drawn)) expect(error).toBeLessThan(1e-4);
    }), { numRuns: 40 });
  });
});

describe('bilinear', () => {
  test('is the convolution, for any axis', () => {
    const axes = fc.record({ size: fc.integer({ min: 3, max: 40 }), kernel: fc.constantFrom(1, 2, 3), stride: fc.constantFrom(1, 2, 3), pad: fc.integer({ min: 0, max: 1 }) });
    fc.assert(fc.property(axes, ({ size, kernel, stride, pad }) => {
      const outputs = Math.floor((size + 2 * pad - kernel) / stride) + 1;
      const { positions, tiles, to, from, kernelTo } = bilinear({ size, outputs, kernel, stride, pad });
      const input = randomArray([size], 1).data, taps = randomArray([kernel], 2).data;
      const value = (matrix: { columns: number; values: Float64Array }, row: number, vector: ArrayLike<number>): number => Array.from(vector).reduce((sum, each, column) => sum + each * matrix.values[row * matrix.columns + column]!, 0);
      const products = Array.from({ length: positions * tiles }, (_, row) => value(to, row, input) * value(kernelTo, Math.floor(row / tiles), taps));
      for (let output = 0; output < outputs; output++) {
        const expected = taps.reduce((sum, tap, index) => sum + tap * (input[output * stride + index - pad] ?? 0), 0);
        expect(Math.abs(value(from, output, products) - expected)).toBeLessThan(1e-11);
      }
    }));
  });

  test('takes 36 products for 16 outputs of 3x3, and 81 with stride 2', () => {
    expect(bilinear({ size: 4, outputs: 4, kernel: 3, stride: 1, pad: 1 }).positions ** 2).toBe(36);
    expect(bilinear({ size: 8, outputs: 4, kernel: 3, stride: 2, pad: 1 }).positions ** 2).toBe(81);
  });

  test('transposes', () => {
    expect([...transposed({ rows: 2, columns: 3, values: Float64Array.of(1, 2, 3, 4, 5, 6) }).values]).toEqual([1, 4, 2, 5, 3, 6]);
  });
});
