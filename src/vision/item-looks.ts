// What the vision process knows about one item's looks: how many it has had, whether it deserves another, and whether its
// departure can be told. Numbers only.
import type { BoxPx } from '../domain/frame.ts';
import type { BeltPosition, TrackId } from '../domain/item.ts';
import type { Material } from '../domain/material.ts';
import { MATERIALS } from '../domain/material.ts';
import type { LookOptions } from './options.ts';

export class ItemLooks {
  readonly trackId: TrackId;
  /** As of its latest whole sighting. */
  position: BeltPosition;
  boxPx: BoxPx;
  /** No further sighting comes; what is under way may still arrive. */
  isLeaving = false;
  #running = 0;
  #done = 0;
  readonly #sums: number[] = MATERIALS.map(() => 0);

  constructor(trackId: TrackId, position: BeltPosition, boxPx: BoxPx) {
    this.trackId = trackId;
    this.position = position;
    this.boxPx = boxPx;
  }

  /** Looks done or running. */
  get startedCount(): number {
    return this.#running + this.#done;
  }

  get isRunning(): boolean {
    return this.#running > 0;
  }

  /** The leading material with its mean probability over the looks; undefined before the first. */
  get best(): { material: Material; confidence: number } | undefined {
    if (this.#done === 0) return undefined;
    const index = this.#sums.indexOf(Math.max(...this.#sums));
    return { material: MATERIALS[index]!, confidence: this.#sums[index]! / this.#done };
  }

  wantsLook({ perItem, minLooks, enoughConfidence }: LookOptions): boolean {
    if (this.startedCount >= perItem) return false;
    const { best } = this;
    return this.#done < minLooks || best === undefined || best.confidence <= enoughConfidence;
  }

  started(): void {
    this.#running++;
  }

  failed(): void {
    this.#running--;
  }

  finished(probabilities: readonly number[]): void {
    this.#running--;
    this.#done++;
    for (const [index, probability] of probabilities.entries()) this.#sums[index]! += probability;
  }
}
