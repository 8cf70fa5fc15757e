// What a picture file says of itself in its first bytes, before anything is decoded: format, size, and how its pixels are
// stored. Decoders turn everything into 8-bit BGR without a word; whether that lost something is only to be seen here.
//
//   PNG   89 P N G … IHDR width height depth colour-type, tRNS   (ISO 15948)
//   JPEG  FF D8 … FF Cn length precision height width components (ITU T.81, B.2.2)
//   WebP  RIFF size WEBP, then VP8 , VP8L or VP8X                (RFC 9649)
import type { SizePx } from '../domain/frame.ts';

export type PictureFormat = 'jpeg' | 'png' | 'webp';
/** `palette` counts as colour; a transparent one is `alpha`. */
export type PixelMode = 'colour' | 'grey' | 'alpha' | 'cmyk';

export interface PictureHeader {
  readonly format: PictureFormat;
  readonly size: SizePx;
  readonly mode: PixelMode;
  /** Bits per channel. */
  readonly depth: number;
}

/** Undefined where `bytes` begin no JPEG, PNG or WebP, or end before their size is told. */
export function pictureHeader(bytes: Buffer): PictureHeader | undefined {
  if (isJpeg(bytes)) return jpegHeader(bytes);
  if (bytes.length >= 29 && bytes.readUInt32BE(0) === 0x8950_4e47) return pngHeader(bytes);
  if (bytes.length >= 30 && bytes.toString('latin1', 0, 4) === 'RIFF' && bytes.toString('latin1', 8, 12) === 'WEBP') return webpHeader(bytes);
  return undefined;
}

export function isJpeg(bytes: Buffer): boolean {
  return bytes[0] === 0xff && bytes[1] === 0xd8;
}

function jpegHeader(bytes: Buffer): PictureHeader | undefined {
  for (let at = 2; at + 10 <= bytes.length && bytes[at] === 0xff;) {
    const marker = bytes[at + 1]!;
    const isFrameHeader = marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
    if (isFrameHeader) {
      const components = bytes[at + 9]!;
      return {
        format: 'jpeg', size: { width: bytes.readUInt16BE(at + 7), height: bytes.readUInt16BE(at + 5) },
        mode: components === 1 ? 'grey' : components === 4 ? 'cmyk' : 'colour', depth: bytes[at + 4]!,
      };
    }
    // A marker may be preceded by any number of FF bytes.
    at += marker === 0xff ? 1 : 2 + bytes.readUInt16BE(at + 2);
  }
  return undefined;
}

function pngHeader(bytes: Buffer): PictureHeader {
  const colourType = bytes[25]!;
  const mode = (colourType & 4) !== 0 || hasPngTransparency(bytes) ? 'alpha' : colourType === 0 ? 'grey' : 'colour';
  return { format: 'png', size: { width: bytes.readUInt32BE(16), height: bytes.readUInt32BE(20) }, mode, depth: colourType === 3 ? 8 : bytes[24]! };
}

/** A tRNS chunk, which stands before the pixels, makes a palette or one colour transparent. */
function hasPngTransparency(bytes: Buffer): boolean {
  for (let at = 8; at + 8 <= bytes.length;) {
    const kind = bytes.toString('latin1', at + 4, at + 8);
    if (kind === 'tRNS') return true;
    if (kind === 'IDAT') return false;
    at += 12 + bytes.readUInt32BE(at);
  }
  return false;
}

function webpHeader(bytes: Buffer): PictureHeader | undefined {
  const kind = bytes.toString('latin1', 12, 16);
  const header = (width: number, height: number, hasAlpha: boolean): PictureHeader => ({ format: 'webp', size: { width, height }, mode: hasAlpha ? 'alpha' : 'colour', depth: 8 });
  if (kind === 'VP8 ') return header(bytes.readUInt16LE(26) & 0x3fff, bytes.readUInt16LE(28) & 0x3fff, false);
  if (kind === 'VP8X') return header(1 + bytes.readUIntLE(24, 3), 1 + bytes.readUIntLE(27, 3), (bytes[20]! & 0x10) !== 0);
  if (kind !== 'VP8L') return undefined;
  const packed = bytes.readUInt32LE(21);
  return header(1 + (packed & 0x3fff), 1 + ((packed >>> 14) & 0x3fff), ((packed >>> 28) & 1) === 1);
}
