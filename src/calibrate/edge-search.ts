// Finds the stretch of aims at which an actuator moves an item, one item per try: first any hit, then either edge between a hit and
// a miss, halving what lies between. Pure: it says where to aim next and is told what happened.
//
//   miss ······ miss │ hit ─────────── hit │ miss          aim ──▶
//               lower edge            upper edge
import type { Millimetres } from '../base/units.ts';

export interface EdgeSearchOptions {
  /** Where the middle is believed to be, and how wide the stretch. */
  readonly middleMm: Millimetres;
  readonly widthMm: Millimetres;
  /** How far from the middle a first hit is sought. */
  readonly reachMm: Millimetres;
  /** Each edge is known to half of this. */
  readonly resolutionMm: Millimetres;
}

/** Aims that hit: from and to, each in the middle between the last miss and the first hit. */
export interface HitWindow {
  readonly fromMm: Millimetres;
  readonly toMm: Millimetres;
  /** Between the last miss and the first hit, at the wider of both edges. */
  readonly unsureMm: Millimetres;
}

export class EdgeSearch {
  readonly #options: EdgeSearchOptions;
  readonly #hits: Millimetres[] = [];
  readonly #misses: Millimetres[] = [];
  #seeks = 0;

  constructor(options: EdgeSearchOptions) {
    this.#options = options;
  }

  get tries(): number {
    return this.#hits.length + this.#misses.length;
  }

  told(aimMm: Millimetres, isHit: boolean): void {
    (isHit ? this.#hits : this.#misses).push(aimMm);
    if (this.#hits.length === 0) this.#seeks++;
  }

  /** Undefined when both edges are known, or nothing hits within reach. */
  next(): Millimetres | undefined {
    const { resolutionMm, widthMm } = this.#options;
    if (this.#hits.length === 0) return this.#seek();
    const { lowest, highest, below, above } = this.#bounds();
    if (below === undefined) return lowest - widthMm;
    if (above === undefined) return highest + widthMm;
    // The edge that is less certain first.
    if (lowest - below >= above - highest && lowest - below > resolutionMm) return (lowest + below) / 2;
    return above - highest > resolutionMm ? (highest + above) / 2 : undefined;
  }

  /** Undefined until both edges were found. */
  get window(): HitWindow | undefined {
    if (this.#hits.length === 0) return undefined;
    const { lowest, highest, below, above } = this.#bounds();
    if (below === undefined || above === undefined) return undefined;
    return { fromMm: (lowest + below) / 2, toMm: (highest + above) / 2, unsureMm: Math.max(lowest - below, above - highest) };
  }

  /** Outwards from the middle, to either side in turn. */
  #seek(): Millimetres | undefined {
    const { middleMm, widthMm, reachMm } = this.#options;
    const distance = Math.ceil(this.#seeks / 2) * (widthMm / 2);
    if (distance > reachMm) return undefined;
    return middleMm + (this.#seeks % 2 === 0 ? distance : -distance);
  }

  #bounds(): { lowest: Millimetres; highest: Millimetres; below: Millimetres | undefined; above: Millimetres | undefined } {
    const lowest = Math.min(...this.#hits), highest = Math.max(...this.#hits);
    const under = this.#misses.filter((aim) => aim < lowest), over = this.#misses.filter((aim) => aim > highest);
    return { lowest, highest, below: under.length === 0 ? undefined : Math.max(...under), above: over.length === 0 ? undefined : Math.min(...over) };
  }
}
