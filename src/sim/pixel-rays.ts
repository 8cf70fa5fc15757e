// For every pixel of a picture: where a perfect lens would show what this pixel shows. Computed once for a camera; everything
// that is drawn through a bent lens looks its places up here.
import type { SizePx } from '../domain/frame.ts';
import type { Lens } from '../domain/lens.ts';
import { undistortPx } from '../domain/lens.ts';

/** Distance of the points between which is interpolated, px: a lens bends so softly that 8 px are exact to a thousandth. */
const GRID_PX = 8;

export interface PixelRays {
  readonly size: SizePx;
  /** Straightened u of the middle of each pixel, row by row; and its v. */
  readonly u: Float64Array;
  readonly v: Float64Array;
}

export function pixelRaysOf(lens: Lens | undefined, size: SizePx): PixelRays {
  const { width, height } = size;
  const u = new Float64Array(width * height), v = new Float64Array(width * height);
  const columns = Math.ceil(width / GRID_PX) + 1, rows = Math.ceil(height / GRID_PX) + 1;
  const grid = Array.from({ length: columns * rows }, (_, index) => {
    const at = { u: (index % columns) * GRID_PX, v: Math.floor(index / columns) * GRID_PX };
    return lens === undefined ? at : undistortPx(lens, at.u, at.v);
  });
  for (let y = 0; y < height; y++) {
    const row = Math.floor((y + 0.5) / GRID_PX), shareY = (y + 0.5) / GRID_PX - row;
    for (let x = 0; x < width; x++) {
      const column = Math.floor((x + 0.5) / GRID_PX), shareX = (x + 0.5) / GRID_PX - column;
      const a = grid[row * columns + column]!, b = grid[row * columns + column + 1]!;
      const c = grid[(row + 1) * columns + column]!, d = grid[(row + 1) * columns + column + 1]!;
      const [wa, wb, wc, wd] = [(1 - shareX) * (1 - shareY), shareX * (1 - shareY), (1 - shareX) * shareY, shareX * shareY];
      u[y * width + x] = wa * a.u + wb * b.u + wc * c.u + wd * d.u;
      v[y * width + x] = wa * a.v + wb * b.v + wc * c.v + wd * d.v;
    }
  }
  return { size, u, v };
}
