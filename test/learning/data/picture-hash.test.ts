import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeImage, encodeJpeg } from '../../../src/image/decode.ts';
import type { Mat } from '../../../src/image/opencv.ts';
import { cv, MatScope } from '../../../src/image/opencv.ts';
import { colourLayout, layoutSimilarity } from '../../../src/learning/data/colour-layout.ts';
import { nearPairs } from '../../../src/learning/data/near-hashes.ts';
import type { PictureHash } from '../../../src/learning/data/picture-hash.ts';
import { hashDistance, hashText, parseHash, pictureHash, TURNS, turnedHashes } from '../../../src/learning/data/picture-hash.ts';
import { drawnScene } from './drawn-pictures.ts';

const anyWord = fc.integer({ min: 0, max: 0xffff_ffff });
const anyHash: fc.Arbitrary<PictureHash> = fc.tuple(anyWord, anyWord);
const SEEDS = Array.from({ length: 12 }, (_, seed) => seed);

describe('pictureHash', () => {
  const changes: Record<string, (image: Mat) => Mat> = {
    'compressed hard': (image) => decodeImage(encodeJpeg(image, 40), 'x.jpg'),
    'halved': (image) => image.resize(36, 48, 0, 0, cv.INTER_AREA),
    'darker': (image) => image.convertTo(cv.CV_8UC3, 0.8, 5),
  };
  test.each(Object.entries(changes))('hardly changes when a picture is %s', (_, change) => {
    for (const seed of SEEDS) {
      using scope = new MatScope();
      const image = scope.own(drawnScene(seed));
      const changed = scope.own(change(image));
      expect(hashDistance(pictureHash(image), pictureHash(changed))).toBeLessThanOrEqual(6);
      expect(layoutSimilarity(colourLayout(image), colourLayout(changed))).toBeGreaterThan(0.97);
    }
  });

  test('tells scenes apart', () => {
    using scope = new MatScope();
    const hashes = SEEDS.map((seed) => pictureHash(scope.own(drawnScene(seed))));
    for (const [index, hash] of hashes.entries()) for (const other of hashes.slice(0, index)) expect(hashDistance(hash, other)).toBeGreaterThan(10);
  });

  test('of a blank picture is 0, whatever its grey', () => {
    using scope = new MatScope();
    for (const grey of [0, 127, 255]) expect(pictureHash(scope.own(new cv.Mat(50, 70, cv.CV_8UC3, [grey, grey, grey])))).toEqual([0, 0]);
  });

  test('the hash of a mirrored or turned picture follows from its hash, and its layout fits as that turn', () => {
    using scope = new MatScope();
    for (const seed of SEEDS) {
      const image = scope.own(drawnScene(seed));
      for (const turn of TURNS) {
        // A picture that is so turned is `image` again once it is turned as `turn` says.
        const across = turn & 4 ? scope.own(image.transpose()) : image;
        const turned = [turn & 1 ? 1 : [], turn & 2 ? 0 : []].flat().reduce((mat, axis) => scope.own(mat.flip(axis)), across);
        expect(hashDistance(turnedHashes(pictureHash(image))[turn]!, pictureHash(turned))).toBeLessThanOrEqual(2);
        expect(layoutSimilarity(colourLayout(turned), colourLayout(image), turn)).toBeGreaterThan(0.999);
      }
    }
  });

  test('is written and read back', () => {
    fc.assert(fc.property(anyHash, (hash) => { expect(parseHash(hashText(hash))).toEqual(hash); }));
    for (const text of ['', '0', '0123456789abcdeg', '0123456789ABCDEF', '0123456789abcdef0']) expect(parseHash(text)).toBeUndefined();
  });
});

test('hashDistance counts bits', () => {
  fc.assert(fc.property(anyHash, fc.uniqueArray(fc.nat(63)), ([low, high], bits) => {
    const flipped = bits.reduce<[number, number]>(([a, b], bit) => (bit < 32 ? [(a ^ (1 << bit)) >>> 0, b] : [a, (b ^ (1 << (bit - 32))) >>> 0]), [low, high]);
    expect(hashDistance([low, high], flipped)).toBe(bits.length);
  }));
});

describe('nearPairs', () => {
  /** Hashes in clusters, so that some are near. */
  const anyHashes = fc.array(fc.tuple(anyHash, fc.array(fc.array(fc.nat(63), { maxLength: 9 }), { maxLength: 4 })), { maxLength: 12 }).map((clusters) => clusters.flatMap(([hash, variants]) => [hash, ...variants.map((bits) => bits.reduce<PictureHash>(([a, b], bit) => (bit < 32 ? [(a ^ (1 << bit)) >>> 0, b] : [a, (b ^ (1 << (bit - 32))) >>> 0]), hash))]));

  test('finds what comparing each with each finds', () => {
    fc.assert(fc.property(anyHashes, fc.nat(15), fc.boolean(), (hashes, maxDistance, isTurnedNear) => {
      const expected = hashes.flatMap((hash, second) => hashes.slice(0, second).flatMap((other, first) => {
        const distances = (isTurnedNear ? turnedHashes(hash) : [hash]).map((turned) => hashDistance(other, turned));
        const distance = Math.min(...distances);
        return distance > maxDistance ? [] : [{ first, second, distance, turn: distances.indexOf(distance) }];
      }));
      expect(nearPairs(hashes, { maxDistance, isTurnedNear })).toEqual(expected);
    }), { numRuns: 60 });
  });
});
