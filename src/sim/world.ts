// What truly lies on the virtual belt: an endless (or counted) stream of items made from a seed. Item k is the same
// whatever was asked before, in whichever process; only WorldOptions, plain data, cross between processes. It draws
// nothing and moves nothing: the renderer and the landing do, each from the same items.
//
//   slot k of one pitch:  │←gap/2→[····item k····]←───slack───→←gap/2→│ slot k+1 …      (travel: item 0 goes first)
import { SortlineError } from '../base/errors.ts';
import type { Random } from '../base/random.ts';
import { createRandom, shuffled } from '../base/random.ts';
import type { EncoderCounts, Millimetres } from '../base/units.ts';
import type { Material } from '../domain/material.ts';
import { MATERIALS } from '../domain/material.ts';
import type { WorldPhoto } from './photos.ts';

export interface WorldOptions {
  /** Everything follows from it. */
  readonly seed: number;
  readonly countsPerMm: number;
  /** Together with the speed: the pitch. */
  readonly itemsPerSecond: number;
  readonly beltMmPerSecond: number;
  /** Items in all; endless where absent. */
  readonly itemCount?: number;
  /** Default 450. */
  readonly beltWidthMm?: Millimetres;
  /** Empty belt before the first item's slot, so that the vision can learn the background. Default 1000. */
  readonly leadInMm?: Millimetres;
  /** True belt travel at which the lead-in begins. Default 0. */
  readonly startCounts?: EncoderCounts;
  /** Smallest clear distance along travel between two items that do not touch. Default 40. */
  readonly minGapMm?: Millimetres;
  /** How many different items there are, each with its shape, turn and drawing; no two are alike where absent. */
  readonly distinctItems?: number;
  /** Share of neighbouring pairs (2j, 2j+1) that lie end to end, 0 … 1. Default 0: every item can be counted. */
  readonly touchingShare?: number;
  /** Items are cards with these photographs instead of drawings. */
  readonly photos?: readonly WorldPhoto[];
  /** Relative frequency of each material among drawn items; equal where absent. */
  readonly materialWeights?: Partial<Readonly<Record<Material, number>>>;
}

export interface WorldItem {
  readonly index: number;
  /** True belt travel at which the item's centre passes the camera origin, x = 0. */
  readonly entryCounts: EncoderCounts;
  /** Centre, mm from the belt's edge. */
  readonly yMm: Millimetres;
  /** The item's own length and width, before it is turned by `rotationRad`. */
  readonly lengthMm: Millimetres;
  readonly widthMm: Millimetres;
  /** Counter-clockwise from the direction of travel in belt coordinates. */
  readonly rotationRad: number;
  readonly material: Material;
  /** Seed of whatever the renderer draws. */
  readonly drawingSeed: number;
  readonly photo?: WorldPhoto;
}

export interface World {
  readonly options: WorldOptions;
  /** Mean distance between items along travel. */
  readonly pitchCounts: number;
  /** Items in all; Infinity where endless. */
  readonly itemCount: number;
  /** The k-th item, k from 0; undefined beyond the last. */
  item(index: number): WorldItem | undefined;
  /** Items with fromCounts ≤ entryCounts < toCounts, in order. */
  itemsBetween(fromCounts: EncoderCounts, toCounts: EncoderCounts): WorldItem[];
}

const LENGTH_MM = { min: 60, max: 160 };
const WIDTH_MM = { min: 40, max: 140 };
/** A 4:3 photograph, long side along travel. */
const CARD_MM = { length: 213, width: 160 };
/** Of any item along travel, however it is turned. */
export const LONGEST_ITEM_MM: Millimetres = Math.max(CARD_MM.length, Math.hypot(LENGTH_MM.max, WIDTH_MM.max));
/** Clear belt beside an item, so that its picture never touches the frame's edge. */
const EDGE_MM = 12;

/** Streams of the world's seed: what is drawn for one purpose never shifts what is drawn for another. */
const STREAM = { items: 1, pairs: 2, shuffles: 3, distinct: 4 };

/** Throws USAGE where the pitch is too short for the items or the belt too narrow. */
export function createWorld(options: WorldOptions): World {
  return new SeededWorld(options);
}

