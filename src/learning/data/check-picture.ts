// One picture file, judged before it may teach: whole, decodable, in colour, large enough, and what its name says it is. What is
// wrong with it is a value, because one bad file in thousands is normal.
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { extname } from 'node:path';
import { isSortlineError, reasonOf } from '../../base/errors.ts';
import { decodeImage } from '../../image/decode.ts';
import type { LabelledPicture } from '../../image/labelled-pictures.ts';
import type { PictureFormat, PictureHeader } from '../../image/picture-header.ts';
import { pictureHeader } from '../../image/picture-header.ts';
import type { PictureHash } from './picture-hash.ts';
import { pictureHash } from './picture-hash.ts';

/** A picture that is fit to learn from. */
export interface CheckedPicture extends LabelledPicture {
  /** Of its bytes, hexadecimal. */
  readonly sha256: string;
  /** Upright size, px. */
  readonly width: number;
  readonly height: number;
  readonly hash: PictureHash;
}

/** A picture, or another file among them, that is not taken. */
export interface LeftOut {
  readonly name: string;
  readonly reason: string;
}

/** Less than this shows no material, and is enlarged sevenfold and more for the models in use. */
export const MIN_SIDE_PX = 32;

const FORMAT_BY_EXTENSION: ReadonlyMap<string, PictureFormat> = new Map([['.jpg', 'jpeg'], ['.jpeg', 'jpeg'], ['.png', 'png'], ['.webp', 'webp']]);

/** Reads and decodes the whole of `picture.file`; `picture.name` says by its ending what it should be. */
export async function checkPicture(picture: LabelledPicture): Promise<CheckedPicture | LeftOut> {
  const leftOut = (reason: string): LeftOut => ({ name: picture.name, reason });
  const expected = FORMAT_BY_EXTENSION.get(extname(picture.name).toLowerCase());
  if (/[\u0000-\u001f\\]/.test(picture.name)) return leftOut('its name holds a control character or a backslash');
  if (expected === undefined) return leftOut(`its name ends neither in ${[...FORMAT_BY_EXTENSION.keys()].join(' nor in ')}`);
  let bytes: Buffer;
  try {
    bytes = await readFile(picture.file);
  } catch (error) {
    return leftOut(`it cannot be read: ${reasonOf(error)}`);
  }
  try {
    const image = decodeImage(bytes, picture.name);
    try {
      const [width, height] = [image.cols, image.rows];
      const problem = problemOf(pictureHeader(bytes), expected) ?? sizeProblem(width, height);
      if (problem !== undefined) return leftOut(problem);
      return { ...picture, width, height, sha256: createHash('sha256').update(bytes).digest('hex'), hash: pictureHash(image) };
    } finally {
      image.release();
    }
  } catch (error) {
    if (!isSortlineError(error, 'IMAGE_UNREADABLE')) throw error;
    return leftOut(error.message.replace(`${picture.name} `, ''));
  }
}

export function isLeftOut(checked: CheckedPicture | LeftOut): checked is LeftOut {
  return 'reason' in checked;
}

/** A grey or CMYK camera is another camera; transparency hides what the model would see. */
function problemOf(header: PictureHeader | undefined, expected: PictureFormat): string | undefined {
  if (header === undefined) return 'its bytes are neither JPEG nor PNG nor WebP, whatever its name says';
  if (header.format !== expected) return `its bytes are ${header.format.toUpperCase()}, its name says ${expected.toUpperCase()}: rename it`;
  if (header.depth !== 8) return `it has ${header.depth} bits per channel; expected 8`;
  if (header.mode === 'grey') return 'it is grey; expected colour';
  if (header.mode === 'alpha') return 'it has transparency (an alpha channel); expected an opaque picture';
  return header.mode === 'cmyk' ? 'it is CMYK, for print; expected RGB' : undefined;
}

function sizeProblem(width: number, height: number): string | undefined {
  return Math.min(width, height) < MIN_SIDE_PX ? `it is tiny, ${width}x${height} px; expected ${MIN_SIDE_PX} px and more on each side` : undefined;
}
