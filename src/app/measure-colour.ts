// Which camera `calibrate colour` looks through: a folder of pictures, the real one, or the virtual one, under which the simulator
// carries a grey card.
import { systemClock } from '../base/clock.ts';
import type { Logger } from '../base/logger.ts';
import { createCamera } from '../camera/create-camera.ts';
import type { Config } from '../config/schema.ts';
import { GREY_CARD_LEVEL } from '../calibrate/fit-colour.ts';
import { greyCardSheet } from '../sim/printed-sheet.ts';
import type { ColourResult } from './calibrate-colour.ts';
import { calibrateColour, picturesOf } from './calibrate-colour.ts';
import { CalibrationBench } from './calibration-bench.ts';
import { folderCamera } from './frames-folder.ts';

const VIRTUAL_FPS = 4;
const CARD = { lengthMm: 400, widthMm: 220, upstreamMm: 300 } as const;

export async function measureColour({ config, log, frames, level }: { readonly config: Config; readonly log: Logger; readonly frames: string | undefined; readonly level: number }): Promise<ColourResult> {
  const { source } = config.camera;
  if (frames === undefined && source.kind === 'virtual-belt') {
    const bench = new CalibrationBench({
      config, log, virtual: {
        world: { leadInMm: 1e6 }, framesPerSecond: VIRTUAL_FPS,
        sheet: (countsPerMm) => ({ sheet: greyCardSheet({ ...CARD, level: GREY_CARD_LEVEL }), entryCounts: CARD.upstreamMm * countsPerMm, yMm: source.height / 1.6 / 2, rotationRad: 0 }),
      },
    });
    return bench.run(async () => {
      await bench.startBelt();
      return calibrateColour(async () => (await bench.look())?.image, level);
    });
  }
  const camera = frames !== undefined ? folderCamera(frames, systemClock) : source.kind === 'virtual-belt' ? undefined : createCamera(source, systemClock);
  await camera!.open();
  try {
    return await calibrateColour(picturesOf(camera!), level);
  } finally {
    await camera!.close();
  }
}
