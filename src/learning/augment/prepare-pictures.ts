// Files to the bytes a batch is made of: augmented for training, exactly as on the line for validation.
import type { CropShape } from '../../classify/classifier.ts';
import { pictureBytes, preprocess } from '../../vision/preprocess.ts';
import { augmentPicture } from './augment-picture.ts';
import type { AugmentOptions } from './augmentation.ts';
import { drawAugmentation, pictureRandom } from './augmentation.ts';
import type { WantedPicture } from './loader-messages.ts';
import type { PictureCache } from './picture-cache.ts';

export interface PrepareOptions {
  readonly seed: number;
  readonly shape: CropShape;
  readonly augment: AugmentOptions;
}

/** (pictures, height, width, 3) uint8 RGB; the caller's. Throws IMAGE_UNREADABLE. */
export function preparePictures(pictures: readonly WantedPicture[], cache: PictureCache, { seed, shape, augment }: PrepareOptions): Uint8Array {
  const bytes = pictureBytes(shape);
  const images = new Uint8Array(pictures.length * bytes);
  for (const [at, { file, index, epoch }] of pictures.entries()) {
    cache.with(file, (scaled) => {
      if (epoch === undefined) return preprocess(scaled, shape, images, at * bytes);
      const drawn = drawAugmentation(pictureRandom(seed, epoch, index), augment, { width: scaled.cols, height: scaled.rows });
      augmentPicture(scaled, drawn, shape, images, at * bytes);
    });
  }
  return images;
}
