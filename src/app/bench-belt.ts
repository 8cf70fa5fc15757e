// The virtual belt that a line is measured on: few different items, drawn before it starts, each looked at so many times.
import { SortlineError } from '../base/errors.ts';
import type { Config } from '../config/schema.ts';

/** Drawing the virtual items is no work of a line: few different ones, drawn before it starts. */
const DISTINCT_ITEMS = 24;
/** The drawings made before the first picture take longer than a camera may be silent. */
const STALL_MS = 10_000;

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

function virtualSource(source: Config['camera']['source']): Extract<Config['camera']['source'], { kind: 'virtual-belt' }> {
  if (source.kind === 'virtual-belt') return source;
  throw new SortlineError('USAGE', `bench measures on the virtual belt, the config names a ${source.kind} camera: leave \`camera\` out`);
}
