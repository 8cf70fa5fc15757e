import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { storeWeightsAsFloat16 } from '../../src/onnx/store-float16.ts';
import { openOnnxSession } from '../../src/classify/onnx-session.ts';
import { joinBytes, lenField, varintField } from '../../src/base/protobuf-fields.ts';
import { readFields } from '../../src/onnx/protobuf-wire.ts';
import { tinyModel } from '../classify/tiny-model.ts';

async function logits(model: Uint8Array, labels: number): Promise<Float32Array> {
  const { session } = await openOnnxSession(model, { providers: ['cpu'], require: undefined, threads: { intraOp: 1, spinning: false } });
  const { values } = await session.run(Uint8Array.from({ length: 16 * 16 * 3 }, (_, index) => (index * 31) % 256), [1, 16, 16, 3]);
  expect(values).toHaveLength(labels);
  await session.close();
  return values;
}

describe('storeWeightsAsFloat16', () => {
  it('halves large weights and keeps what the model says within the rounding', async () => {
    // 3 x 600 float32 are 7,200 bytes: above the size worth converting.
    const exact = tinyModel({ labels: 600 });
    const { model, convertedTensors, maxError } = storeWeightsAsFloat16(exact, 'tiny');
    expect(convertedTensors).toBe(1);
    expect(exact.length - model.length).toBeGreaterThan(3000);
    expect(maxError).toBeLessThan(2 ** -11 * 0.05);
    const before = await logits(exact, 600), after = await logits(model, 600);
    after.forEach((value, index) => expect(Math.abs(value - before[index]!)).toBeLessThan(3 * 255 * maxError + 1e-4));
  });

  it('leaves small weights exact: the model stays byte for byte', () => {
    const exact = tinyModel();
    expect(storeWeightsAsFloat16(exact, 'tiny')).toMatchObject({ convertedTensors: 0, maxError: 0 });
    expect(storeWeightsAsFloat16(exact, 'tiny').model).toEqual(exact);
  });

  it('refuses a weight that a float16 cannot hold', () => {
    const large = new Float32Array(2000).fill(70_000);
    const tensor = joinBytes([varintField(1, 2000), varintField(2, 1), lenField(8, 'huge'), lenField(9, new Uint8Array(large.buffer))]);
    expect(() => storeWeightsAsFloat16(lenField(7, lenField(5, tensor)), 'big')).toThrow(expect.objectContaining({ code: 'MODEL_MISMATCH', message: expect.stringContaining('70000 of huge') }));
  });

  it('names a model cut off at any byte of its frame', () => {
    const whole = tinyModel({ labels: 600 });
    for (let size = 3; size < 60; size++) {
      expect(() => storeWeightsAsFloat16(whole.subarray(0, size), 'cut')).toThrow(expect.objectContaining({ code: 'MODEL_UNREADABLE' }));
    }
  });
});

describe('protobuf wire format', () => {
  it('reads back what it writes', () => {
    fc.assert(fc.property(fc.integer({ min: 1, max: 100_000 }), fc.nat(2 ** 53 - 1), fc.uint8Array({ maxLength: 300 }), (number, value, bytes) => {
      const [first, second] = [...readFields(joinBytes([varintField(number, value), lenField(number, bytes)]), 'test')];
      expect(first).toMatchObject({ number, value });
      expect(second!.number).toBe(number);
      expect([...second!.payload]).toEqual([...bytes]);
    }));
  });

  it('never reads past the end of damaged bytes', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
      try {
        for (const field of readFields(bytes, 'noise')) expect(field.whole.length).toBeLessThanOrEqual(bytes.length);
      } catch (error) {
        expect(error).toMatchObject({ code: 'MODEL_UNREADABLE' });
      }
    }));
  });
});
