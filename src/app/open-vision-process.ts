// The live Vision: the supervised process, and where the belt is virtual the belt's motion passed on to its camera.
import { fileURLToPath } from 'node:url';
import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/logger.ts';
import { createRandom } from '../base/random.ts';
import { SortlineError } from '../base/errors.ts';
import type { Config } from '../config/schema.ts';
import type { Calibration } from '../domain/calibration.ts';
import type { BeltMotion } from '../sim/belt-motion.ts';
import type { World } from '../sim/world.ts';
import type { TappedFrame } from '../vision/frame-tap.ts';
import type { Vision, VisionSink } from '../vision/vision.ts';
import { VisionProcess } from '../vision/vision-process.ts';
import { DeadlyModels } from './deadly-models.ts';
import type { VisionExtra, VisionSetup } from './vision-setup.ts';

const ENTRY = fileURLToPath(new URL('vision-process-main.ts', import.meta.url));

export interface VisionProcessSettings {
  config: Config;
  calibration: Calibration;
  clock: Clock;
  log: Logger;
  sink: VisionSink;
  /** What lies on the belt and how it moves, where both are virtual. */
  plant: { readonly world: World; readonly motion: BeltMotion } | undefined;
  /** Pictures for the recorder, where `record.enabled`. */
  onFrame?: ((frame: TappedFrame) => void) | undefined;
}

/** Throws USAGE where the camera is virtual but the board is not: the picture would not follow the belt. */
export function openVisionProcess({ config, calibration, clock, log, sink, plant, onFrame }: VisionProcessSettings): Vision {
  const { camera, classifier, vision, harvest, record, log: logOptions } = config;
  if (camera.source.kind === 'virtual-belt' && plant === undefined) {
    throw new SortlineError('USAGE', 'the virtual-belt camera shows the belt of the simulated board, but `link.connection` names a real one: set `camera.source` to the real camera, or `link.connection: {kind: twin}`');
  }
  const deadly = new DeadlyModels();
  const process = new VisionProcess({
    entry: ENTRY, clock, log, sink: deadly.listening(sink), onFrame, random: createRandom(1), options: vision.process,
    setup: (): VisionSetup => ({
      config: { camera, classifier, vision, harvest, record, log: logOptions }, calibration, avoid: deadly.reasonByKey,
      virtual: plant === undefined ? undefined : { world: plant.world.options, motion: plant.motion.segments },
    }),
  });
  plant?.motion.onMotion((segments) => process.sendExtra(segments satisfies VisionExtra));
  return process;
}
