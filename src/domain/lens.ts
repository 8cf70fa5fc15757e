// How a camera's lens bends the picture: the model of Brown (1971) with the coefficients in OpenCV's order, so that figures
// can be compared with other tools. Pixels count from the picture's upper left edge: the middle of the first one is at 0.5.
//
//   picture px ── undistort ──▶ px of the same camera with a perfect lens ── homography ──▶ belt mm

/** A point of a picture, px. */
export interface PixelPoint {
  readonly u: number;
  readonly v: number;
}

export interface Lens {
  /** Focal length along u and v, px. */
  readonly focalPx: readonly [number, number];
  /** Where the optical axis meets the picture, px. */
  readonly centrePx: readonly [number, number];
  /** k1, k2, p1, p2, k3. */
  readonly distortion: readonly [number, number, number, number, number];
}

const NEWTON_STEPS = 20;
const CLOSE_ENOUGH = 1e-12;

/** Where the lens shows what a perfect one would show at `u`, `v`. */
export function distortPx(lens: Lens, u: number, v: number): PixelPoint {
  const { focalPx: [fx, fy], centrePx: [cx, cy] } = lens;
  const bent = bend(lens, (u - cx) / fx, (v - cy) / fy);
  return { u: bent.x * fx + cx, v: bent.y * fy + cy };
}

/** Where a perfect lens would show what this one shows at `u`, `v`; by Newton's method, exact to a billionth of a pixel. */
export function undistortPx(lens: Lens, u: number, v: number): PixelPoint {
  const { focalPx: [fx, fy], centrePx: [cx, cy] } = lens;
  const seenX = (u - cx) / fx, seenY = (v - cy) / fy;
  let x = seenX, y = seenY;
  for (let step = 0; step < NEWTON_STEPS; step++) {
    const bent = bend(lens, x, y);
    const errorX = bent.x - seenX, errorY = bent.y - seenY;
    if (Math.abs(errorX) + Math.abs(errorY) < CLOSE_ENOUGH) break;
    const determinant = bent.xx * bent.yy - bent.xy * bent.yx;
    x -= (bent.yy * errorX - bent.xy * errorY) / determinant;
    y -= (bent.xx * errorY - bent.yx * errorX) / determinant;
  }
  return { u: x * fx + cx, v: y * fy + cy };
}

/** The bent direction and its derivatives: `xy` is that of the bent x by y. */
function bend({ distortion: [k1, k2, p1, p2, k3] }: Lens, x: number, y: number): { x: number; y: number; xx: number; xy: number; yx: number; yy: number } {
  const r2 = x * x + y * y;
  const radial = 1 + r2 * (k1 + r2 * (k2 + r2 * k3));
  const slope = 2 * (k1 + r2 * (2 * k2 + r2 * 3 * k3));
  const mixed = slope * x * y + 2 * p1 * x + 2 * p2 * y;
  return {
    x: x * radial + 2 * p1 * x * y + p2 * (r2 + 2 * x * x),
    y: y * radial + p1 * (r2 + 2 * y * y) + 2 * p2 * x * y,
    xx: radial + slope * x * x + 2 * p1 * y + 6 * p2 * x, xy: mixed,
    yx: mixed, yy: radial + slope * y * y + 6 * p1 * y + 2 * p2 * x,
  };
}
