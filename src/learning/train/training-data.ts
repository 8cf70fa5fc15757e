// What a run trains on and is judged by: a data set in its parts, without what would let it be judged by what it has seen, and
// drawings of the virtual belt where they are asked for.
import { SortlineError } from '../../base/errors.ts';
import { MATERIALS } from '../../domain/material.ts';
import type { LabelledPicture } from '../../image/labelled-pictures.ts';
import type { PartLists } from '../data/part-pictures.ts';
import type { DataPicture } from '../data/open-data-set.ts';
import { openDataSet } from '../data/open-data-set.ts';
import type { Artifact, LearningStore } from '../store/learning-store.ts';
import type { Hyperparameters } from './hyperparameters.ts';

export interface TrainingData {
  readonly train: readonly LabelledPicture[];
  readonly val: readonly LabelledPicture[];
  /** Of everything in both: SHA-256. */
  readonly digest: string;
  /** In words, where the pictures are from. */
  readonly origin: string;
  /** For `RunRecorder.use`. */
  readonly artifacts: readonly Artifact[];
  /** What a person should know: pictures left out, labels that contradict each other, materials without pictures. */
  readonly notes: readonly string[];
}

export interface TrainingDataRequest {
  readonly source: string;
  readonly lists?: PartLists | undefined;
}

/** Names that one note lists. */
const NAMED = 5;

/** Throws what opening a data set throws, and DATA_SPLIT_INVALID where nothing is left to select by. */
export async function openTrainingData({ source, lists }: TrainingDataRequest, hyperparameters: Hyperparameters, store: LearningStore): Promise<TrainingData> {
  const { train_ratio, val_ratio, test_ratio, seed } = hyperparameters;
  const dataSet = await openDataSet({ source, lists, ratios: { train: train_ratio, val: val_ratio, test: test_ratio }, seed }, { store });
  if (dataSet.val.length === 0) {
    throw new SortlineError('DATA_SPLIT_INVALID', `${source} has no validation pictures, by which the best weights are selected: give val_ratio a share, or a list with --val-list`, { context: { source } });
  }
  const judgedByHash = new Map(dataSet.val.map(({ sha256, name }) => [sha256, name]));
  const seen = dataSet.train.filter(({ sha256 }) => judgedByHash.has(sha256));
  const train = dataSet.train.filter((picture) => !seen.includes(picture));
  if (train.length === 0) throw new SortlineError('DATA_SPLIT_INVALID', `every training picture of ${source} is a validation picture as well: nothing is left to train on`, { context: { source } });
  const notes = [
    ...dataSet.leftOut.length === 0 ? [] : [`left out of every part: ${listed(dataSet.leftOut)}`],
    ...seen.map(({ name, sha256 }) => `left out of training: ${name} is the same picture as ${judgedByHash.get(sha256)!}, by which the weights are selected`),
    ...contradictions(train).map((names) => `the same picture under different labels: ${names.join(' = ')}; \`sortline dataset check\` finds all`),
    ...MATERIALS.filter((material) => !train.some((picture) => picture.material === material)).map((material) => `no training picture shows ${material}: the model will hardly ever recognise it`),
  ];
  return { train, val: dataSet.val, digest: dataSet.digest, origin: dataSet.origin, artifacts: dataSet.artifacts, notes };
}

/** Names of training pictures that are byte for byte the same but not of one material. */
function contradictions(train: readonly DataPicture[]): string[][] {
  const byHash = Map.groupBy(train, ({ sha256 }) => sha256);
  return [...byHash.values()].filter((same) => new Set(same.map(({ material }) => material)).size > 1).map((same) => same.map(({ name }) => name));
}

function listed(names: readonly string[]): string {
  return names.length <= NAMED ? names.join(', ') : `${names.slice(0, NAMED).join(', ')} and ${names.length - NAMED} more`;
}
