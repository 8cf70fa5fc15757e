// Everything a training is made from, opened: pictures, what it starts from, and a model to learn from besides. References into
// the store are pinned to versions, so that a run that is taken up later means the same.
import { createHash } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { SortlineError } from '../../base/errors.ts';
import { loadModel } from '../../classify/load-model.ts';
import { SHIPPED_MODEL } from '../../classify/options.ts';
import type { PartLists } from '../data/part-pictures.ts';
import { referenceOf } from '../data/data-source.ts';
import type { ModelToJudge } from '../evaluate/model-to-judge.ts';
import { modelToJudge } from '../evaluate/model-to-judge.ts';
import type { Artifact, LearningStore, Run } from '../store/learning-store.ts';
import type { Hyperparameters } from './hyperparameters.ts';
import { hyperparameters as hyperparametersSchema } from './hyperparameters.ts';
import { checkModelName } from './model-name.ts';
import type { TrainingBackbone } from './training-backbone.ts';
import { trainingBackbone } from './training-backbone.ts';
import type { TrainingData } from './training-data.ts';
import { openTrainingData } from './training-data.ts';

/** What is trained from what: all that a run must know again to be taken up. */
export interface TrainRequest {
  /** Of the run and of the model's artifact. */
  readonly name: string;
  readonly source: string;
  readonly lists?: PartLists | undefined;
  /** File, model folder or artifact; undefined for the newest fitting backbone in the store. */
  readonly backbone: string | undefined;
  /** Model folder, artifact or `champion` that is learned from besides the labels. */
  readonly teacher?: string | undefined;
  readonly hyperparameters: Hyperparameters;
  readonly weightsAs: 'float16' | 'float32';
}

export interface TrainingSources extends Disposable {
  /** With references pinned. */
  readonly request: TrainRequest;
  readonly data: TrainingData;
  readonly backbone: TrainingBackbone;
  readonly teacher: ModelToJudge | undefined;
  /** For `RunRecorder.use`. */
  readonly artifacts: readonly Artifact[];
  /** SHA-256 over everything that the numbers follow from, drawings aside. */
  readonly digest: string;
}

/** What a run's config keeps to be taken up by, under `resume`. */
interface Resumable {
  readonly request: TrainRequest;
  readonly digest: string;
}

const SHIPPED_FOLDER = fileURLToPath(new URL(`../../../${SHIPPED_MODEL}`, import.meta.url));

/** Throws USAGE, DATA_, MODEL_ and STORE_ codes. */
export async function openSources(request: TrainRequest, store: LearningStore): Promise<TrainingSources> {
  checkModelName(request.name, store);
  const { hyperparameters } = request;
  const backbone = trainingBackbone(request.backbone, hyperparameters.architecture, store);
  const data = await openTrainingData(request, hyperparameters, store);
  const teacher = request.teacher === undefined ? undefined : await modelToJudge(request.teacher, { store, shipped: SHIPPED_FOLDER });
  const taughtBy = teacher === undefined ? undefined : (await loadModel(teacher.folder)).manifest.sha256;
  const source = data.artifacts.find(({ name }) => name === request.source.split(':')[0]);
  return {
    request: { ...request, source: source === undefined ? request.source : referenceOf(source), backbone: backbone.artifact === undefined ? request.backbone : backbone.title, teacher: teacher?.artifact === undefined ? teacher?.folder : referenceOf(teacher.artifact) },
    data, backbone, teacher,
    artifacts: [...data.artifacts, backbone.artifact, teacher?.artifact].filter((artifact) => artifact !== undefined),
    digest: createHash('sha256').update(JSON.stringify([hyperparameters, data.digest, data.train.length, backbone.sha256, taughtBy])).digest('hex'),
    [Symbol.dispose]: () => teacher?.[Symbol.dispose](),
  };
}

/** The sources of a run that was stopped. Throws USAGE where it is no training, TRAIN_CHECKPOINT_INVALID where they are not as they were. */
export async function reopenSources({ id, kind, config }: Run, store: LearningStore): Promise<TrainingSources> {
  const resumable = config['resume'] as Resumable | undefined;
  if (kind !== 'train' || resumable === undefined) throw new SortlineError('USAGE', `run ${id} is no training that could be gone on with: it is of kind ${kind}`, { context: { id, kind } });
  const sources = await openSources({ ...resumable.request, hyperparameters: hyperparametersSchema.parse(resumable.request.hyperparameters) }, store);
  if (sources.digest === resumable.digest) return sources;
  sources[Symbol.dispose]();
  throw new SortlineError('TRAIN_CHECKPOINT_INVALID', `pictures, lists, backbone or teacher are not what they were when run ${id} began: bring back what was there, or train anew`, { context: { id } });
}

/** Hyperparameters flat, for comparison and charts; what resuming needs under a key of its own. */
export function configOf({ request, data, backbone, digest }: TrainingSources): Record<string, unknown> {
  const resume: Resumable = { request, digest };
  return {
    ...request.hyperparameters, data: request.source, pictures: data.train.length, backbone: backbone.title,
    ...(request.teacher !== undefined && { teacher: request.teacher }), resume,
  };
}
