// The one geometric step of augmentation: crop, stretch, turn and mirror as a single affine map from the source to the
// model's input, so that pixels are interpolated once. Pure arithmetic; OpenCV does it in augment-picture.ts.
import type { SizePx } from '../../domain/frame.ts';
import type { View } from './augmentation.ts';

/** Rows of a 2x3 matrix: x' = a x + b y + c. */
export type Affine = readonly [readonly [number, number, number], readonly [number, number, number]];

/**
 * The map that shows `view` of the source as the whole of `target`, between positions of pixel centres (the centre of the
 * first pixel is 0, as OpenCV's warpAffine counts).
 */
export function affineOf(view: View, target: SizePx): Affine {
  const scaleX = (target.width / view.size.width) * (view.mirrorHorizontal ? -1 : 1);
  const scaleY = (target.height / view.size.height) * (view.mirrorVertical ? -1 : 1);
  const cos = Math.cos(view.rotationRad), sin = Math.sin(view.rotationRad);
  // Turned first, in source pixels, then stretched and mirrored.
  const row = (x: number, y: number, middle: number): readonly [number, number, number] =>
    [x, y, middle - 0.5 - x * (view.centre.x - 0.5) - y * (view.centre.y - 0.5)];
  return [row(scaleX * cos, -scaleX * sin, target.width / 2), row(scaleY * sin, scaleY * cos, target.height / 2)];
}

/** Where `map` takes a point. */
export function mapped([first, second]: Affine, x: number, y: number): { x: number; y: number } {
  return { x: first[0] * x + first[1] * y + first[2], y: second[0] * x + second[1] * y + second[2] };
}
