// Pictures in batches of a fixed size, for whatever only reads them: judging, and computing features.
import type { LabelledPicture } from '../../image/labelled-pictures.ts';
import type { WantedPicture } from '../augment/loader-messages.ts';
import type { PictureLoader } from '../augment/picture-loader.ts';

/** More gain nothing on a CPU. */
const BATCH = 16;

export interface PictureBatch {
  /** (count, height, width, 3) uint8 RGB; the receiver's. */
  readonly images: Uint8Array;
  readonly count: number;
}

/** `pictures` as the line sees them; `firstIndex` is the number of the first among all pictures of the run. */
export function plainPictures(pictures: readonly LabelledPicture[], firstIndex: number): WantedPicture[] {
  return pictures.map(({ file }, at) => ({ file, index: firstIndex + at, epoch: undefined }));
}

/** The pictures in order. Throws what the loader throws. */
export async function* pictureBatches(loader: PictureLoader, wanted: readonly WantedPicture[]): AsyncGenerator<PictureBatch> {
  const batches = Array.from({ length: Math.ceil(wanted.length / BATCH) }, (_, batch) => wanted.slice(batch * BATCH, (batch + 1) * BATCH));
  let at = 0;
  for await (const images of loader.batches(batches)) yield { images, count: batches[at++]!.length };
}
