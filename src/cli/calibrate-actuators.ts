// `sortline calibrate actuators`: fire and see.
import type { Command } from 'commander';
import type { ActuatorResult } from '../app/calibrate-actuators.ts';
import { SortlineError } from '../base/errors.ts';
import type { ActuatorOptions } from '../actuate/options.ts';
import { refuseValue } from './arguments.ts';
import type { CalibrateFlags } from './calibrate-flags.ts';
import { endProgress, openCalibration, progress, withCalibrateFlags } from './calibrate-flags.ts';
import { EXIT_OK, EXIT_REFUSED } from './failure.ts';

interface ActuatorFlags extends CalibrateFlags {
  readonly actuator?: readonly string[];
  readonly speeds: readonly [number, number];
  readonly moveBelt?: true;
}

/** Pictures a second of the virtual camera: each item is seen three times. */
const VIRTUAL_FPS = 3;
const VIRTUAL_ITEMS_PER_SECOND = 1;

export function addCalibrateActuators(calibrate: Command): void {
  const command = calibrate.command('actuators')
    .summary('place and delay of each actuator, by firing at items')
    .description('Runs test items past the actuators at two speeds, fires at each at another aim, and sees which go into the bin: where the actuator is and how long it takes follow. On a real line a person sets the speed and says what went into the bin. A sweep verifies each result; exit code 1 where it does not hold.')
    .option('--actuator <id...>', 'these actuators only')
    .option('--speeds <slow,fast>', 'belt speeds, mm/s', speedsOf, [140, 350] as const)
    .option('--move-belt', 'start a real line: belt and actuators move, keep clear');
  withCalibrateFlags(command)
    .addHelpText('after', '\nExample:\n  $ sortline calibrate actuators -c sortline.yaml --actuator jet-glass --speeds 150,350 --move-belt')
    .action(async (flags: ActuatorFlags) => {
      const { calibrateActuators } = await import('../app/calibrate-actuators.ts');
      const { CalibrationBench } = await import('../app/calibration-bench.ts');
      const { personWitness, twinWitness } = await import('../app/actuator-witness.ts');
      const { config, store, log } = await openCalibration(flags);
      const calibration = store.calibration();
      const actuators = chosen(config.actuators, flags.actuator);
      const bench = new CalibrationBench({ config, log, virtual: { framesPerSecond: VIRTUAL_FPS, world: { itemsPerSecond: VIRTUAL_ITEMS_PER_SECOND } } });
      if (bench.plant === undefined && flags.moveBelt === undefined) throw new SortlineError('USAGE', 'belt and actuators move: say --move-belt when everybody is clear of them');
      const person = bench.plant === undefined ? personWitness({ input: process.stdin, output: process.stderr }) : undefined;
      const witness = person ?? twinWitness(bench, bench.plant!, config.sim.twin.rampMs);
      const results = await bench.run(() => calibrateActuators(bench, {
        calibration, vision: config.vision, actuators, speeds: flags.speeds, witness,
        onTry: ({ actuator, aimMm, isHit }) => progress(`${actuator} fired with the item at ${aimMm.toFixed(1)} mm: ${isHit ? 'hit' : 'missed'}`),
      })).finally(() => { person?.close(); endProgress(); });
      store.savePart('actuators', { actuators: { ...calibration.actuators, ...Object.fromEntries(results.map(({ id, offsetMm, leadMs }) => [id, { offsetMm, leadMs }])) } }, {
        how: `fire and see at ${flags.speeds.join(' and ')} mm/s: ${results.map(({ id }) => id).join(', ')}`,
        figures: { tries: results.reduce((sum, { tries }) => sum + tries, 0), worstOffsetDeviationMm: Math.max(...results.map(({ offsetDeviationMm }) => offsetDeviationMm)), sweepFailures: results.reduce((sum, { sweepFailures }) => sum + sweepFailures.length, 0) },
      });
      process.stdout.write(flags.json ? `${JSON.stringify({ actuators: results, file: store.calibrationFile })}\n` : reportText(results, actuators, store.calibrationFile));
      process.exitCode = results.every(({ sweepFailures }) => sweepFailures.length === 0) ? EXIT_OK : EXIT_REFUSED;
    });
}

function chosen(actuators: readonly ActuatorOptions[], ids: readonly string[] | undefined): readonly ActuatorOptions[] {
  if (ids === undefined) return actuators;
  const unknown = ids.find((id) => !actuators.some((actuator) => actuator.id === id));
  if (unknown !== undefined) throw new SortlineError('USAGE', `there is no actuator '${unknown}' in the config; it has ${actuators.map(({ id }) => id).join(', ')}`);
  return actuators.filter(({ id }) => ids.includes(id));
}

function speedsOf(text: string): readonly [number, number] {
  const speeds = text.split(',').map(Number);
  const [slow, fast] = speeds;
  if (speeds.length !== 2 || !(slow! > 0) || !(fast! > 1.25 * slow!) || !(fast! <= 5000)) refuseValue(text, 'two speeds in mm/s such as 140,350, the second at least a quarter above the first');
  return [slow!, fast!];
}

function reportText(results: readonly ActuatorResult[], before: readonly ActuatorOptions[], file: string): string {
  const width = Math.max(8, ...results.map(({ id }) => id.length)) + 2;
  return [
    `${'actuator'.padEnd(width)}${'offset mm'.padStart(16)}${'config'.padStart(9)}${'lead ms'.padStart(14)}${'config'.padStart(8)}${'zone mm'.padStart(9)}${'tries'.padStart(7)}  sweep`,
    ...results.map(({ id, offsetMm, offsetDeviationMm, leadMs, leadDeviationMs, zoneMm, tries, sweepFailures }) => {
      const config = before.find((actuator) => actuator.id === id)!;
      const offset = `${offsetMm.toFixed(1)} ± ${offsetDeviationMm.toFixed(1)}`, lead = `${leadMs.toFixed(1)} ± ${leadDeviationMs.toFixed(1)}`;
      return `${id.padEnd(width)}${offset.padStart(16)}${config.offsetMm.toFixed(1).padStart(9)}${lead.padStart(14)}${config.leadMs.toFixed(1).padStart(8)}${zoneMm.toFixed(1).padStart(9)}${String(tries).padStart(7)}  ${sweepFailures.length === 0 ? 'as it should be' : sweepFailures.join('; ')}`;
    }),
    `written    ${file}`,
    '',
  ].join('\n');
}
