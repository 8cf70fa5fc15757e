// How often the simulation takes a picture: often enough that every item is seen whole in several, and no more. Pictures are what
// virtual time costs, and a fast belt needs more of them than a slow one.
import type { Millimetres } from '../base/units.ts';
import type { VirtualBeltCameraOptions } from '../camera/options.ts';
import { pixelToBeltMm } from '../domain/calibration.ts';
import { trueGeometryOf } from '../sim/virtual-view.ts';
import { LONGEST_ITEM_MM } from '../sim/world.ts';

/** Pictures in which even the longest item is whole, count: on the way from two to three. */
const WHOLE_VIEWS = 2.5;

/** Pictures per second at `beltMmPerSecond`; at most as many as the camera gives. */
export function simulatedFramesPerSecond(camera: VirtualBeltCameraOptions, beltMmPerSecond: number): number {
  const { width, height, framesPerSecond } = camera;
  const geometry = trueGeometryOf(camera);
  const seenMm = Math.min(...[0, height / 2, height].map((v) => Math.abs(pixelToBeltMm(geometry, width, v).xMm - pixelToBeltMm(geometry, 0, v).xMm)));
  const wholeMm = seenMm - LONGEST_ITEM_MM;
  return wholeMm <= 0 ? framesPerSecond : Math.min(framesPerSecond, (WHOLE_VIEWS * beltMmPerSecond) / wholeMm);
}

/** Empty belt that passes before the first item, so that the vision has learned the belt by then. */
export function simulatedLeadInMm({ framesPerSecond, beltMmPerSecond, learnFrames }: { framesPerSecond: number; beltMmPerSecond: number; learnFrames: number }): Millimetres {
  return ((learnFrames + 1) * beltMmPerSecond) / framesPerSecond;
}
