// `sortline calibrate colour`: white balance and exposure, from a grey card.
import type { Command } from 'commander';
import type { ColourResult } from '../app/calibrate-colour.ts';
import { GREY_CARD_LEVEL } from '../calibrate/fit-colour.ts';
import { decimalNumber } from './arguments.ts';
import type { CalibrateFlags } from './calibrate-flags.ts';
import { openCalibration, withCalibrateFlags } from './calibrate-flags.ts';

const UNEVEN = 0.8;

export function addCalibrateColour(calibrate: Command): void {
  const command = calibrate.command('colour')
    .summary('white balance and exposure, from a grey card')
    .description('Lay a grey card flat in the middle of the picture, on the empty belt. Measures the factors that make it grey, which the line then applies to what it classifies, and the colour of the belt, by which it notices later that light or lens have changed. Switch the camera\'s own white balance and exposure to manual first.')
    .option('--frames <dir>', 'take the pictures of this folder instead of the live camera')
    .option('--card-level <n>', 'what the card should show as, level of 255; an 18 % grey card is 118', decimalNumber({ min: 20, max: 235 }), GREY_CARD_LEVEL);
  withCalibrateFlags(command)
    .addHelpText('after', '\nExample:\n  $ sortline calibrate colour -c sortline.yaml')
    .action(async (flags: CalibrateFlags & { frames?: string; cardLevel: number }) => {
      const { measureColour } = await import('../app/measure-colour.ts');
      const { config, store, log } = await openCalibration(flags);
      store.calibration();
      const result = await measureColour({ config, log, frames: flags.frames, level: flags.cardLevel });
      const { gains, beltBgr, exposure, evenness, spread } = result;
      store.savePart('colour', { colour: { gains, beltBgr } }, { how: `grey card of level ${flags.cardLevel}`, figures: { exposure, evenness, spread } });
      process.stdout.write(flags.json ? `${JSON.stringify({ ...result, file: store.calibrationFile })}\n` : reportText(result, store.calibrationFile));
    });
}

function reportText({ gains, cardBgr, beltBgr, exposure, evenness }: ColourResult, file: string): string {
  const levels = (colour: readonly number[]): string => colour.map((level) => level.toFixed(1)).join(', ');
  return [
    `card       blue, green, red ${levels(cardBgr)} of 255`,
    `factors    ${gains.map((gain) => gain.toFixed(3)).join(', ')}; exposure alone would need ${exposure.toFixed(2)} times`,
    `belt       ${levels(beltBgr)}; its darkest side has ${(100 * evenness).toFixed(0)} % of the light of its brightest`,
    ...(evenness < UNEVEN ? ['note       the light is uneven: move or add a lamp, then measure again'] : []),
    `written    ${file}`,
    '',
  ].join('\n');
}
