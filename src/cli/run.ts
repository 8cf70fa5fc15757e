// `sortline run`: a line from one config file, until Ctrl-C.
import type { Command } from 'commander';
import { configFrom } from './config-file.ts';

export function addRunCommand(program: Command): void {
  program.command('run')
    .summary('run a line from a config file')
    .description('Runs a line from a config file until Ctrl-C or SIGTERM, then prints the ledger.')
    .option('-c, --config <file>', 'the config file', 'sortline.yaml')
    .addHelpText('after', '\nExample:\n  $ sortline run -c sortline.yaml\n\nChanges of `recipe` and of bins\' `enabled` in the file apply while the line runs.')
    .action(async ({ config: file }: { config: string }) => {
      const config = configFrom(file);
      const { runLine } = await import('../app/run-line.ts');
      process.exitCode = await runLine({ config, configPath: file, mode: 'run' });
    });
}
