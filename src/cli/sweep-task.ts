// What the trials of a sweep train on, kept with the sweep. Looked at before it begins, so that a wrong folder is told once and not by
// every agent.
import type { Command } from 'commander';
import { SortlineError } from '../base/errors.ts';
import type { SweepConfig } from '../learning/sweep/sweep-config.ts';
import type { TrainingTask } from '../learning/sweep/training-runner.ts';
import type { LearningStore } from '../learning/store/learning-store.ts';
import { givenHyperparameters } from './train-flags.ts';
import type { InputFlags } from './training-inputs.ts';
import { inputsFrom, withInputOptions } from './training-inputs.ts';

export interface TaskFlags extends InputFlags {
  readonly name?: string;
}

export function withTaskOptions(command: Command): Command {
  return withInputOptions(command, { valFor: 'trials are compared by', recipe: 'YAML file with the hyperparameters that no trial changes' })
    .option('--name <name>', 'name of the sweep, its runs and its models (default: that in the sweep file)');
}

/** Throws USAGE, and what opening data and backbone throws. */
export async function taskFrom(flags: TaskFlags, config: SweepConfig, { store, name }: { store: LearningStore; name: string }): Promise<TrainingTask> {
  const inputs = await inputsFrom(flags);
  const [{ openDataSet }, { trainingBackbone }, { checkModelName }] = await Promise.all([import('../learning/data/open-data-set.ts'), import('../learning/train/training-backbone.ts'), import('../learning/train/model-name.ts')]);
  const recipe = givenHyperparameters({}, flags.recipe);
  checkModelName(name, store);
  if (config.parameters['architecture'] !== undefined) {
    if (inputs.backbone !== undefined) throw new SortlineError('USAGE', 'the sweep searches `architecture`, and --backbone names one for all: leave it out, and import a backbone for each with `sortline models import`');
  } else {
    // Whoever names a backbone need not say again what it is.
    recipe.architecture ??= trainingBackbone(inputs.backbone, undefined, store).backbone.architecture;
    trainingBackbone(inputs.backbone, recipe.architecture, store);
  }
  const { train_ratio: train = 0.6, val_ratio: val = 0.2, test_ratio: test = 0.2, seed = 1 } = recipe;
  await openDataSet({ ...inputs, ratios: { train, val, test }, seed }, { store });
  return { ...inputs, name, weightsAs: 'float16', recipe };
}
