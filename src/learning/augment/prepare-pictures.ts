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
  readonly augmentedShape: CropShape;
  readonly augment: AugmentOptions;
}

/** (pictures, height, width, 3) uint8 RGB, each in its own shape; the caller's. Throws IMAGE_UNREADABLE. */
export function preparePictures(pictures: readonly WantedPicture[], cache: PictureCache, { seed, shape, augmentedShape, augment }: PrepareOptions): Uint8Array {
  const images = new Uint8Array(pictures.reduce((sum, picture) => sum + preparedBytes(picture, { shape, augmentedShape }), 0));
  let at = 0;
  for (const picture of pictures) {
    const { file, index, epoch } = picture;
    cache.with(file, (scaled) => {
      if (epoch === undefined) return preprocess(scaled, shape, images, at);
      const drawn = drawAugmentation(pictureRandom(seed, epoch, index), augment, { width: scaled.cols, height: scaled.rows });
      augmentPicture(scaled, drawn, augmentedShape, images, at);
    });
    at += preparedBytes(picture, { shape, augmentedShape });
  }
  return images;
}

/** Bytes of a picture once it is prepared. */
export function preparedBytes({ epoch }: WantedPicture, { shape, augmentedShape }: Pick<PrepareOptions, 'shape' | 'augmentedShape'>): number {
  return pictureBytes(epoch === undefined ? shape : augmentedShape);
}
