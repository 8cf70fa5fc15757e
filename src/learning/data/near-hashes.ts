// All pairs of hashes that differ in few bits, without comparing each with each: multi-index hashing (Norouzi, Punjani, Fleet,
// "Fast search in Hamming space with multi-index hashing", CVPR 2012). Two hashes within distance d agree, in at least one of
// four bands of 16 bits, up to d / 4 bits; so each hash looks into the few buckets around its own four bands.
import type { PictureHash } from './picture-hash.ts';
import { hashDistance, turnedHashes } from './picture-hash.ts';

export interface NearPair {
  /** Indices; `first` is smaller. */
  readonly first: number;
  readonly second: number;
  readonly distance: number;
  /** How `second` is mirrored and turned where it is nearest; 0 is not at all. */
  readonly turn: number;
}

export interface NearHashOptions {
  /** Largest distance, bits. */
  readonly maxDistance: number;
  /** Whether a mirrored or turned picture counts as near. */
  readonly isTurnedNear: boolean;
}

const BANDS = 4;
const BAND_BITS = 16;
const NOBODY = -1;

/** The pairs within `maxDistance`, each once, by `second` and then by `first`. */
export function nearPairs(hashes: readonly PictureHash[], { maxDistance, isTurnedNear }: NearHashOptions): NearPair[] {
  const index = new BandIndex(hashes, Math.floor(maxDistance / BANDS));
  const pairs: NearPair[] = [];
  for (const [second, hash] of hashes.entries()) {
    const nearest = new Map<number, NearPair>();
    for (const [turn, turned] of (isTurnedNear ? turnedHashes(hash) : [hash]).entries()) {
      index.eachCandidate(turned, (first) => {
        const distance = hashDistance(hashes[first]!, turned);
        if (distance <= maxDistance && distance < (nearest.get(first)?.distance ?? Infinity)) nearest.set(first, { first, second, distance, turn });
      });
    }
    pairs.push(...[...nearest.values()].sort((a, b) => a.first - b.first));
    index.add(second);
  }
  return pairs;
}

/** For each band, the hashes by its 16 bits: lists chained through arrays, because most of all time is spent looking into empty ones. */
class BandIndex {
  readonly #hashes: readonly PictureHash[];
  readonly #probes: Uint16Array;
  readonly #heads = Array.from({ length: BANDS }, () => new Int32Array(1 << BAND_BITS).fill(NOBODY));
  readonly #next: readonly Int32Array[];

  constructor(hashes: readonly PictureHash[], radius: number) {
    this.#hashes = hashes;
    this.#probes = Uint16Array.from(wordsWithin(radius));
    this.#next = Array.from({ length: BANDS }, () => new Int32Array(hashes.length));
  }

  add(index: number): void {
    for (let band = 0; band < BANDS; band++) {
      const key = bandOf(this.#hashes[index]!, band);
      this.#next[band]![index] = this.#heads[band]![key]!;
      this.#heads[band]![key] = index;
    }
  }

  /** Those that may be near, some of them more than once. */
  eachCandidate(hash: PictureHash, visit: (index: number) => void): void {
    for (let band = 0; band < BANDS; band++) {
      const [heads, next, key] = [this.#heads[band]!, this.#next[band]!, bandOf(hash, band)];
      for (const probe of this.#probes) {
        for (let index = heads[key ^ probe]!; index !== NOBODY; index = next[index]!) visit(index);
      }
    }
  }
}

function bandOf(hash: PictureHash, band: number): number {
  return (hash[band >>> 1]! >>> (BAND_BITS * (band & 1))) & 0xffff;
}

/** Every 16-bit word with at most `count` bits set. */
function wordsWithin(count: number): number[] {
  const found = [0];
  for (let size = 1, layer = [0]; size <= Math.min(count, BAND_BITS); size++) {
    layer = layer.flatMap((word) => Array.from({ length: BAND_BITS }, (_, bit) => 1 << bit).filter((bit) => bit > word).map((bit) => word | bit));
    found.push(...layer);
  }
  return found;
}
