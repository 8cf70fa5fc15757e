// `sortline calibrate camera`: the lens, from a chessboard held before it.
import type { Command } from 'commander';
import type { CameraResult } from '../app/calibrate-camera.ts';
import { coverageText } from '../calibrate/judge-views.ts';
import type { CalibrateFlags, PatternFlags } from './calibrate-flags.ts';
import { endProgress, openCalibration, patternFrom, progress, withCalibrateFlags, withPatternFlags } from './calibrate-flags.ts';

const SQUARE_MM = 25;

export function addCalibrateCamera(calibrate: Command): void {
  const command = calibrate.command('camera')
    .summary('the lens, from a chessboard held before it')
    .description('Hold a printed chessboard before the camera: in every part of the picture, facing it and leaning to each side. Fits focal length and distortion, and refuses a set of views that cannot tell, saying which are missing.')
    .option('--frames <dir>', 'take the pictures of this folder instead of the live camera');
  withCalibrateFlags(withPatternFlags(command, SQUARE_MM))
    .addHelpText('after', '\nExample:\n  $ sortline calibrate camera -c sortline.yaml --pattern 9x6 --square-mm 25')
    .action(async (flags: CalibrateFlags & PatternFlags & { frames?: string }) => {
      const { measureCamera } = await import('../app/measure-geometry.ts');
      const { config, store } = await openCalibration(flags);
      const pattern = patternFrom(flags);
      const result = await measureCamera({
        config, pattern, frames: flags.frames,
        onFrame: ({ frames, views, isFound }) => progress(`${views} views of the board in ${frames} pictures${isFound ? '' : '; not seen whole now'}`),
      }).finally(endProgress);
      const { rmsPx, focalDeviationPx, views } = result;
      const how = `chessboard ${pattern.columns}x${pattern.rows}, ${pattern.squareMm} mm, ${flags.frames === undefined ? 'held before the camera' : `pictures in ${flags.frames}`}`;
      store.saveLens(result, { how, figures: { rmsPx, focalDeviationPx, views } }, result.picture);
      const { picture: _, ...report } = result;
      process.stdout.write(flags.json ? `${JSON.stringify({ ...report, file: store.lensFile })}\n` : reportText(result, store.lensFile));
    });
}

function reportText({ lens, frameSize, rmsPx, focalDeviationPx, frames, views, outliers, coverage }: CameraResult, file: string): string {
  const [k1, k2, p1, p2, k3] = lens.distortion.map((value) => value.toFixed(4));
  return [
    `lens       focal length ${lens.focalPx.map((px) => px.toFixed(1)).join(' and ')} px (± ${focalDeviationPx.toFixed(1)}), centre ${lens.centrePx.map((px) => px.toFixed(1)).join(', ')} of ${frameSize.width}x${frameSize.height} px`,
    `distortion k1 ${k1}, k2 ${k2}, p1 ${p1}, p2 ${p2}, k3 ${k3}`,
    `fit        corners ${rmsPx.toFixed(3)} px (rms) from where they should be, in ${views} views of ${frames} pictures${outliers.length === 0 ? '' : `; left out: ${outliers.join(', ')}`}`,
    'coverage   corners seen in each part of the picture:',
    coverageText(coverage),
    `written    ${file}; next: sortline calibrate belt`,
    '',
  ].join('\n');
}
