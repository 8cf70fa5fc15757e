// Holds on to pictures of items until it is known whether a person should see them: the model was unsure, or its looks named
// different materials. What is kept of such an item is the picture that the model found hardest. Nothing is copied and nothing
// is encoded until an item leaves, and then only as often as the allowance says, so that sorting does not feel it.
//
//   crop ─ hold ─▶ running ─ judged ─▶ hardest so far ─ gone ─▶ JPEG, or nothing
//                     └── lost ──▶ released
import type { Clock } from '../base/clock.ts';
import type { MonotonicNs } from '../base/units.ts';
import { NS_PER_S } from '../base/units.ts';
import type { TrackId } from '../domain/item.ts';
import { encodeJpeg } from '../image/decode.ts';
import type { Mat } from '../image/opencv.ts';
import { cv, MatScope } from '../image/opencv.ts';
import type { HarvestOptions } from './options.ts';

/** Larger pictures are reduced: models look at half of this. */
const KEPT_SIDE_PX = 512;
const JPEG_QUALITY = 90;
const SECONDS_PER_HOUR = 3600;
/** Share of an hour's allowance that may be used up at once: what five minutes without a doubtful item save up. */
const BURST_SHARE = 1 / 12;

/** One picture in the holder's hands. */
export interface HeldCrop {
  readonly trackId: TrackId;
  picture: Mat | undefined;
}

interface TrackCrops {
  readonly held: Set<HeldCrop>;
  hardest: { readonly crop: HeldCrop; readonly confidence: number } | undefined;
  readonly sums: number[];
  readonly leaders: Set<number>;
  looks: number;
}

export class CropHolder {
  readonly #options: Pick<HarvestOptions, 'maxConfidence'>;
  readonly #clock: Clock;
  readonly #allowance: Allowance;
  readonly #byTrack = new Map<TrackId, TrackCrops>();

  constructor({ clock, options }: { clock: Clock; options: Pick<HarvestOptions, 'maxConfidence' | 'perHour'> }) {
    this.#clock = clock;
    this.#options = options;
    this.#allowance = new Allowance(options.perHour, clock.nowNs());
  }

  /** Takes `picture`, which is on its way into the model, over; undefined, and released, while the allowance is used up. */
  hold(trackId: TrackId, picture: Mat): HeldCrop | undefined {
    const crops = this.#byTrack.get(trackId) ?? { held: new Set(), hardest: undefined, sums: [], leaders: new Set(), looks: 0 };
    this.#byTrack.set(trackId, crops);
    if (!this.#allowance.isOpen(this.#clock.nowNs())) {
      picture.release();
      return undefined;
    }
    const crop: HeldCrop = { trackId, picture };
    crops.held.add(crop);
    return crop;
  }

  /** What the model said of a picture of the item; also of one that is not held, because the sum counts. */
  judged(trackId: TrackId, crop: HeldCrop | undefined, probabilities: readonly number[]): void {
    const crops = this.#byTrack.get(trackId);
    if (crops === undefined) return;
    const confidence = Math.max(...probabilities);
    crops.looks++;
    crops.leaders.add(probabilities.indexOf(confidence));
    for (const [index, probability] of probabilities.entries()) crops.sums[index] = (crops.sums[index] ?? 0) + probability;
    if (crop?.picture === undefined) return;
    if (crops.hardest !== undefined && crops.hardest.confidence <= confidence) return release(crop, crops);
    if (crops.hardest !== undefined) release(crops.hardest.crop, crops);
    crops.hardest = { crop, confidence };
  }

  /** Its run failed: nothing is known of it. */
  failed(crop: HeldCrop | undefined): void {
    const crops = crop === undefined ? undefined : this.#byTrack.get(crop.trackId);
    if (crop !== undefined && crops !== undefined) release(crop, crops);
  }

  /** JPEG of the item's hardest picture where a person should see it; everything else of it is released. */
  gone(trackId: TrackId): Uint8Array | undefined {
    const crops = this.#byTrack.get(trackId);
    if (crops === undefined) return undefined;
    this.#byTrack.delete(trackId);
    const picture = crops.hardest?.crop.picture;
    const isWanted = picture !== undefined && isDoubtful(crops, this.#options) && this.#allowance.take(this.#clock.nowNs());
    const jpeg = isWanted ? reducedJpeg(picture) : undefined;
    for (const crop of crops.held) release(crop, crops);
    return jpeg;
  }

  close(): void {
    for (const crops of this.#byTrack.values()) for (const crop of crops.held) release(crop, crops);
    this.#byTrack.clear();
  }
}

/** Unsure on the whole, or not of one mind. */
function isDoubtful({ sums, looks, leaders }: TrackCrops, { maxConfidence }: { maxConfidence: number }): boolean {
  return leaders.size > 1 || Math.max(...sums) / looks <= maxConfidence;
}

function release(crop: HeldCrop, { held }: TrackCrops): void {
  held.delete(crop);
  crop.picture?.release();
  crop.picture = undefined;
}

function reducedJpeg(picture: Mat): Uint8Array {
  const scale = KEPT_SIDE_PX / Math.max(picture.rows, picture.cols);
  if (scale >= 1) return encodeJpeg(picture, JPEG_QUALITY);
  using scope = new MatScope();
  return encodeJpeg(scope.own(picture.resize(Math.max(1, Math.round(picture.rows * scale)), Math.max(1, Math.round(picture.cols * scale)), 0, 0, cv.INTER_AREA)), JPEG_QUALITY);
}

/** So many an hour, evenly: what is not used is saved up to a burst, and no more. */
class Allowance {
  readonly #perHour: number;
  readonly #burst: number;
  #saved: number;
  #atNs: MonotonicNs;

  constructor(perHour: number, atNs: MonotonicNs) {
    this.#perHour = perHour;
    this.#burst = Math.max(1, perHour * BURST_SHARE);
    this.#saved = this.#burst;
    this.#atNs = atNs;
  }

  isOpen(atNs: MonotonicNs): boolean {
    this.#saved = Math.min(this.#burst, this.#saved + ((atNs - this.#atNs) / NS_PER_S / SECONDS_PER_HOUR) * this.#perHour);
    this.#atNs = atNs;
    return this.#saved >= 1;
  }

  take(atNs: MonotonicNs): boolean {
    if (!this.isOpen(atNs)) return false;
    this.#saved--;
    return true;
  }
}
