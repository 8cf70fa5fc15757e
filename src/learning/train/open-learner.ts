// Puts a learner together for the mode that was asked for: picture processes, network, session.
import { availableParallelism, freemem } from 'node:os';
import { reasonOf, SortlineError } from '../../base/errors.ts';
import type { Logger } from '../../base/logger.ts';
import { MATERIALS } from '../../domain/material.ts';
import { isCudaInstalled } from '../../onnx/cuda-installed.ts';
import type { RuntimeSession } from '../../onnx/runtime.ts';
import { openRuntimeSession } from '../../onnx/runtime.ts';
import { writeGraph } from '../../onnx/write-graph.ts';
import { PictureLoader } from '../augment/picture-loader.ts';
import type { Backbone } from '../network/import-backbone.ts';
import type { Network } from '../network/network.ts';
import { createNetwork } from '../network/network.ts';
import type { TargetOptions } from './batch-targets.ts';
import { FineTuneLearner } from './fine-tune-learner.ts';
import { pooledFeatureGraph } from './head-graph.ts';
import { openHeadLearner } from './head-learner.ts';
import type { Hyperparameters } from './hyperparameters.ts';
import { materialWeights } from './labels.ts';
import type { Learner, TrainingPictures } from './learner.ts';
import { linearStart } from './linear-start.ts';
import type { TrainedHead } from './model-backbone.ts';
import { withHead } from './model-backbone.ts';
import { MODEL_SHAPE } from './model-shape.ts';
import { openTrainingSession } from './onnx-training-session.ts';
import type { Teacher } from './teacher.ts';
import { openTeacher } from './teacher.ts';

/** What the machine gives to a training; none of it changes the numbers on one kind of provider. */
export interface Machine {
  /** Threads of the model; 0 for one per core. */
  readonly threads: number;
  /** Undefined for CUDA where it is installed and works, else the CPU. */
  readonly provider: string | undefined;
}

export interface LearnerRequest {
  readonly pictures: TrainingPictures;
  readonly hyperparameters: Hyperparameters;
  readonly backbone: Backbone;
  /** Of a model to train on from; fine-tuning begins with it. */
  readonly head: TrainedHead | undefined;
  /** Folder of the model that is learned from besides; undefined for none. */
  readonly teacher: string | undefined;
  readonly machine: Machine;
  readonly signal: AbortSignal;
  readonly log: Logger;
  /** Something a person should know. */
  onNote(text: string): void;
  onFeatures(done: number, total: number): void;
}

/** Batches of pictures prepared ahead of the step. */
const AHEAD = 2;
/** Bound of the decoded pictures kept in memory; less where less is free. */
const MOST_CACHE_BYTES = 1024 ** 3;
const CACHE_SHARE_OF_FREE = 0.25;
/** Cores for each process that prepares pictures; one process keeps up with four cores of training. */
const CORES_PER_LOADER = 4;

/**
 * A learner with all pictures checked; undefined where `signal` fired on the way. Throws IMAGE_UNREADABLE, MODEL_MISMATCH,
 * TRAIN_STEP_FAILED, TRAIN_LOADER_FAILED.
 */
export async function openLearner(request: LearnerRequest): Promise<Learner | undefined> {
  const { hyperparameters, pictures, machine } = request;
  const cores = machine.threads > 0 ? machine.threads : availableParallelism();
  const { mode, train_size } = hyperparameters;
  const loader = new PictureLoader({
    seed: hyperparameters.seed, shape: MODEL_SHAPE, augmentedShape: mode === 'head' ? MODEL_SHAPE : { height: train_size, width: train_size }, augment: hyperparameters, ahead: AHEAD,
    processes: Math.max(1, Math.floor(cores / CORES_PER_LOADER)),
    cacheBytes: Math.min(MOST_CACHE_BYTES, CACHE_SHARE_OF_FREE * freemem()),
  });
  try {
    await loader.check([...pictures.train, ...pictures.val, ...pictures.renderings].map(({ file }, index) => ({ file, index })));
    return hyperparameters.mode === 'head' ? await openHead(request, loader) : await openFineTune(request, loader);
  } catch (error) {
    await loader.close();
    throw error;
  }
}

