// What a training starts from: a pretrained network in a file or in the learning store, the newest one there that fits, or a model
// that was trained before.
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { reasonOf, SortlineError } from '../../base/errors.ts';
import type { Backbone } from '../network/import-backbone.ts';
import { importBackbone } from '../network/import-backbone.ts';
import { BACKBONE_FILE } from '../registry/import-model.ts';
import { BACKBONE } from '../registry/registered-models.ts';
import type { Artifact, LearningStore } from '../store/learning-store.ts';
import type { Architecture } from './hyperparameters.ts';
import type { TrainedHead } from './model-backbone.ts';
import { backboneOfModel } from './model-backbone.ts';

export interface TrainingBackbone {
  readonly backbone: Backbone;
  /** A path, or `resnet18:v0`. */
  readonly title: string;
  /** Of the ONNX file. */
  readonly sha256: string;
  /** Undefined for a file. */
  readonly artifact: Artifact | undefined;
  /** The last layer, where it is a trained model. */
  readonly head: TrainedHead | undefined;
}

const MODEL = 'model.onnx', MANIFEST = 'manifest.json';
const HOW_TO = 'give one with --backbone FILE.onnx (an export of a pretrained ResNet), or keep it in the store with `sortline models import FILE.onnx`';

/**
 * `reference`: a file, a model folder, else an artifact; where undefined, the newest of the store that `architecture` can start from. Throws USAGE
 * where there is none, MODEL_UNREADABLE, MODEL_MISMATCH, TRAIN_OPERATOR_UNKNOWN, STORE_NOT_FOUND.
 */
export function trainingBackbone(reference: string | undefined, architecture: Architecture | undefined, store: LearningStore): TrainingBackbone {
  if (reference === undefined) return storedBackbone(newest(architecture, store), store);
  if (existsSync(join(reference, MANIFEST))) return modelBackbone((name) => join(reference, name), reference, undefined);
  if (existsSync(reference) || /[/\\]|\.onnx$/.test(reference)) return backboneFrom(reference, reference, undefined);
  return storedBackbone(store.artifact(reference), store);
}

function newest(architecture: Architecture | undefined, store: LearningStore): Artifact {
  const all = store.artifacts({ type: 'model' }).filter(({ metadata }) => metadata['kind'] === BACKBONE);
  const fitting = all.filter(({ metadata }) => architecture === undefined || startsFrom(architecture).includes(String(metadata['architecture'])));
  const found = fitting.toSorted((a, b) => a.id - b.id).at(-1);
  if (found !== undefined) return found;
  const there = all.length === 0 ? 'the store holds no backbone' : `of the backbones in the store (${all.map(titleOf).join(', ')}) none is one that ${architecture} can start from`;
  throw new SortlineError('USAGE', `training starts from a pretrained backbone, and ${there}: ${HOW_TO}`, { context: { architecture, backbones: all.map(titleOf) } });
}

function startsFrom(architecture: Architecture): readonly string[] {
  return architecture === 'resnet34' ? ['resnet34', 'resnet18'] : [architecture === 'resnet50-modnet' ? 'resnet50' : architecture];
}

function storedBackbone(artifact: Artifact, store: LearningStore): TrainingBackbone {
  const files = store.filesOf(artifact);
  const file = files.find(({ path }) => path === BACKBONE_FILE);
  const pathOf = (name: string): string => store.pathOf(files.find(({ path }) => path === name)!);
  if (files.some(({ path }) => path === MANIFEST) && files.some(({ path }) => path === MODEL)) return modelBackbone(pathOf, titleOf(artifact), artifact);
  if (file === undefined) throw new SortlineError('USAGE', `${titleOf(artifact)} is neither a backbone nor a model: ${HOW_TO}`, { context: { artifact: titleOf(artifact) } });
  return backboneFrom(store.pathOf(file), titleOf(artifact), artifact);
}

function backboneFrom(path: string, title: string, artifact: Artifact | undefined): TrainingBackbone {
  const bytes = read(path);
  return { backbone: importBackbone(bytes, title), title, sha256: sha256Of(bytes), artifact, head: undefined };
}

function modelBackbone(pathOf: (name: string) => string, title: string, artifact: Artifact | undefined): TrainingBackbone {
  const bytes = read(pathOf(MODEL));
  return { ...backboneOfModel(bytes, read(pathOf(MANIFEST)).toString('utf8'), title), title, sha256: sha256Of(bytes), artifact };
}

function read(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (cause) {
    throw new SortlineError('MODEL_UNREADABLE', `the backbone ${path} cannot be read: ${reasonOf(cause)}; ${HOW_TO}`, { context: { path }, cause });
  }
}

function sha256Of(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function titleOf({ name, version }: Artifact): string {
  return `${name}:v${version}`;
}
