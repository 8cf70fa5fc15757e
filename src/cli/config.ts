// `sortline config`: what a config file comes to with every default filled in, or the reference of all keys.
import type { Command } from 'commander';
import { stringify } from 'yaml';
import { defaultConfig } from '../config/load-config.ts';
import { configReference } from '../config/reference.ts';
import { withoutSecrets } from '../config/secrets.ts';
import { configFrom } from './config-file.ts';

interface ConfigFlags {
  readonly config?: string;
  readonly json?: boolean;
  readonly reference?: boolean;
}

export function addConfigCommand(program: Command): void {
  program.command('config')
    .summary('show the effective configuration, or the reference of all keys')
    .description('Prints the configuration with every default filled in, secrets hidden. Without -c: the defaults.')
    .option('-c, --config <file>', 'the config file')
    .option('--json', 'print JSON instead of YAML')
    .option('--reference', 'print the reference of all keys (Markdown) instead')
    .addHelpText('after', '\nExamples:\n  $ sortline config -c sortline.yaml\n  $ sortline config --reference > docs/configuration.md')
    .action((flags: ConfigFlags) => {
      if (flags.reference === true) {
        process.stdout.write(configReference());
        return;
      }
      const config = withoutSecrets(flags.config === undefined ? defaultConfig() : configFrom(flags.config));
      process.stdout.write(flags.json === true ? `${JSON.stringify(config, null, 2)}\n` : stringify(config));
    });
}