async function openFineTune(request: LearnerRequest, loader: PictureLoader): Promise<Learner | undefined> {
  const { hyperparameters, pictures, backbone, head } = request;
  const { architecture, seed, optimiser, dropout, trainable, batch_size, linear_start, train_size, relative_steps } = hyperparameters;
  if (request.teacher !== undefined && train_size !== MODEL_SHAPE.width) {
    throw new SortlineError('USAGE', `a teacher looks at the pictures that are trained on, ${train_size} px, and takes ${MODEL_SHAPE.width}: set train_size ${MODEL_SHAPE.width}, or leave the teacher out`, { context: { train_size } });
  }
  const fresh = createNetwork(backbone, { architecture, materials: MATERIALS.length, seed });
  const start = head ?? (linear_start ? await startHead(fresh, request, loader) : undefined);
  if (request.signal.aborted) {
    await loader.close();
    return undefined;
  }
  const network = start === undefined ? fresh : withHead(fresh, start);
  const session = await onProvider(request, (provider) => openTrainingSession({
    network, optimiser, relativeSteps: relative_steps, dropout, trainable, batchSize: Math.min(batch_size, pictures.train.length), trainSize: train_size, ...MODEL_SHAPE, provider, threads: threadsOf(request.machine),
  }));
  return new FineTuneLearner({ pictures, loader, session, teacher: await teacherOf(request), targets: targetsOf(request) });
}

async function startHead(network: Network, request: LearnerRequest, loader: PictureLoader): Promise<TrainedHead | undefined> {
  const { pictures, signal, onFeatures, onNote } = request;
  const session = await graphOpener(request)(writeGraph(pooledFeatureGraph(network, MODEL_SHAPE)));
  try {
    return await linearStart({ pictures, loader, session, shape: MODEL_SHAPE, featureCount: network.features, targets: targetsOf(request), signal, onProgress: onFeatures, onNote });
  } finally {
    await session.close();
  }
}

async function openHead(request: LearnerRequest, loader: PictureLoader): Promise<Learner | undefined> {
  const { hyperparameters, pictures, backbone, signal, onFeatures, onNote } = request;
  const { architecture } = hyperparameters;
  const wanted = architecture === 'resnet50-modnet' ? 'resnet50' : architecture;
  if (backbone.architecture !== wanted) {
    throw new SortlineError('MODEL_MISMATCH', `the backbone is a ${backbone.architecture}, the features of ${architecture} come from ${wanted}: give another backbone, or another architecture`, { context: { backbone: backbone.architecture, architecture } });
  }
  return openHeadLearner({ pictures, loader, teacher: await teacherOf(request), backbone, shape: MODEL_SHAPE, hyperparameters, targets: targetsOf(request), signal, open: graphOpener(request), onProgress: onFeatures, onNote });
}

async function teacherOf({ teacher, machine, log }: LearnerRequest): Promise<Teacher | undefined> {
  return teacher === undefined ? undefined : openTeacher(teacher, { threads: machine.threads, log });
}

/** Opens one graph after the other, all where the first one worked: what does not is tried, and told, once. */
function graphOpener(request: LearnerRequest): (graph: Uint8Array) => Promise<RuntimeSession> {
  let { provider } = request.machine;
  return (graph) => onProvider({ ...request, machine: { ...request.machine, provider } }, async (name) => {
    const session = await openRuntimeSession(graph, { provider: name, threads: threadsOf(request.machine) });
    provider = name;
    return session;
  });
}

/** Opens on the provider asked for, or on the best that works. */
async function onProvider<T>({ machine, onNote }: LearnerRequest, open: (provider: string) => Promise<T>): Promise<T> {
  if (machine.provider !== undefined) return open(machine.provider);
  if (isCudaInstalled()) {
    try {
      return await open('cuda');
    } catch (error) {
      onNote(`training runs on the CPU: ${reasonOf(error)}`);
    }
  }
  return open('cpu');
}

/** Spinning threads would take the cores from the processes that prepare the next pictures. */
function threadsOf({ threads }: Machine): { intraOp: number; spinning: boolean } {
  return { intraOp: threads, spinning: false };
}

function targetsOf({ pictures, hyperparameters }: LearnerRequest): TargetOptions {
  return { hyperparameters, weightOf: materialWeights(pictures.train.map(({ material }) => material), hyperparameters.class_weights) };
}
