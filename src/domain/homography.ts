// Plane to plane: 3x3 matrices, row-major, that map (x, y, 1) up to scale.

export type Homography = readonly number[];

/** The product: first `second`, then `first`. */
export function chain(first: Homography, second: Homography): number[] {
  const product: number[] = [];
  for (let row = 0; row < 3; row++) for (let column = 0; column < 3; column++) {
    product.push(first[3 * row]! * second[column]! + first[3 * row + 1]! * second[3 + column]! + first[3 * row + 2]! * second[6 + column]!);
  }
  return product;
}

/** The way back, up to scale (the adjugate), as a homography needs it. */
export function inverse(m: Homography): number[] {
  const [a, b, c, d, e, f, g, h, i] = m as [number, number, number, number, number, number, number, number, number];
  return [
    e * i - f * h, c * h - b * i, b * f - c * e,
    f * g - d * i, a * i - c * g, c * d - a * f,
    d * h - e * g, b * g - a * h, a * e - b * d,
  ];
}

export function mapPoint(m: Homography, x: number, y: number): { x: number; y: number } {
  const w = m[6]! * x + m[7]! * y + m[8]!;
  return { x: (m[0]! * x + m[1]! * y + m[2]!) / w, y: (m[3]! * x + m[4]! * y + m[5]!) / w };
}

/** A turn by `angleRad` about the origin, then a shift. */
export function rigid(angleRad: number, x: number, y: number): number[] {
  const cos = Math.cos(angleRad), sin = Math.sin(angleRad);
  return [cos, -sin, x, sin, cos, y, 0, 0, 1];
}
