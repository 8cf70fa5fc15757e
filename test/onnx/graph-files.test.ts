// ONNX files to plain values and back: what is written is read, every way of storing numbers is known, damaged bytes are named.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { OnnxGraph, OnnxTensor } from '../../src/onnx/onnx-graph.ts';
import { float, floatOf, int, intOf, ints, intsOf } from '../../src/onnx/onnx-graph.ts';
import { floatField, joinBytes, lenField, varintField } from '../../src/base/protobuf-fields.ts';
import { readGraph } from '../../src/onnx/read-graph.ts';
import { writeGraph } from '../../src/onnx/write-graph.ts';

function graphOf(initialisers: [string, OnnxTensor][]): OnnxGraph {
  return {
    name: 'small', opset: 16, initialisers: new Map(initialisers),
    nodes: [{
      type: 'Conv', domain: '', name: 'first', inputs: ['x', 'w', ''], outputs: ['y'],
      attributes: { pads: ints([0, -1, 2 ** 40, 1]), group: int(-3), epsilon: float(0.5), mode: { kind: 'string', value: 'größer' }, scales: { kind: 'floats', value: [0.25, -1] }, value: { kind: 'tensor', value: { shape: [2], data: BigInt64Array.of(-1n, 7n) } } },
    }],
    inputs: [{ name: 'x', type: 'uint8', shape: ['n', 3, 4] }], outputs: [{ name: 'y', type: 'float32', shape: [] }],
  };
}

/** A model with one weight, its fields given. */
function withWeight(...fields: Uint8Array[]): Uint8Array {
  return lenField(7, lenField(5, joinBytes([lenField(8, 'w'), ...fields])));
}

const littleEndian = (values: Float32Array | Uint16Array): Uint8Array => new Uint8Array(values.buffer as ArrayBuffer);

describe('a graph', () => {
  test('is read as it was written', () => {
    const graph = graphOf([
      ['w', { shape: [2, 2], data: Float32Array.of(1, -2, 3.5, 1e-40) }], ['half', { shape: [3], data: Float16Array.of(1, -2, 65504) }], ['double', { shape: [1], data: Float64Array.of(Math.PI) }],
      ['bytes', { shape: [2], data: Uint8Array.of(0, 255) }], ['small', { shape: [2], data: Int32Array.of(-1, 5) }], ['large', { shape: [], data: BigInt64Array.of(-(2n ** 60n)) }],
    ]);
    expect(readGraph(writeGraph(graph), 'file')).toEqual(graph);
  });

  test('any shape and values', () => {
    fc.assert(fc.property(fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 4 }), fc.integer(), (shape, seed) => {
      const data = Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, index) => Math.fround(Math.sin(seed + index)));
      const graph = graphOf([['w', { shape, data }]]);
      expect(readGraph(writeGraph(graph), 'file')).toEqual(graph);
    }));
  });

  test('attributes have defaults', () => {
    const { nodes: [node] } = graphOf([]);
    expect([intOf(node!, 'group', 1), intOf(node!, 'axis', 1), floatOf(node!, 'epsilon', 1), floatOf(node!, 'alpha', 1), intsOf(node!, 'strides', [1, 1])]).toEqual([-3, 1, 0.5, 1, [1, 1]]);
  });
});

describe('ways to store numbers', () => {
  const [one, two] = [varintField(1, 2), varintField(1, 1)];
  test.each<[string, Uint8Array, OnnxTensor]>([
    ['raw bytes at an odd place', withWeight(lenField(12, 'xy'), one, varintField(2, 1), lenField(9, littleEndian(Float32Array.of(1, 2)))), { shape: [2], data: Float32Array.of(1, 2) }],
    ['a packed list of floats', withWeight(one, varintField(2, 1), lenField(4, littleEndian(Float32Array.of(1, 2)))), { shape: [2], data: Float32Array.of(1, 2) }],
    ['floats one by one', withWeight(one, varintField(2, 1), floatField(4, 1), floatField(4, 2)), { shape: [2], data: Float32Array.of(1, 2) }],
    ['packed dimensions', withWeight(lenField(1, Uint8Array.of(1, 2)), varintField(2, 1), lenField(9, littleEndian(Float32Array.of(1, 2)))), { shape: [1, 2], data: Float32Array.of(1, 2) }],
    ['float16 as raw bytes', withWeight(two, varintField(2, 10), lenField(9, littleEndian(Uint16Array.of(0x3e00)))), { shape: [1], data: Float16Array.of(1.5) }],
    ['float16 as integers', withWeight(two, varintField(2, 10), varintField(5, 0x3e00)), { shape: [1], data: Float16Array.of(1.5) }],
    ['negative integers, packed', withWeight(one, varintField(2, 7), lenField(7, Uint8Array.of(...varintField(1, -2).subarray(1), 3))), { shape: [2], data: BigInt64Array.of(-2n, 3n) }],
  ])('%s', (_name, model, tensor) => {
    expect(readGraph(model, 'file').initialisers.get('w')).toEqual(tensor);
  });
});

describe('what cannot be read', () => {
  test.each<[string, Uint8Array, string]>([
    ['nothing', new Uint8Array(0), 'holds no graph'],
    ['a picture', Uint8Array.of(0x89, 0x50, 0x4e, 0x47), 'not a readable ONNX model'],
    ['weights in another file', withWeight(varintField(1, 1), varintField(2, 1), varintField(14, 1)), 'separate file'],
    ['strings for weights', withWeight(varintField(1, 1), varintField(2, 8)), 'element type 8'],
    ['too few values', withWeight(varintField(1, 3), varintField(2, 1), lenField(9, new Uint8Array(8))), 'shape (3) and 2 values'],
    ['half a value in a list', withWeight(varintField(1, 1), varintField(2, 1), lenField(4, new Uint8Array(5))), '5 bytes'],
    ['half a value', withWeight(varintField(1, 1), varintField(2, 1), lenField(9, new Uint8Array(5))), '5 bytes'],
  ])('%s', (_name, model, text) => {
    expect(() => readGraph(model, 'the file')).toThrow(expect.objectContaining({ code: 'MODEL_UNREADABLE', message: expect.stringMatching(new RegExp(`the file.*${text.replaceAll(/[()]/g, '\\$&')}`)) }));
  });

  test('any bytes, and any file cut off or changed anywhere: read, or named', () => {
    const whole = writeGraph(graphOf([['w', { shape: [4], data: Float32Array.of(1, 2, 3, 4) }]]));
    const damaged = fc.oneof(fc.uint8Array({ maxLength: 80 }), fc.nat(whole.length).map((size) => whole.subarray(0, size)), fc.tuple(fc.nat(whole.length - 1), fc.nat(255)).map(([at, value]) => whole.with(at, value)));
    fc.assert(fc.property(damaged, (bytes) => {
      try {
        readGraph(bytes, 'file');
      } catch (error) {
        expect(error).toMatchObject({ code: 'MODEL_UNREADABLE' });
      }
    }), { numRuns: 500 });
  });
});
