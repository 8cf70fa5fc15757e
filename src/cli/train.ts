// `sortline train`: pictures and a pretrained network in, a model that the line can run out.
import { mkdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Command } from 'commander';
import { systemClock } from '../base/clock.ts';
import { SortlineError } from '../base/errors.ts';
import type { LearningStore } from '../learning/store/learning-store.ts';
import type { TrainDeps, TrainOutcome } from '../learning/train/train-model.ts';
import type { TrainRequest } from '../learning/train/training-sources.ts';
import { EXIT_OK, EXIT_REFUSED } from './failure.ts';
import type { StoreFlags } from './learning-store.ts';
import { withStore, withStoreOption } from './learning-store.ts';
import { addHyperparameterFlags, completed, givenHyperparameters } from './train-flags.ts';
import type { InputFlags, MachineFlags } from './training-inputs.ts';
import { inputsFrom, machineFrom, withInputOptions, withMachineOptions } from './training-inputs.ts';

interface TrainFlags extends StoreFlags, InputFlags, MachineFlags, Readonly<Record<string, unknown>> {
  readonly teacher?: string;
  readonly resume?: string;
  readonly name?: string;
  readonly out?: string;
  readonly weights: 'float16' | 'float32';
  readonly json?: true;
}

export function addTrainCommand(program: Command): void {
  const command = program.command('train')
    .summary('train a model on pictures')
    .description('Trains a classifier on labelled pictures, from a pretrained network, and stores it as a model that the line can run, with the temperature and the confidence thresholds found on the validation pictures. Ctrl-C ends it after the step it is in; --resume goes on from there with the same numbers.');
  withInputOptions(command, { valFor: 'the best weights are selected by', recipe: 'YAML file with hyperparameters; flags come before it' })
    .option('--teacher <dir|name>', 'a better model to learn from besides the labels: folder, name in the store, or champion')
    .option('--resume <run>', 'go on with a run that was stopped; everything else is as it was')
    .option('--name <name>', 'name of run and model (default: after data and architecture)')
    .option('--out <dir>', 'write the model folder there as well')
    .option('--weights <as>', 'how weights are stored: float16 or float32', weightsKind, 'float16');
  withMachineOptions(command)
    .option('--json', 'print {state, run, model, accuracy, interval, perMaterial, …} when done');
  withStoreOption(command);
  addHyperparameterFlags(command);
  command.addHelpText('after', [
    '', 'A recipe names hyperparameters as in the flags, with underscores:', '  mode: fine-tune', '  epoch_qty: 30', '  learn_rate: 0.0005', '',
    'Examples:', '  $ sortline train --data photographs/ --backbone resnet18.onnx --mode head',
    '  $ sortline train --data yard --recipe recipe.yaml --renderings 300 --out models/yard', '  $ sortline train --resume 20261124T0315',
  ].join('\n'))
    .action((flags: TrainFlags) => withStore(flags, async (store) => {
      process.exitCode = await train(flags, store);
    }));
}

async function train(flags: TrainFlags, store: LearningStore): Promise<number> {
  if (flags.out !== undefined) mkdirSync(flags.out, { recursive: true });
  const [{ trainModel, resumeTraining }, { trainProgress }, { untilSignal }, { createLog }] = await Promise.all([
    import('../learning/train/train-model.ts'), import('./train-progress.ts'), import('../app/signals.ts'), import('../app/log.ts'),
  ]);
  const stop = new AbortController();
  void untilSignal(systemClock, () => process.exit(130)).then(() => {
    process.stderr.write('\nending after this step; once more ends at once\n');
    stop.abort();
  });
  const deps: TrainDeps = {
    store, clock: systemClock, log: createLog({ level: 'warn', format: 'auto', to: 'stderr' }), signal: stop.signal,
    machine: machineFrom(flags),
    observer: trainProgress(process.stderr, systemClock),
  };
  const startedNs = systemClock.nowNs();
  const outcome = flags.resume === undefined ? await trainModel(await requestOf(flags, store), deps) : await resumeTraining(flags.resume, deps);
  return report(outcome, flags, (systemClock.nowNs() - startedNs) / 1e9);
}

async function requestOf(flags: TrainFlags, store: LearningStore): Promise<TrainRequest> {
  const inputs = await inputsFrom(flags, ', or a stopped run with --resume');
  const { trainingBackbone } = await import('../learning/train/training-backbone.ts');
  const given = givenHyperparameters(flags, flags.recipe);
  // Whoever names a backbone need not say again what it is.
  const architecture = given.architecture ?? trainingBackbone(inputs.backbone, undefined, store).backbone.architecture;
  const { teacher } = flags;
  return { ...inputs, ...(teacher !== undefined && { teacher }), name: flags.name ?? nameAfter(inputs.source, architecture), weightsAs: flags.weights, hyperparameters: completed({ ...given, architecture }) };
}

async function report(outcome: TrainOutcome, flags: TrainFlags, seconds: number): Promise<number> {
  const { outcomeText, outcomeDocument } = await import('./train-report.ts');
  if (outcome.kind === 'trained' && flags.out !== undefined) {
    const { writeWhole } = await import('../learning/train/write-whole.ts');
    for (const [name, content] of outcome.built.files) writeWhole(join(flags.out, name), [content], 'the model');
  }
  process.stdout.write(flags.json === true ? `${JSON.stringify(outcomeDocument(outcome, seconds))}\n` : outcomeText(outcome, { seconds, out: flags.out }));
  return outcome.kind === 'trained' ? EXIT_OK : EXIT_REFUSED;
}

/** `trashnet-resnet18` for `…/trashnet`, `…/trashnet/images`, `trashnet:v3` and `trashnet-train`: no name of a data set or a backbone. */
function nameAfter(source: string, architecture: string): string {
  const folder = basename(source) === 'images' ? dirname(source) : source;
  const data = basename(folder).replace(/:.*$/, '').replace(/-(train|val|test)$/, '').replaceAll(/[^A-Za-z0-9._-]+/g, '-').replace(/^[^A-Za-z0-9]+/, '');
  return data === '' ? architecture : `${data}-${architecture}`;
}

function weightsKind(text: string): string {
  if (text !== 'float16' && text !== 'float32') throw new SortlineError('USAGE', `--weights ${text}: allowed are float16 and float32`);
  return text;
}
