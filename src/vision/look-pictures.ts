// The pictures that looks are taken from: cut out of a frame, corrected and prepared when the classifier takes them, and kept on hold where
// a person may want to see them.
import type { Frame } from '../domain/frame.ts';
import type { Mat } from '../image/opencv.ts';
import { cv, MatScope } from '../image/opencv.ts';
import type { WaitingPicture } from './batcher.ts';
import { correctedPatch } from './corrected-patch.ts';
import { cropItem, roundedBox } from './crop.ts';
import type { CropHolder, HeldCrop } from './crop-holder.ts';
import type { Detection } from './detection.ts';
import type { ItemLooks } from './item-looks.ts';
import type { CropOptions } from './options.ts';
import { preprocess } from './preprocess.ts';
import type { ViewGeometry } from './view-geometry.ts';

/** One picture on its way through the classifier. */
export interface LookTag {
  /** Of its item; undefined where the look was begun early and no item has come of it. */
  looks: ItemLooks | undefined;
  readonly frame: Pick<Frame, 'sequence' | 'capturedAtNs'>;
  readonly boxPx: ItemLooks['boxPx'];
  /** Held for its item. */
  crop: HeldCrop | undefined;
  /** Still to be held, once there is an item. */
  unheld: Mat | undefined;
}

export function tagOf({ sequence, capturedAtNs }: Frame<Mat>, { boxPx }: Detection, looks: ItemLooks | undefined): LookTag {
  return { looks, frame: { sequence, capturedAtNs }, boxPx: roundedBox(boxPx), crop: undefined, unheld: undefined };
}

export interface LookPicturesDeps {
  readonly view: ViewGeometry;
  readonly options: CropOptions;
  /** Where pictures may be wanted later. */
  readonly holder: CropHolder | undefined;
}

export class LookPictures {
  readonly #deps: LookPicturesDeps;

  constructor(deps: LookPicturesDeps) {
    this.#deps = deps;
  }

  /** The picture of `detection` in `image`, which stays its owner's and may be released meanwhile. */
  of(tag: LookTag, image: Mat, detection: Detection): WaitingPicture {
    const { view, options, holder } = this.#deps;
    const scope = new MatScope();
    // One more handle to the same pixels, which outlives the frame's own.
    const shared = scope.own(image.getRegion(new cv.Rect(0, 0, image.cols, image.rows)));
    return {
      write: (target, offset, shape) => {
        const corrected = correctedPatch(shared, detection, { view, gains: view.calibration.colour?.gains, marginRatio: options.marginRatio });
        if (corrected !== undefined) scope.own(corrected.image);
        const picture = scope.own(cropItem(corrected?.image ?? shared, corrected?.detection ?? detection, options));
        preprocess(picture, shape, target, offset);
        if (holder === undefined) return;
        tag.unheld = scope.keep(picture);
        this.hold(tag);
      },
      release: () => scope[Symbol.dispose](),
    };
  }

  /** Holds a picture that has its item by now. */
  hold(tag: LookTag): void {
    if (tag.looks === undefined || tag.unheld === undefined) return;
    tag.crop = this.#deps.holder!.hold(tag.looks.trackId, tag.unheld);
    tag.unheld = undefined;
  }
}
