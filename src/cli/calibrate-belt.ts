// `sortline calibrate belt`: where the belt lies under the camera, and how far it moves per count.
import type { Command } from 'commander';
import type { BeltResult } from '../app/calibrate-belt.ts';
import type { CalibrationStore } from '../app/calibration-store.ts';
import { SortlineError } from '../base/errors.ts';
import type { LensCalibration } from '../calibrate/calibration-text.ts';
import type { Config } from '../config/schema.ts';
import type { SizePx } from '../domain/frame.ts';
import { decimalNumber } from './arguments.ts';
import type { CalibrateFlags, PatternFlags } from './calibrate-flags.ts';
import { endProgress, openCalibration, patternFrom, progress, withCalibrateFlags, withPatternFlags } from './calibrate-flags.ts';

const SQUARE_MM = 40;
const LITTLE_ACROSS = 0.4;

interface BeltFlags extends CalibrateFlags, PatternFlags {
  readonly frames?: string;
  readonly points?: string;
  readonly countsPerMm?: number;
  readonly edgeMm?: number;
  readonly moveBelt?: true;
}

export function addCalibrateBelt(calibrate: Command): void {
  const command = calibrate.command('belt')
    .summary('the belt under the camera, from a target that rides on it')
    .description('Lay a printed chessboard flat on the belt, upstream of the picture, and let the belt carry it through. Fits the way from pixels to mm and the counts per mm, and says how well they agree. A real belt is started only with --move-belt: keep clear of it.')
    .option('--move-belt', 'start the belt; else move it by hand or by its own drive')
    .option('--edge-mm <mm>', 'distance of the nearest row of corners from the belt\'s edge, where y = 0', decimalNumber({ min: -10_000, max: 10_000 }))
    .option('--frames <dir>', 'take the pictures of this folder, with their encoder counts in its counts.csv (file,counts)')
    .option('--points <file>', 'take places measured with a tape instead of a target: lines of u,v,xMm,yMm, four or more')
    .option('--counts-per-mm <n>', 'with --points: encoder counts per mm; default: as calibrated before', decimalNumber({ min: 1e-6, max: 10_000 }));
  withCalibrateFlags(withPatternFlags(command, SQUARE_MM))
    .addHelpText('after', '\nExamples:\n  $ sortline calibrate belt -c sortline.yaml --move-belt --square-mm 40\n  $ sortline calibrate belt -c sortline.yaml --points tape.csv --counts-per-mm 4.98')
    .action(async (flags: BeltFlags) => {
      const { config, store, log } = await openCalibration(flags);
      const lens = store.lens();
      if (flags.points !== undefined) return fromPoints(flags.points, flags, { config, store, lens });
      const { measureBelt } = await import('../app/measure-geometry.ts');
      const pattern = patternFrom(flags);
      const result = await measureBelt({
        config, pattern, frames: flags.frames, log, lens, edgeMm: flags.edgeMm, movesBelt: flags.moveBelt === true,
        onView: (views) => progress(`the target was seen in ${views} places`),
      }).finally(endProgress);
      const { rmsMm, worstMm, travelMm, countsPerMmDeviation, views } = result;
      const how = `chessboard ${pattern.columns}x${pattern.rows}, ${pattern.squareMm} mm, carried by the belt`;
      store.saveBelt(result, lens, { how, figures: { rmsMm, worstMm, travelMm, countsPerMmDeviation, views } });
      process.stdout.write(flags.json ? `${JSON.stringify({ ...result, file: store.calibrationFile })}\n` : reportText(result, lens, store.calibrationFile));
    });
}

async function fromPoints(file: string, flags: BeltFlags, { config, store, lens }: { config: Config; store: CalibrationStore; lens: LensCalibration | undefined }): Promise<void> {
  const { measureBeltPoints } = await import('../app/measure-geometry.ts');
  const { points, rmsMm, pixelToBelt } = measureBeltPoints(file, lens);
  const countsPerMm = flags.countsPerMm ?? store.calibration().countsPerMm;
  store.saveBelt({ pixelToBelt, countsPerMm, frameSize: lens?.frameSize ?? configuredSize(config) }, lens, { how: `${points} points measured with a tape`, figures: { points, rmsMm } });
  const told = points === 4 ? 'four points agree with any plane: measure more to have a check' : `${rmsMm.toFixed(2)} mm (rms) from one plane`;
  process.stdout.write(flags.json ? `${JSON.stringify({ points, rmsMm, countsPerMm, file: store.calibrationFile })}\n` : `belt       ${points} points, ${told}\nwritten    ${store.calibrationFile}\n`);
}

function configuredSize({ camera: { source } }: Config): SizePx {
  if ('width' in source) return { width: source.width, height: source.height };
  throw new SortlineError('USAGE', `the config does not say how large the pictures of \`kind: ${source.kind}\` are: run \`sortline calibrate camera\` first`);
}

function reportText(result: BeltResult, lens: LensCalibration | undefined, file: string): string {
  const { countsPerMm, countsPerMmDeviation, rmsMm, worstMm, worstView, views, travelMm, acrossShare } = result;
  return [
    `belt       ${countsPerMm.toFixed(4)} counts per mm (± ${(100 * countsPerMmDeviation).toFixed(3)} %) over ${travelMm.toFixed(0)} mm of travel`,
    `plane      corners ${rmsMm.toFixed(3)} mm (rms) from one flat belt in ${views} views; worst ${worstMm.toFixed(3)} mm in ${worstView}`,
    ...(acrossShare < LITTLE_ACROSS ? [`note       the target passed over ${(100 * acrossShare).toFixed(0)} % of the belt's width: a larger one, or one turned crosswise, would check the rest`] : []),
    ...(lens === undefined ? ['note       the lens was not calibrated: what it bends near the picture\'s edges is placed wrongly (`sortline calibrate camera`)'] : []),
    `written    ${file}; name it under calibration.file`,
    '',
  ].join('\n');
}
