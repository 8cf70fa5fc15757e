// What the vision process tells the line about one object on the belt, from first whole sight to leaving the view.
import type { EncoderCounts, Millimetres, Milliseconds, MonotonicNs, Ratio } from '../base/units.ts';
import type { BoxPx } from './frame.ts';
import type { Material } from './material.ts';

/** Number of a track, unique within one life of the vision process. */
export type TrackId = number;

/** Where an object lies on the belt. */
export interface BeltPosition {
  /** Encoder count at which the object's centre passes (or passed) the camera origin, x = 0 mm. Constant while it rides the belt. */
  readonly positionCounts: EncoderCounts;
  /** Across the belt, mm from the calibrated edge. */
  readonly yMm: Millimetres;
  /** Extent along travel, mm. */
  readonly lengthMm: Millimetres;
  /** Extent across the belt, mm. */
  readonly widthMm: Millimetres;
}

/** One classified picture of an object. */
export interface Look {
  readonly trackId: TrackId;
  readonly frameSequence: number;
  readonly capturedAtNs: MonotonicNs;
  readonly boxPx: BoxPx;
  readonly position: BeltPosition;
  /** One per material, in the order of MATERIALS; sums to 1. */
  readonly probabilities: readonly Ratio[];
  readonly material: Material;
  readonly confidence: Ratio;
  /** Time the classifier spent on the batch this look was in. */
  readonly inferenceMs: Milliseconds;
  /** Time between the crop being ready and its inference starting. */
  readonly waitedMs: Milliseconds;
  /** SHA-256 of the model that looked, hex. */
  readonly modelSha256: string;
}

/** An object seen whole for the first time. */
export interface Sighting {
  readonly trackId: TrackId;
  readonly frameSequence: number;
  readonly capturedAtNs: MonotonicNs;
  readonly boxPx: BoxPx;
  readonly position: BeltPosition;
}
