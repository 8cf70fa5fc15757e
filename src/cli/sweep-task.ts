// What the trials of a sweep train on, from the flags that `sortline train` has too. Looked at before a sweep begins, so that a
// wrong folder is told once and not by every agent.
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { SortlineError } from '../base/errors.ts';
import type { SweepConfig } from '../learning/sweep/sweep-config.ts';
import type { TrainingTask } from '../learning/sweep/training-runner.ts';
import type { LearningStore } from '../learning/store/learning-store.ts';
import { givenHyperparameters } from './train-flags.ts';

export interface TaskFlags {
  readonly data?: string;
  readonly trainList?: string;
  readonly valList?: string;
  readonly testList?: string;
  readonly backbone?: string;
  readonly recipe?: string;
  readonly name?: string;
}

export function withTaskOptions(command: Command): Command {
  return command
    .option('--data <dir|data>', 'folder with a folder of pictures per material (lists train.txt and val.txt beside it are used), or a data set of the learning store')
    .option('--train-list <file>', 'list of `material/file.jpg` lines to train on')
    .option('--val-list <file>', 'list of those that trials are compared by')
    .option('--test-list <file>', 'list of those to leave alone')
    .option('--backbone <file|name>', 'pretrained ResNet as ONNX, or one imported into the store (default: the newest there that fits)')
    .option('--recipe <file>', 'YAML file with the hyperparameters that no trial changes')
    .option('--name <name>', 'name of the sweep, its runs and its models (default: that of the sweep file)');
}

/** Throws USAGE, and what opening data and backbone throws. */
export async function taskFrom(flags: TaskFlags, config: SweepConfig, { store, name }: { store: LearningStore; name: string }): Promise<TrainingTask> {
  const { data, trainList, valList, testList, backbone, recipe } = flags;
  if (data === undefined) throw new SortlineError('USAGE', 'what the trials train on is missing: name a folder of pictures or a data set with --data');
  if (valList === undefined && (trainList !== undefined || testList !== undefined)) throw new SortlineError('USAGE', 'lists were given, but none of validation pictures: add --val-list FILE');
  const [{ isFolder }, { openDataSet }, { trainingBackbone }] = await Promise.all([import('../learning/data/data-source.ts'), import('../learning/data/open-data-set.ts'), import('../learning/train/training-backbone.ts')]);
  const file = (path: string | undefined): string | undefined => (path === undefined ? undefined : resolve(path));
  const source = isFolder(data) ? resolve(data) : data;
  const lists = valList === undefined ? undefined : { train: file(trainList), val: resolve(valList), test: file(testList) };
  const given = givenHyperparameters({}, recipe);
  checkName(name, store);
  if (config.parameters['architecture'] !== undefined) {
    if (backbone !== undefined) throw new SortlineError('USAGE', 'the sweep searches `architecture`, and --backbone names one for all: leave it out, and import a backbone for each with `sortline models import`');
  } else {
    // Whoever names a backbone need not say again what it is.
    given.architecture ??= trainingBackbone(backbone, undefined, store).backbone.architecture;
    trainingBackbone(backbone, given.architecture, store);
  }
  await openDataSet({ source, lists, ratios: { train: 0.6, val: 0.2, test: 0.2 }, seed: 1 }, { store });
  return { name, source, lists, backbone: backbone !== undefined && isFolder(backbone) ? resolve(backbone) : backbone, weightsAs: 'float16', recipe: given };
}

function checkName(name: string, store: LearningStore): void {
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(name)) throw new SortlineError('USAGE', `'${name}' cannot be the name of models: allowed are letters, digits, \`.\`, \`_\` and \`-\`; give another with --name`);
  const other = store.artifacts({ name }).find(({ type, metadata }) => type !== 'model' || metadata['kind'] === 'backbone');
  if (other !== undefined) throw new SortlineError('USAGE', `'${name}' is the name of ${other.type === 'model' ? 'a backbone' : 'a data set'} in the learning store, so the models of the sweep cannot have it: give another with --name`);
}
