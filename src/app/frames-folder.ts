// A folder of pictures taken for a calibration elsewhere: the pictures by name, and `counts.csv` with the belt's place in each.
import { existsSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Clock } from '../base/clock.ts';
import { reasonOf, SortlineError } from '../base/errors.ts';
import type { Camera } from '../camera/camera.ts';
import { ImageFolderCamera } from '../camera/image-folder-camera.ts';
import type { PlanePoint } from '../calibrate/fit-homography.ts';
import type { PixelPoint } from '../domain/lens.ts';
import { readImage } from '../image/decode.ts';
import type { ChessboardPattern } from '../vision/chessboard.ts';
import { findChessboard } from '../vision/chessboard.ts';
import type { BeltView } from './calibrate-belt.ts';

/** Pictures of a folder need no pace. */
const FRAMES_PER_SECOND = 1000;
const COUNTS_FILE = 'counts.csv';

export function folderCamera(path: string, clock: Clock): Camera {
  return new ImageFolderCamera({ kind: 'image-folder', path, loop: false, framesPerSecond: FRAMES_PER_SECOND }, clock);
}

/** The pictures that `counts.csv` names (`file,counts` a line). Throws DATA_UNREADABLE, DATA_LIST_INVALID, IMAGE_UNREADABLE. */
export function beltViewsOf(folder: string, pattern: ChessboardPattern): BeltView[] {
  return rowsOf(join(folder, COUNTS_FILE), ['file', 'counts'], 'a picture of the folder and the encoder count at its exposure').map(({ cells, place }) => {
    const name = cells[0]!, encoderCounts = numberOf(cells[1]!, place);
    const file = join(folder, basename(name));
    if (!existsSync(file)) throw new SortlineError('DATA_LIST_INVALID', `${place} names ${name}, which is not in the folder`, { context: { file } });
    const image = readImage(file);
    try {
      return { name, encoderCounts, size: { width: image.cols, height: image.rows }, corners: findChessboard(image, pattern) };
    } finally {
      image.release();
    }
  });
}

/** Points measured with a tape: `u,v,xMm,yMm` a line. Throws DATA_UNREADABLE, DATA_LIST_INVALID. */
export function beltPointsOf(file: string): { readonly pixel: PixelPoint; readonly belt: PlanePoint }[] {
  return rowsOf(file, ['u', 'v', 'xMm', 'yMm'], 'a pixel and its place on the belt').map(({ cells, place }) => {
    const [u, v, x, y] = cells.map((cell) => numberOf(cell, place)) as [number, number, number, number];
    return { pixel: { u, v }, belt: { x, y } };
  });
}

function rowsOf(file: string, columns: readonly string[], meaning: string): { cells: string[]; place: string }[] {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    throw new SortlineError('DATA_UNREADABLE', `${file} cannot be read: ${reasonOf(cause)}; expected are lines of \`${columns.join(',')}\`: ${meaning}`, { context: { file }, cause });
  }
  const lines = text.split(/\r?\n/).map((line, index) => ({ cells: line.split(',').map((cell) => cell.trim()), place: `${file} line ${index + 1}` }));
  const rows = lines.filter(({ cells }) => cells.join('') !== '' && cells.join() !== columns.join());
  for (const { cells, place } of rows) {
    if (cells.length !== columns.length || cells.includes('')) throw new SortlineError('DATA_LIST_INVALID', `${place} has ${cells.length} fields, expected are ${columns.length}: \`${columns.join(',')}\`, ${meaning}`, { context: { file } });
  }
  if (rows.length === 0) throw new SortlineError('DATA_LIST_INVALID', `${file} has no line; expected are lines of \`${columns.join(',')}\`: ${meaning}`, { context: { file } });
  return rows;
}

function numberOf(cell: string, place: string): number {
  const value = Number(cell);
  if (cell === '' || !Number.isFinite(value)) throw new SortlineError('DATA_LIST_INVALID', `${place}: found '${cell}', expected a number`);
  return value;
}
