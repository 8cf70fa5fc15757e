// The virtual belts that a line is measured on: few different items, drawn before it starts, each looked at so many times.
import { SortlineError } from '../base/errors.ts';
import { coreShare } from '../classify/core-share.ts';
import type { Config } from '../config/schema.ts';

/** Drawing the virtual items is no work of a line: few different ones, drawn before it starts. */
const DISTINCT_ITEMS = 24;
/** The drawings made before the first picture take longer than a camera may be silent. */
const STALL_MS = 10_000;
/** Of a classifier that is never to wait. */
const SATURATED = { itemsPerSecond: 10, beltMmPerSecond: 1000 };
/** Items whole in the picture at once on that belt: 7.2 pictures a frame were classified where the model had time for more. */
const PICTURES_PER_FRAME = 7;
/** Items come in bunches, and in each gap the classifier is to have something to do. */
const SURPLUS = 1.2;
/** Fewer would show an item once or twice; more no camera of a config may promise. */
const LEAST_FRAMES_PER_SECOND = 8;
const MOST_FRAMES_PER_SECOND = 1000;

export function withBelt(config: Config, belt: { itemsPerSecond: number; beltMmPerSecond: number; framesPerSecond: number; looksPerItem: number }): Config {
  const { itemsPerSecond, beltMmPerSecond, framesPerSecond, looksPerItem } = belt;
  const { vision, decide, sim, camera } = config;
  const looks = { ...vision.looks, perItem: looksPerItem, minLooks: looksPerItem, enoughConfidence: 1 };
  return {
    ...config,
    camera: { capture: { ...camera.capture, stallMinMs: STALL_MS }, source: { ...virtualSource(camera.source), framesPerSecond } },
    vision: { ...vision, looks },
    decide: looksPerItem === 1 ? { ...decide, minLooks: 1, maxLooks: 1 } : decide,
    sim: { ...sim, twin: { ...sim.twin, beltMmPerSecond }, world: { ...sim.world, itemsPerSecond, distinctItems: DISTINCT_ITEMS } },
  };
}

/** Ten items a second, every item looked at as often as the classifier can, and always a batch given ahead. */
export function saturated(config: Config, bareCropsPerSecond: number): Config {
  const busy = withBelt(config, { ...SATURATED, framesPerSecond: framesToSaturate(bareCropsPerSecond), looksPerItem: 1000 });
  return { ...busy, vision: { ...busy.vision, looks: { ...busy.vision.looks, inFlight: coreShare(config.classifier).sessions + 1 } } };
}

/** Two items a second, one look each: nothing waits for the classifier, and no result for a picture that is being rendered. */
export function atEase(config: Config): Config {
  return withBelt(config, { itemsPerSecond: 2, beltMmPerSecond: 600, framesPerSecond: 8, looksPerItem: 1 });
}

/** Frames as fast as the vision process can take them. */
export function hurried(config: Config): Config {
  return withBelt(config, { itemsPerSecond: 4, beltMmPerSecond: 1200, framesPerSecond: 120, looksPerItem: 2 });
}

/**
 * Frames a second that show more pictures on the saturated belt than a classifier of this rate takes. No more than needed: rendering them takes the
 * model's time.
 */
export function framesToSaturate(cropsPerSecond: number): number {
  const wanted = Math.ceil((SURPLUS * cropsPerSecond) / PICTURES_PER_FRAME);
  return Math.min(MOST_FRAMES_PER_SECOND, Math.max(LEAST_FRAMES_PER_SECOND, wanted));
}

function virtualSource(source: Config['camera']['source']): Extract<Config['camera']['source'], { kind: 'virtual-belt' }> {
  if (source.kind === 'virtual-belt') return source;
  throw new SortlineError('USAGE', `bench measures on the virtual belt, the config names a ${source.kind} camera: leave \`camera\` out`);
}
