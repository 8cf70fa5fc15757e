// What `sortline train` and `sortline sweep` are both told: which pictures, from which backbone, and what of the machine to use.
import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { SortlineError } from '../base/errors.ts';
import type { PartLists } from '../learning/data/part-pictures.ts';
import type { Machine } from '../learning/train/open-learner.ts';
import { wholeNumber } from './arguments.ts';
import { yieldCores } from './yield-cores.ts';

export interface InputFlags {
  readonly data?: string;
  readonly trainList?: string;
  readonly valList?: string;
  readonly testList?: string;
  readonly backbone?: string;
  readonly recipe?: string;
}

export interface MachineFlags {
  readonly provider?: string;
  readonly threads?: number;
  readonly nice?: true;
}

/** Paths are absolute; names of artifacts stay. */
export interface TrainingInputs {
  readonly source: string;
  readonly lists: PartLists | undefined;
  readonly backbone: string | undefined;
}

/** `valFor`: what the validation pictures are for; `recipe`: what the recipe file is. */
export function withInputOptions(command: Command, { valFor, recipe }: { valFor: string; recipe: string }): Command {
  return command
    .option('--data <dir|data>', 'folder with a folder of pictures per material (lists train.txt and val.txt beside it are used), or a data set of the learning store')
    .option('--train-list <file>', 'list of `material/file.jpg` lines to train on')
    .option('--val-list <file>', `list of those that ${valFor}`)
    .option('--test-list <file>', 'list of those to leave alone')
    .option('--backbone <file|name>', 'what to start from: a pretrained ResNet as ONNX file or imported into the store, or a model to train on, as folder or from the store (default: the newest imported one that fits)')
    .option('--recipe <file>', recipe);
}

export function withMachineOptions(command: Command): Command {
  return command
    .option('--provider <name>', 'where to train: cpu, cuda (default: cuda where it is installed and works)')
    .option('--threads <n>', 'threads of the model (default: one per core; with --nice half as many)', wholeNumber({ min: 1, max: 256 }))
    .option('--nice', 'yield to everything else: for training on the box that sorts');
}

/** `orElse`: what else could have been given instead of pictures. Throws USAGE. */
export async function inputsFrom({ data, trainList, valList, testList, backbone }: InputFlags, orElse = ''): Promise<TrainingInputs> {
  if (data === undefined) throw new SortlineError('USAGE', `what to train on is missing: name a folder of pictures or a data set with --data${orElse}`);
  if (valList === undefined && (trainList !== undefined || testList !== undefined)) throw new SortlineError('USAGE', 'lists were given, but none of validation pictures: add --val-list FILE');
  const { isFolder } = await import('../learning/data/data-source.ts');
  const file = (path: string | undefined): string | undefined => (path === undefined ? undefined : resolve(path));
  return {
    source: isFolder(data) ? resolve(data) : data,
    lists: valList === undefined ? undefined : { train: file(trainList), val: resolve(valList), test: file(testList) },
    backbone: backbone !== undefined && isFolder(backbone) ? resolve(backbone) : backbone,
  };
}

/** What the flags give to training; with `--nice` this process yields from now on. */
export function machineFrom({ threads, provider, nice }: MachineFlags): Machine {
  if (nice === true) yieldCores();
  return { threads: threads ?? (nice === true ? Math.max(1, availableParallelism() >> 1) : 0), provider };
}