class SeededWorld implements World {
  readonly options: WorldOptions;
  readonly pitchCounts: number;
  readonly itemCount: number;
  readonly #random: Random;
  readonly #pitchMm: number;
  readonly #roomMm: number;
  readonly #beltWidthMm: number;
  readonly #originMm: number;
  #shuffle: { round: number; order: readonly number[] } | undefined;

  constructor(options: WorldOptions) {
    this.options = options;
    this.itemCount = options.itemCount ?? Infinity;
    this.#random = createRandom(options.seed);
    this.#pitchMm = options.beltMmPerSecond / options.itemsPerSecond;
    this.pitchCounts = this.#pitchMm * options.countsPerMm;
    this.#roomMm = this.#pitchMm - (options.minGapMm ?? 40);
    this.#beltWidthMm = options.beltWidthMm ?? 450;
    this.#originMm = (options.startCounts ?? 0) / options.countsPerMm + (options.leadInMm ?? 1000);
    this.#check();
  }

  item(index: number): WorldItem | undefined {
    if (!Number.isInteger(index) || index < 0 || index >= this.itemCount) return undefined;
    return this.#touchesPrevious(index) ? this.#besidePrevious(index) : this.#inSlot(index);
  }

  itemsBetween(fromCounts: EncoderCounts, toCounts: EncoderCounts): WorldItem[] {
    const originCounts = this.#originMm * this.options.countsPerMm;
    // A touching item may reach into the slot before its own.
    const first = Math.max(0, Math.floor((fromCounts - originCounts) / this.pitchCounts));
    const last = Math.min(this.itemCount - 1, Math.ceil((toCounts - originCounts) / this.pitchCounts) + 1);
    const items: WorldItem[] = [];
    for (let index = first; index <= last; index++) {
      const item = this.item(index)!;
      if (item.entryCounts >= fromCounts && item.entryCounts < toCounts) items.push(item);
    }
    return items;
  }

  /** Item `index` alone in its slot: anywhere along it that leaves half the gap at either end. */
  #inSlot(index: number): WorldItem {
    const { distinctItems } = this.options;
    const random = this.#random.fork(STREAM.items).fork(index);
    const looks = distinctItems === undefined ? random : this.#random.fork(STREAM.distinct).fork(random.integer(0, distinctItems - 1));
    const shape = this.#shape(index, looks);
    const extent = extentOf(shape);
    const slackMm = Math.max(0, this.#roomMm - extent.alongMm);
    const centreMm = this.#originMm + (index + 0.5) * this.#pitchMm + random.between(-slackMm / 2, slackMm / 2);
    const sideMm = Math.max(0, (this.#beltWidthMm - extent.acrossMm) / 2 - EDGE_MM);
    return {
      index, ...shape,
      entryCounts: centreMm * this.options.countsPerMm,
      yMm: this.#beltWidthMm / 2 + random.between(-sideMm, sideMm),
      drawingSeed: looks.integer(0, 0xffff_ffff),
    };
  }

  /** Pulled up to the item before it: same line of travel, ends meeting. */
  #besidePrevious(index: number): WorldItem {
    const previous = this.#inSlot(index - 1);
    const item = this.#inSlot(index);
    const distanceMm = (extentOf(previous).alongMm + extentOf(item).alongMm) / 2;
    const sideMm = Math.max(0, (this.#beltWidthMm - extentOf(item).acrossMm) / 2 - EDGE_MM);
    const middleMm = this.#beltWidthMm / 2;
    return {
      ...item,
      entryCounts: previous.entryCounts + distanceMm * this.options.countsPerMm,
      yMm: Math.min(middleMm + sideMm, Math.max(middleMm - sideMm, previous.yMm)),
    };
  }

  #shape(index: number, random: Random): Pick<WorldItem, 'lengthMm' | 'widthMm' | 'rotationRad' | 'material' | 'photo'> {
    const { photos } = this.options;
    if (photos !== undefined && photos.length > 0) {
      const photo = photos[this.#photoIndex(index, photos.length)]!;
      return { lengthMm: CARD_MM.length, widthMm: CARD_MM.width, rotationRad: 0, material: photo.material, photo };
    }
    const shape = {
      lengthMm: Math.min(this.#roomMm, random.between(LENGTH_MM.min, LENGTH_MM.max)),
      widthMm: random.between(WIDTH_MM.min, WIDTH_MM.max),
      rotationRad: random.between(-Math.PI, Math.PI),
      material: this.#material(random),
    };
    // Ends of touching items meet only when they lie straight; and a turned item that is too long for its slot is laid straight.
    const straight = this.#isInTouchingPair(index) || extentOf(shape).alongMm > this.#roomMm;
    return straight ? { ...shape, rotationRad: 0 } : shape;
  }

  #material(random: Random): Material {
    const weights = this.options.materialWeights;
    const weightOf = (material: Material): number => (weights === undefined ? 1 : (weights[material] ?? 0));
    let rest = random.next() * MATERIALS.reduce((sum, material) => sum + weightOf(material), 0);
    for (const material of MATERIALS) {
      rest -= weightOf(material);
      if (rest < 0) return material;
    }
    return MATERIALS.findLast((material) => weightOf(material) > 0)!;
  }

  #isInTouchingPair(index: number): boolean {
    const share = this.options.touchingShare ?? 0;
    return share > 0 && this.#random.fork(STREAM.pairs).fork(index >> 1).next() < share;
  }

  #touchesPrevious(index: number): boolean {
    return index % 2 === 1 && this.#isInTouchingPair(index);
  }

  /** Each photograph once per round of all of them, every round in another order. */
  #photoIndex(index: number, count: number): number {
    const round = Math.floor(index / count);
    if (this.#shuffle?.round !== round) {
      this.#shuffle = { round, order: shuffled(Array(count).keys(), this.#random.fork(STREAM.shuffles).fork(round)) };
    }
    return this.#shuffle.order[index % count]!;
  }

