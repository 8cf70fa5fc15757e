// Finds and follows items without judging them: what calibration needs of the eyes. The same segmentation and tracking as the
// line's, and no model.
import type { EncoderCounts, Millimetres } from '../base/units.ts';
import type { Calibration } from '../domain/calibration.ts';
import type { Frame } from '../domain/frame.ts';
import type { BeltPosition, TrackId } from '../domain/item.ts';
import type { Mat } from '../image/opencv.ts';
import type { VisionOptions } from './options.ts';
import { Segmenter } from './segment.ts';
import { Tracker } from './track.ts';
import { ViewGeometry } from './view-geometry.ts';

/** An item seen whole in the current frame. */
export interface SightedItem {
  readonly trackId: TrackId;
  /** Mean over its sightings so far. */
  readonly position: BeltPosition;
  /** Where its middle is now, mm past the camera origin. */
  readonly xMm: Millimetres;
}

export class BeltEyes {
  readonly #calibration: Calibration;
  readonly #segmenter: Segmenter;
  readonly #tracker: Tracker;
  /** Extent of the picture along travel, mm. */
  readonly viewMm: Millimetres;

  constructor(calibration: Calibration, options: VisionOptions) {
    const view = new ViewGeometry(calibration);
    this.#calibration = calibration;
    this.#segmenter = new Segmenter(options.segment, view);
    this.#tracker = new Tracker(options.track, view);
    this.viewMm = view.lengthMm;
  }

  /** The items that are whole in this frame; its image stays the caller's. */
  look(frame: Frame<Mat>): SightedItem[] {
    const { whole } = this.#tracker.update(this.#segmenter.segment(frame), frame.encoderCounts);
    this.#segmenter.learnBelt();
    return whole.map(({ trackId, position }) => ({ trackId, position, xMm: this.#travelledMm(position.positionCounts, frame.encoderCounts) }));
  }

  release(): void {
    this.#segmenter.release();
  }

  #travelledMm(positionCounts: EncoderCounts, nowCounts: EncoderCounts): Millimetres {
    return (nowCounts - positionCounts) / this.#calibration.countsPerMm;
  }
}
