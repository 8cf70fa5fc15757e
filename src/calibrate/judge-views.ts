// Whether a set of pictures of the chessboard is good enough to fit a lens, and which views are missing where it is not. What a
// fit cannot know it invents: without tilted views the focal length, without corners of the picture the distortion there.
import type { SizePx } from '../domain/frame.ts';
import type { PixelPoint } from '../domain/lens.ts';

/** Cells of the picture that corners must reach, along u and v. */
export const COVERAGE_CELLS = { columns: 4, rows: 3 } as const;
const MIN_VIEWS = 8;
/** Cells without a corner that are still forgiven. */
const MAX_EMPTY_CELLS = 1;
const MIN_TILT_DEG = 12;
const VIEWS_PER_TILT = 1;

/** A picture in which the board was found; tilts as {@link TILTS} names them. */
export interface BoardView {
  readonly name: string;
  readonly corners: readonly PixelPoint[];
  /** How far the board leans: about the picture's vertical and horizontal axis, degrees; 0 where it faces the camera. */
  readonly tiltDeg: { readonly aboutVertical: number; readonly aboutHorizontal: number };
}

export interface ViewVerdict {
  readonly isGood: boolean;
  /** What to add, each a sentence for the person who holds the board. */
  readonly missing: readonly string[];
  /** Corners found in each cell, rows from the top, cells from the left. */
  readonly coverage: readonly (readonly number[])[];
}

const TILTS: readonly { readonly words: string; readonly has: (view: BoardView) => boolean }[] = [
  { words: 'left side nearer to the camera', has: ({ tiltDeg }) => tiltDeg.aboutVertical <= -MIN_TILT_DEG },
  { words: 'right side nearer to the camera', has: ({ tiltDeg }) => tiltDeg.aboutVertical >= MIN_TILT_DEG },
  { words: 'upper side nearer to the camera', has: ({ tiltDeg }) => tiltDeg.aboutHorizontal <= -MIN_TILT_DEG },
  { words: 'lower side nearer to the camera', has: ({ tiltDeg }) => tiltDeg.aboutHorizontal >= MIN_TILT_DEG },
];

export function judgeViews(views: readonly BoardView[], size: SizePx): ViewVerdict {
  const coverage = coverageOf(views, size);
  const missing: string[] = [];
  if (views.length < MIN_VIEWS) missing.push(`${MIN_VIEWS - views.length} more views: the board was found in ${views.length}, needed are ${MIN_VIEWS}`);
  const empty = coverage.flatMap((row, y) => row.flatMap((count, x) => (count === 0 ? [placeOf(x, y)] : [])));
  if (empty.length > MAX_EMPTY_CELLS) missing.push(`views with the board in the ${empty.join(', ')} of the picture, where no corner was seen`);
  for (const { words, has } of TILTS) {
    if (views.filter(has).length < VIEWS_PER_TILT) missing.push(`a view with the board's ${words}, by ${MIN_TILT_DEG} degrees or more`);
  }
  return { isGood: missing.length === 0, missing, coverage };
}

/** The coverage as a drawing: one sign per cell, `.` for none. */
export function coverageText(coverage: readonly (readonly number[])[]): string {
  const width = Math.max(...coverage.flat().map((count) => String(count).length)) + 1;
  return coverage.map((row) => `  ${row.map((count) => (count === 0 ? '.' : String(count)).padStart(width)).join(' ')}`).join('\n');
}

function coverageOf(views: readonly BoardView[], { width, height }: SizePx): number[][] {
  const cells = Array.from({ length: COVERAGE_CELLS.rows }, () => Array<number>(COVERAGE_CELLS.columns).fill(0));
  for (const { u, v } of views.flatMap(({ corners }) => corners)) {
    const x = Math.floor((u / width) * COVERAGE_CELLS.columns), y = Math.floor((v / height) * COVERAGE_CELLS.rows);
    const row = cells[y];
    if (row?.[x] !== undefined) row[x]++;
  }
  return cells;
}

function placeOf(x: number, y: number): string {
  const vertical = ['upper', 'middle', 'lower'][y]!;
  const horizontal = x < COVERAGE_CELLS.columns / 2 ? (x === 0 ? 'far left' : 'left') : (x === COVERAGE_CELLS.columns - 1 ? 'far right' : 'right');
  return `${vertical} ${horizontal}`;
}
