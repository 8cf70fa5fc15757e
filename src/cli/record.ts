// `sortline record`: runs a line and records it.
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { defaultConfig } from '../config/load-config.ts';
import { decimalNumber } from './arguments.ts';
import { configFrom } from './config-file.ts';

interface RecordFlags {
  readonly config?: string;
  readonly out?: string;
  readonly seconds?: number;
}

export function addRecordCommand(program: Command): void {
  program.command('record')
    .summary('run a line and record it')
    .description('Runs a line as `sortline run` does, and records pictures, encoder, serial bytes and events as MCAP: into the folder of `record` in the config, or into one file. Without a config the virtual line of the demo is recorded.')
    .option('-c, --config <file>', 'the config file')
    .option('-o, --out <file>', 'one file to record into, instead of the folder of the config; an existing one is replaced')
    .option('--seconds <n>', 'stop after so many seconds instead of with Ctrl-C', decimalNumber({ min: 0.5, max: 1e7 }))
    .addHelpText('after', '\nExample:\n  $ sortline record -c sortline.yaml --seconds 60 --out minute.mcap\n\nA recording opens in Foxglove, and `sortline replay` runs the line on it again.')
    .action(async ({ config: file, out, seconds }: RecordFlags) => {
      const config = file === undefined ? defaultConfig() : configFrom(file);
      const { runLine } = await import('../app/run-line.ts');
      process.exitCode = await runLine({
        config: { ...config, record: { ...config.record, enabled: true, ...(out === undefined ? {} : { mode: 'continuous' as const }) } },
        ...(file === undefined ? {} : { configPath: file }), mode: file === undefined ? 'demo' : 'run',
        recordTo: out === undefined ? undefined : resolve(out), seconds,
      });
    });
}
