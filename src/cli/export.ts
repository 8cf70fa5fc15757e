// `sortline export`: recorded runs for the tools of others.
import type { Command } from 'commander';
import { Option } from 'commander';
import { SortlineError } from '../base/errors.ts';
import type { LearningStore, Run } from '../learning/store/learning-store.ts';
import type { StoreFlags } from './learning-store.ts';
import { withStore, withStoreOption } from './learning-store.ts';

interface ExportFlags extends StoreFlags {
  readonly out: string;
  readonly sweep?: string;
  readonly project?: string;
  readonly entity?: string;
  readonly artifacts?: true;
}

export function addExportCommand(program: Command): void {
  const command = program.command('export')
    .summary('write runs for Weights & Biases')
    .description('Writes runs as W&B\'s client writes them offline, a folder for each; `wandb sync FOLDER` uploads them from wherever there is an account. Nothing is sent anywhere. docs/learning.md says what is carried over and what is not.')
    .argument('[runs...]', 'runs by id, beginning of an id or name')
    .addOption(new Option('--format <format>', 'form of the files').choices(['wandb']).default('wandb'))
    .option('--sweep <id>', 'all runs of this sweep')
    .requiredOption('--out <dir>', 'folder to write to')
    .option('--project <name>', 'project in W&B; without it that of whoever uploads')
    .option('--entity <name>', 'team or user in W&B, likewise')
    .option('--artifacts', 'also what the runs made; its files are read from the store when `wandb sync` runs')
    .addHelpText('after', '\nExample:\n  $ sortline export 20261124T0315 --project sorting --out wandb && wandb sync wandb/offline-run-*')
    .action((runs: string[], flags: ExportFlags) => withStore(flags, (store) => exportRuns(runs, flags, store), { isReading: true }));
  withStoreOption(command);
}

async function exportRuns(references: readonly string[], flags: ExportFlags, store: LearningStore): Promise<void> {
  const { exportWandb } = await import('../learning/export/export-wandb.ts');
  const chosen = [...references.map((reference) => store.run(reference)), ...(flags.sweep === undefined ? [] : store.runs({ sweepId: flags.sweep }))];
  if (chosen.length === 0) throw new SortlineError('USAGE', 'nothing to export: name runs, or a sweep that has some with --sweep');
  for (const run of new Map(chosen.map((run): [string, Run] => [run.id, run])).values()) {
    const folder = await exportWandb(run, store, {
      folder: flags.out, withArtifacts: flags.artifacts === true, ...(flags.entity !== undefined && { entity: flags.entity }), ...(flags.project !== undefined && { project: flags.project }),
    });
    process.stdout.write(`${folder}\n`);
  }
}