  #check(): void {
    const { photos, countsPerMm, itemsPerSecond, beltMmPerSecond } = this.options;
    const context = { ...this.options, photos: photos?.length };
    if (!(countsPerMm > 0 && itemsPerSecond > 0 && beltMmPerSecond > 0)) {
      throw new SortlineError('USAGE', `the world needs counts per mm, items per second and belt speed above 0, got ${countsPerMm}, ${itemsPerSecond} and ${beltMmPerSecond}`, { context });
    }
    const longestMm = photos === undefined ? LENGTH_MM.min : CARD_MM.length;
    if (this.#roomMm < longestMm) {
      throw new SortlineError('USAGE', `at ${itemsPerSecond} items/s on a belt at ${beltMmPerSecond} mm/s items follow each other every ${this.#pitchMm.toFixed(0)} mm, but ${photos === undefined ? 'items' : 'photograph cards'} of ${longestMm} mm need ${(longestMm + this.#pitchMm - this.#roomMm).toFixed(0)} mm: lower the rate or raise the belt speed`, { context });
    }
    const widestMm = 2 * EDGE_MM + (photos === undefined ? Math.hypot(LENGTH_MM.max, WIDTH_MM.max) : CARD_MM.width);
    if (this.#beltWidthMm < widestMm) {
      throw new SortlineError('USAGE', `a belt ${this.#beltWidthMm} mm wide cannot carry the virtual items: at least ${Math.ceil(widestMm)} mm are needed`, { context });
    }
    if (photos !== undefined && photos.length === 0) throw new SortlineError('USAGE', 'the list of photographs for the virtual belt is empty: give at least one', { context });
  }
}

/** Extent of the turned item's rectangle along travel and across the belt, mm. */
export function extentOf(item: Pick<WorldItem, 'lengthMm' | 'widthMm' | 'rotationRad'>): { alongMm: Millimetres; acrossMm: Millimetres } {
  const cos = Math.abs(Math.cos(item.rotationRad));
  const sin = Math.abs(Math.sin(item.rotationRad));
  return { alongMm: item.lengthMm * cos + item.widthMm * sin, acrossMm: item.lengthMm * sin + item.widthMm * cos };
}
