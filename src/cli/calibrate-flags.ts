// What the subcommands of `sortline calibrate` have in common.
import type { Command } from 'commander';
import { Option } from 'commander';
import { systemClock } from '../base/clock.ts';
import type { Logger } from '../base/logger.ts';
import type { CalibrationStore } from '../app/calibration-store.ts';
import { defaultConfig } from '../config/load-config.ts';
import type { Config } from '../config/schema.ts';
import { decimalNumber, refuseValue, wholeNumber } from './arguments.ts';
import { configFrom } from './config-file.ts';

export interface CalibrateFlags {
  readonly config?: string;
  readonly out?: string;
  readonly validDays: number;
  readonly json?: true;
}

export interface PatternFlags {
  readonly pattern: { readonly columns: number; readonly rows: number };
  readonly squareMm: number;
}

/** Half a year: lenses and brackets stay, belts wear. */
const VALID_DAYS = 180;

export function withCalibrateFlags(command: Command): Command {
  return command
    .option('-c, --config <file>', 'config of the line; the virtual belt without')
    .option('--out <dir>', 'folder of the measured numbers; default: calibration/<line> in the working directory')
    .option('--valid-days <n>', 'days until the line warns that the calibration is old', wholeNumber({ min: 1, max: 3650 }), VALID_DAYS)
    .option('--json', 'print one JSON document');
}

export function withPatternFlags(command: Command, squareMm: number): Command {
  return command
    .addOption(new Option('--pattern <columns>x<rows>', 'inner corners of the chessboard').argParser(patternOf).default({ columns: 9, rows: 6 }, '9x6'))
    .option('--square-mm <mm>', 'side of a square, measured over the whole board with a ruler', decimalNumber({ min: 1, max: 1000 }), squareMm);
}

export function patternFrom({ pattern, squareMm }: PatternFlags): { columns: number; rows: number; squareMm: number } {
  return { ...pattern, squareMm };
}

export async function openCalibration(flags: CalibrateFlags): Promise<{ config: Config; store: CalibrationStore; log: Logger }> {
  const { CalibrationStore } = await import('../app/calibration-store.ts');
  const { createLog } = await import('../app/log.ts');
  const config = flags.config === undefined ? defaultConfig() : configFrom(flags.config);
  const store = new CalibrationStore({ config, folder: flags.out, clock: systemClock, validDays: flags.validDays });
  return { config, store, log: createLog({ level: 'warn', format: 'auto', to: 'stderr' }) };
}

/** Shown while somebody works at the line; not where a machine reads. */
export function progress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`);
}

export function endProgress(): void {
  if (process.stderr.isTTY) process.stderr.write('\r\x1b[K');
}

function patternOf(text: string): PatternFlags['pattern'] {
  const [, columns, rows] = /^(\d{1,2})x(\d{1,2})$/.exec(text) ?? refuseValue(text, 'inner corners such as 9x6, each from 3 to 40');
  const pattern = { columns: Number(columns), rows: Number(rows) };
  if (Math.min(pattern.columns, pattern.rows) < 3 || Math.max(pattern.columns, pattern.rows) > 40) refuseValue(text, 'inner corners such as 9x6, each from 3 to 40');
  return pattern;
}
