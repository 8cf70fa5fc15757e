// `sortline simulate`: the whole line in virtual time, measured against what truly lay on the belt.
import { resolve } from 'node:path';
import type { Command } from 'commander';
import type { SimulationReport } from '../app/simulate-line.ts';
import { SortlineError } from '../base/errors.ts';
import { defaultConfig } from '../config/load-config.ts';
import type { Config } from '../config/schema.ts';
import { decimalNumber, wholeNumber } from './arguments.ts';
import { configFrom } from './config-file.ts';
import { simulateDays } from './simulate-days.ts';

interface SimulateFlags {
  readonly items: number;
  readonly seed: number;
  readonly images?: string;
  readonly config?: string;
  readonly json?: true;
  readonly scenario?: string;
  readonly hours: number;
  readonly days: number;
  readonly shrink: boolean;
}

export function addSimulateCommand(program: Command): void {
  program.command('simulate')
    .summary('run the whole line in virtual time')
    .description('Runs the production line in virtual time on a virtual belt and prints what became of every item. With a scenario it runs whole days with faults, in front of a simulated vision, and checks at every event what must hold whatever goes wrong (docs/faults.md). The same seed gives the same result.')
    .option('--items <n>', 'items that pass the camera', wholeNumber({ min: 1, max: 1_000_000 }), 200)
    .option('--seed <n>', 'what lies on the belt follows from it', wholeNumber({ min: 0, max: 0xffff_ffff }), 7)
    .option('--images <dir>', 'photographs to put on the belt, one folder per material, instead of drawings; DIR/../val.txt selects among them')
    .option('-c, --config <file>', 'take recipe, actuators and the rest from this file; camera and board stay virtual')
    .option('--scenario <file>', 'days with faults instead: a scenario file, or `full` for everything that can go wrong')
    .option('--hours <h>', 'with --scenario: length of a day', decimalNumber({ min: 0.001, max: 1000 }), 24)
    .option('--days <n>', 'with --scenario: a campaign of so many days, with seeds from --seed on', wholeNumber({ min: 1, max: 100_000 }), 1)
    .option('--no-shrink', 'with --scenario: do not look for the shortest reproduction of a violation')
    .option('--json', 'print one JSON document')
    .addHelpText('after', '\nExamples:\n  $ sortline simulate --items 500 --seed 7\n  $ sortline simulate --scenario full --hours 1 --seed 1\n  $ sortline simulate --scenario full --hours 24 --days 20')
    .action(async (flags: SimulateFlags, command: Command) => {
      mustFit(flags, command);
      if (flags.scenario !== undefined) {
        process.exitCode = await simulateDays({ ...flags, scenario: flags.scenario }, virtualConfig(flags));
        return;
      }
      const { simulateLine } = await import('../app/simulate-line.ts');
      const { calibrationFor } = await import('../app/calibration-for.ts');
      const { createLog } = await import('../app/log.ts');
      const config = virtualConfig(flags);
      const log = createLog({ level: 'warn', format: 'auto', to: 'stderr' });
      const report = await simulateLine({ config, calibration: calibrationFor(config), log, items: flags.items, seed: flags.seed });
      process.stdout.write(flags.json ? `${JSON.stringify(report)}\n` : reportText(report));
    });
}

/** Throws USAGE where an option was given that would not be looked at. */
function mustFit({ scenario }: SimulateFlags, command: Command): void {
  const given = (options: readonly (readonly [name: string, flag: string])[]): string | undefined => options.find(([name]) => command.getOptionValueSource(name) === 'cli')?.[1];
  const forDays = given([['hours', '--hours'], ['days', '--days'], ['shrink', '--no-shrink']]);
  const forBelt = given([['items', '--items'], ['images', '--images']]);
  if (scenario === undefined && forDays !== undefined) throw new SortlineError('USAGE', `${forDays} goes with --scenario only: name a scenario file or \`full\`, or leave it out`);
  if (scenario !== undefined && forBelt !== undefined) throw new SortlineError('USAGE', `${forBelt} does not go with --scenario, whose days are as long as --hours says and are seen by a simulated vision: leave it out`);
}

function virtualConfig(flags: SimulateFlags): Config {
  const config = flags.config === undefined ? defaultConfig() : configFrom(flags.config);
  return flags.images === undefined ? config : { ...config, sim: { ...config.sim, images: resolve(flags.images) } };
}

function reportText(report: SimulationReport): string {
  const percent = (share: number | null): string => (share === null ? '     -' : `${(100 * share).toFixed(1).padStart(5)}%`);
  const { items, outcomes, late, maxCountError, bins, accuracy, beltSeconds, wallSeconds, seed, phantoms } = report;
  return [
    `${items} items, seed ${seed}: ${beltSeconds.toFixed(0)} s of belt in ${wallSeconds.toFixed(1)} s (${(beltSeconds / wallSeconds).toFixed(0)} times faster)`,
    `outcomes   ${Object.entries(outcomes).map(([outcome, count]) => `${outcome} ${count}`).join(', ')}`,
    `timing     ${late} late, largest error ${maxCountError} counts; objects that were none: ${phantoms}`,
    `accuracy   ${percent(accuracy).trim()} of the classified items`,
    `${'bin'.padEnd(12)}items  purity recovery`,
    ...Object.entries(bins).map(([bin, { items: count, purity, recovery }]) => `${bin.padEnd(12)}${String(count).padStart(5)}  ${percent(purity)}   ${percent(recovery)}`),
    '',
  ].join('\n');
}
