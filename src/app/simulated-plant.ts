// What the simulation simulates: the config's plant and camera at the simulation's pace. Pictures are what virtual time costs, so there
// are as many as let every item be looked at as often as on a real line, and a fast belt gets more of them than a slow one.
import type { Millimetres } from '../base/units.ts';
import type { VirtualBeltCameraOptions } from '../camera/options.ts';
import { virtualBeltCameraOptions } from '../camera/options.ts';
import type { Config } from '../config/schema.ts';
import type { Calibration } from '../domain/calibration.ts';
import { pixelToBeltMm } from '../domain/calibration.ts';
import { trueGeometryOf } from '../sim/virtual-view.ts';
import { LONGEST_ITEM_MM } from '../sim/world.ts';
import type { PlantOptions } from './virtual-plant.ts';

/** Pictures in which even the longest item is whole, count: it must be followed from one to another. */
const FEWEST_VIEWS = 2.5;
/** Beyond the looks it may get, for where the first picture finds it. */
const SPARE_VIEWS = 0.5;

export interface SimulatedPlant {
  readonly camera: VirtualBeltCameraOptions;
  readonly plant: PlantOptions;
}

/** For `items` items of `seed`, behind as much empty belt as the vision learns from. */
export function simulatedPlant({ camera: { source }, sim, vision }: Config, { frameSize }: Pick<Calibration, 'frameSize'>, { items, seed }: { items: number; seed: number }): SimulatedPlant {
  const given = source.kind === 'virtual-belt' ? source : virtualBeltCameraOptions.parse({ kind: 'virtual-belt', ...frameSize });
  const { beltMmPerSecond } = sim.twin;
  const camera = { ...given, framesPerSecond: simulatedFramesPerSecond(given, { beltMmPerSecond, looksPerItem: vision.looks.perItem }) };
  const learnedFromMm: Millimetres = ((vision.segment.learnFrames + 1) * beltMmPerSecond) / camera.framesPerSecond;
  const leadInMm = Math.max(sim.world.leadInMm, learnedFromMm);
  return { camera, plant: { twin: sim.twin, world: { ...sim.world, leadInMm, seed, itemCount: items }, images: sim.images } };
}

/** Pictures per second for every item to get its looks; at most as many as the camera gives. */
export function simulatedFramesPerSecond(camera: VirtualBeltCameraOptions, { beltMmPerSecond, looksPerItem }: { beltMmPerSecond: number; looksPerItem: number }): number {
  const { width, height, framesPerSecond } = camera;
  const geometry = trueGeometryOf(camera);
  const seenMm = Math.min(...[0, height / 2, height].map((v) => Math.abs(pixelToBeltMm(geometry, width, v).xMm - pixelToBeltMm(geometry, 0, v).xMm)));
  const wholeMm = seenMm - LONGEST_ITEM_MM;
  const views = Math.max(FEWEST_VIEWS, looksPerItem + SPARE_VIEWS);
  return wholeMm <= 0 ? framesPerSecond : Math.min(framesPerSecond, (views * beltMmPerSecond) / wholeMm);
}
