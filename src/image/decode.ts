// Image bytes to pixels and back, with errors that name the file. Pictures come out as OpenCV reads them for people: 8-bit
// BGR, transparency dropped, and turned upright where a JPEG's EXIF orientation says so (IMREAD_COLOR applies it).
import { readFileSync } from 'node:fs';
import { reasonOf, SortlineError } from '../base/errors.ts';
import type { Mat } from './opencv.ts';
import { cv } from './opencv.ts';
import type { PictureFormat } from './picture-header.ts';
import { isJpeg, pictureHeader } from './picture-header.ts';

/** Largest picture taken, pixels: 3 bytes each are 300 MB, more than any camera of a line delivers. */
export const MAX_PIXELS = 100_000_000;
/** Largest file read, bytes. */
const MAX_BYTES = 256 * 1024 * 1024;
const EXPECTED = 'expected a whole JPEG, PNG, WebP, TIFF or BMP picture';

/** The picture in `file`; the caller owns it. Throws IMAGE_UNREADABLE: missing, unreadable, empty, cut off, no picture, absurdly large. */
export function readImage(file: string): Mat {
  let bytes: Buffer;
  try {
    bytes = readFileSync(file);
  } catch (cause) {
    throw new SortlineError('IMAGE_UNREADABLE', `the picture ${file} cannot be read: ${reasonOf(cause)}`, { context: { file }, cause });
  }
  return decodeImage(bytes, file);
}

/** The picture in `bytes`; the caller owns it. `name` is what errors call it. Throws IMAGE_UNREADABLE. */
export function decodeImage(bytes: Buffer, name: string): Mat {
  const refuse = (found: string): SortlineError => new SortlineError('IMAGE_UNREADABLE', `${name} ${found}: ${EXPECTED}`, { context: { file: name, bytes: bytes.length } });
  if (bytes.length === 0) throw refuse('is empty');
  if (bytes.length > MAX_BYTES) throw refuse(`has ${bytes.length} bytes, more than the ${MAX_BYTES} that are read`);
  const { format, size } = pictureHeader(bytes) ?? {};
  if (size !== undefined && size.width * size.height > MAX_PIXELS) {
    throw refuse(`says it is ${size.width}x${size.height} px, more than the ${MAX_PIXELS} px that are read`);
  }
  // OpenCV fills what a cut-off JPEG lacks with grey and only warns on stderr: such a picture would be classified as if whole.
  if (isCutOff(bytes, format)) throw refuse('is cut off: its picture data has no end');
  let image: Mat;
  try {
    image = cv.imdecode(bytes, cv.IMREAD_COLOR);
  } catch (cause) {
    throw new SortlineError('IMAGE_UNREADABLE', `${name} cannot be decoded (${reasonOf(cause).split('\n')[0]}): ${EXPECTED}`, { context: { file: name }, cause });
  }
  if (image.rows > 0 && image.cols > 0) return image;
  image.release();
  throw refuse('is not a picture that can be decoded');
}

/** JPEG bytes of an 8-bit BGR or grey picture, which stays the caller's. `quality` 0 … 100. */
export function encodeJpeg(image: Mat, quality = 85): Buffer {
  return cv.imencode('.jpg', image, [cv.IMWRITE_JPEG_QUALITY, quality]);
}

/** As {@link encodeJpeg}, on a thread of the pool: this one is free meanwhile. The picture must not be changed or released before it is done. */
export function encodeJpegAside(image: Mat, quality = 85): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    // The add-on itself takes a callback; its typings describe the front that is bypassed.
    const encode = cv.imencodeAsync as unknown as (ending: string, picture: Mat, flags: number[], done: (error: Error | null, bytes: Buffer) => void) => void;
    encode('.jpg', image, [cv.IMWRITE_JPEG_QUALITY, quality], (error, bytes) => (error === null ? resolve(bytes) : reject(error)));
  });
}

/** PNG bytes of an 8-bit BGR or grey picture, which stays the caller's: larger, and without loss. */
export function encodePng(image: Mat): Buffer {
  return cv.imencode('.png', image);
}

/** Cameras may append data after the end marker, so it is looked for in the second half rather than at the very end. */
function isCutOff(bytes: Buffer, format: PictureFormat | undefined): boolean {
  if (format === 'webp') return bytes.readUInt32LE(4) + 8 > bytes.length;
  if (format === 'png') return bytes.lastIndexOf('IEND') <= bytes.length / 2;
  return isJpeg(bytes) && bytes.lastIndexOf(Buffer.of(0xff, 0xd9)) <= bytes.length / 2;
}
