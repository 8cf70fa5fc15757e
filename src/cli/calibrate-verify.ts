// `sortline calibrate verify`: known items, pass or fail.
import type { Command } from 'commander';
import type { VerifyReport } from '../app/verify-calibration.ts';
import { SortlineError } from '../base/errors.ts';
import { decimalNumber, wholeNumber } from './arguments.ts';
import type { CalibrateFlags } from './calibrate-flags.ts';
import { openCalibration, withCalibrateFlags } from './calibrate-flags.ts';
import { EXIT_OK, EXIT_REFUSED } from './failure.ts';

interface VerifyFlags extends CalibrateFlags {
  readonly items?: string;
  readonly moveBelt?: true;
  readonly count: number;
  readonly seed: number;
  readonly placeMm: number;
  readonly sizeMm: number;
}

export function addCalibrateVerify(calibrate: Command): void {
  const command = calibrate.command('verify')
    .summary('known items: pass or fail')
    .description('Runs the line with known items and compares what it saw and did with what they are: place, size, material and bin, whatever the list says of them. Exit code 1 where one fails. On the virtual belt the items are the simulator\'s, and the error of each position at each actuator is told as well.')
    .option('--items <file>', 'list of the items, in the order in which they pass; needed on a real line')
    .option('--move-belt', 'start a real line: belt and actuators move, keep clear')
    .option('--count <n>', 'items on the virtual belt', wholeNumber({ min: 1, max: 10_000 }), 20)
    .option('--seed <n>', 'what lies on the virtual belt follows from it', wholeNumber({ min: 0, max: 0xffff_ffff }), 7)
    .option('--place-mm <mm>', 'largest error of a place', decimalNumber({ min: 0.01, max: 1000 }), 5)
    .option('--size-mm <mm>', 'largest error of a length or width', decimalNumber({ min: 0.01, max: 1000 }), 8);
  withCalibrateFlags(command)
    .addHelpText('after', '\nExamples:\n  $ sortline calibrate verify --count 50\n  $ sortline calibrate verify -c sortline.yaml --items known.yaml --move-belt')
    .action(async (flags: VerifyFlags) => {
      const { verifyLive, verifyVirtual } = await import('../app/verify-calibration.ts');
      const { readKnownItems } = await import('../app/known-items.ts');
      const { config, store, log } = await openCalibration(flags);
      const options = { config, calibration: store.calibration(), log, tolerances: { placeMm: flags.placeMm, sizeMm: flags.sizeMm } };
      const isVirtual = config.camera.source.kind === 'virtual-belt';
      if (!isVirtual && (flags.items === undefined || flags.moveBelt === undefined)) {
        throw new SortlineError('USAGE', 'a real line is verified with items that you know and while it moves: give the list with --items and say --move-belt when everybody is clear of belt and actuators');
      }
      const report = isVirtual ? await verifyVirtual(options, { items: flags.count, seed: flags.seed }) : await verifyLive(options, readKnownItems(flags.items!));
      process.stdout.write(flags.json ? `${JSON.stringify(report)}\n` : reportText(report));
      process.exitCode = report.isPassed ? EXIT_OK : EXIT_REFUSED;
    });
}

function reportText({ isPassed, known, seen, failures, pitchRmsMm, yRmsMm, sizeRmsMm, actuatorRmsMm, actuatorWorstMm }: VerifyReport): string {
  const mm = (value: number | undefined): string => (value === undefined ? 'not known' : `${value.toFixed(2)} mm (rms)`);
  return [
    `items      ${seen} seen of ${known}`,
    `errors     along the belt ${mm(pitchRmsMm)}, across ${mm(yRmsMm)}, size ${mm(sizeRmsMm)}`,
    ...(actuatorRmsMm === undefined ? [] : [`actuators  position error when at the actuators ${actuatorRmsMm.toFixed(2)} mm (rms), worst ${actuatorWorstMm?.toFixed(2)} mm`]),
    ...failures.map((failure) => `  failed   ${failure}`),
    isPassed ? 'passed' : `failed: ${failures.length === 1 ? 'one thing is' : `${failures.length} things are`} not as it should be`,
    '',
  ].join('\n');
}
