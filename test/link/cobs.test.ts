import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cobsDecodeInto, cobsEncodeInto, cobsMaxLength } from '../../src/link/cobs.ts';
import { crc16 } from '../../src/link/crc16.ts';
import { difference32, distance8, toU32, Unwrapper } from '../../src/link/modular.ts';
import { bytesOf, hexOf, vectors } from './vectors.ts';

function encode(plain: Uint8Array): Uint8Array {
  const coded = new Uint8Array(cobsMaxLength(plain.length));
  return coded.subarray(0, cobsEncodeInto(plain, coded));
}

function decode(coded: Uint8Array): Uint8Array | undefined {
  const plain = new Uint8Array(coded.length);
  const length = cobsDecodeInto(coded, plain);
  return length < 0 ? undefined : plain.subarray(0, length);
}

describe('COBS', () => {
  it.each(vectors.cobs)('codes $plain', ({ plain, coded }) => {
    expect(hexOf(encode(bytesOf(plain)))).toBe(coded);
    expect(hexOf(decode(bytesOf(coded))!)).toBe(plain);
  });

  it('leaves no zero, adds at most one byte per 254 and one, and comes back', () => {
    fc.assert(fc.property(fc.uint8Array({ minLength: 1, maxLength: 700 }), (plain) => {
      const coded = encode(plain);
      expect(coded.includes(0)).toBe(false);
      expect(coded.length).toBeLessThanOrEqual(cobsMaxLength(plain.length));
      expect(decode(coded)).toEqual(plain);
    }));
  });

  it('decodes in place, and never past the end of anything', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      const apart = decode(bytes);
      const inPlace = bytes.slice();
      const length = cobsDecodeInto(inPlace, inPlace);
      expect(length < 0 ? undefined : inPlace.subarray(0, length)).toEqual(apart);
    }));
  });

  it('refuses what is not COBS', () => {
    expect(decode(bytesOf(''))).toBeUndefined();
    expect(decode(bytesOf('05 11 22'))).toBeUndefined();
    expect(decode(bytesOf('02 00 01'))).toBeUndefined();
  });
});

describe('CRC-16/CCITT-FALSE', () => {
  it.each(vectors.crc16)('of [$bytes] is $crc', ({ bytes, crc }) => {
    expect(crc16(bytesOf(bytes))).toBe(Number.parseInt(crc, 16));
  });

  it('may be computed in pieces', () => {
    fc.assert(fc.property(fc.uint8Array(), fc.nat(), (bytes, at) => {
      const cut = at % (bytes.length + 1);
      expect(crc16(bytes, { start: cut }, crc16(bytes, { end: cut }))).toBe(crc16(bytes));
    }));
  });

  it('sees every single and double bit error in a frame', () => {
    fc.assert(fc.property(fc.uint8Array({ minLength: 6, maxLength: 64 }), fc.nat(), fc.nat(), (bytes, first, second) => {
      const bits = bytes.length * 8;
      const damaged = bytes.slice();
      for (const bit of new Set([first % bits, second % bits])) damaged[bit >> 3]! ^= 1 << (bit & 7);
      expect(crc16(damaged)).not.toBe(crc16(bytes));
    }));
  });
});

describe('modular arithmetic', () => {
  it.each(vectors.difference32)('$a − $b is $difference', ({ a, b, difference }) => {
    expect(difference32(a, b)).toBe(difference);
  });

  it('counts sequence numbers modulo 256', () => {
    expect(distance8(2, 254)).toBe(4);
    expect(distance8(254, 2)).toBe(252);
  });

  it('unwraps forwards and backwards across the wrap', () => {
    const unwrapper = new Unwrapper();
    expect([4294967290, 5, 4294967290, 100].map((raw) => unwrapper.unwrap(raw))).toEqual([4294967290, 4294967301, 4294967290, 4294967396]);
    expect(unwrapper.peek(50)).toBe(4294967346);
    expect(unwrapper.last).toBe(4294967396);
  });

  it('follows any walk whose steps stay under 2^31, below zero too', () => {
    fc.assert(fc.property(fc.nat({ max: 0xffff_ffff }), fc.array(fc.integer({ min: -0x7fff_ffff, max: 0x7fff_ffff })), (start, steps) => {
      const unwrapper = new Unwrapper();
      let truth = start;
      unwrapper.unwrap(start);
      for (const step of steps) expect(unwrapper.unwrap(toU32(truth += step))).toBe(truth);
    }));
  });
});
