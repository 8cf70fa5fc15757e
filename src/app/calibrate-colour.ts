// `sortline calibrate colour`: a grey card in the middle of the picture, to the factors that make it grey, and the colour of the
// empty belt around it, by which the line notices later that light or lens have changed.
import { isSortlineError, SortlineError } from '../base/errors.ts';
import { fitColour } from '../calibrate/fit-colour.ts';
import type { Camera } from '../camera/camera.ts';
import type { Bgr, ColourCalibration } from '../domain/calibration.ts';
import type { Mat } from '../image/opencv.ts';
import type { GreyCardMeasurement } from '../vision/grey-card.ts';
import { meanColour, measureGreyCard } from '../vision/grey-card.ts';

const ENOUGH_FRAMES = 3;
const MAX_FRAMES = 600;

export interface ColourResult extends ColourCalibration {
  readonly cardBgr: Bgr;
  readonly exposure: number;
  readonly evenness: number;
  /** Grey levels of 255. */
  readonly spread: number;
  readonly frames: number;
}

/** Looks until the card was seen in a few pictures. Throws CALIB_NO_TARGET, CALIB_POOR_FIT, and what the camera throws. */
export async function calibrateColour(next: () => Promise<Mat | undefined>, level: number): Promise<ColourResult> {
  const found: GreyCardMeasurement[] = [];
  let frames = 0;
  for (; frames < MAX_FRAMES && found.length < ENOUGH_FRAMES; frames++) {
    const image = await next();
    if (image === undefined) break;
    const measured = measureGreyCard(image);
    image.release();
    if (measured !== undefined) found.push(measured);
  }
  if (found.length === 0) {
    throw new SortlineError('CALIB_NO_TARGET', `no evenly grey card was seen in the middle of ${frames} pictures: lay it flat in the middle of the picture, larger than a fifth of it each way, on the empty belt and without shadows`, { context: { frames } });
  }
  const cardBgr = meanColour(found.map(({ cardBgr: colour }) => colour));
  const fit = fitColour(cardBgr, level);
  if (fit.result === 'refused') throw new SortlineError('CALIB_POOR_FIT', fit.reason, { context: { cardBgr, level } });
  return {
    gains: fit.gains, exposure: fit.exposure, cardBgr, beltBgr: meanColour(found.map(({ beltBgr }) => beltBgr)),
    evenness: Math.min(...found.map(({ evenness }) => evenness)), spread: Math.max(...found.map(({ spread }) => spread)), frames,
  };
}

/** Pictures of a camera until it ends; those that cannot be read are left out. */
export function picturesOf(camera: Camera): () => Promise<Mat | undefined> {
  return async () => {
    for (;;) {
      try {
        return (await camera.read()).image;
      } catch (error) {
        if (isSortlineError(error, 'CAMERA_ENDED')) return undefined;
        if (!isSortlineError(error, 'CAMERA_BAD_FRAME')) throw error;
      }
    }
  };
}
