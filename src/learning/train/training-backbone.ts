// The pretrained network that a training starts from: a file, a backbone in the learning store, or the newest one there that fits.
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { reasonOf, SortlineError } from '../../base/errors.ts';
import type { Backbone } from '../network/import-backbone.ts';
import { importBackbone } from '../network/import-backbone.ts';
import { BACKBONE_FILE } from '../registry/import-model.ts';
import { BACKBONE } from '../registry/registered-models.ts';
import type { Artifact, LearningStore } from '../store/learning-store.ts';
import type { Architecture } from './hyperparameters.ts';

export interface TrainingBackbone {
  readonly backbone: Backbone;
  /** A path, or `resnet18:v0`. */
  readonly title: string;
  /** Of the ONNX file. */
  readonly sha256: string;
  /** Undefined for a file. */
  readonly artifact: Artifact | undefined;
}

const HOW_TO = 'give one with --backbone FILE.onnx (an export of a pretrained ResNet), or keep it in the store with `sortline models import FILE.onnx`';

/**
 * `reference`: a file, else an artifact; where undefined, the newest of the store that `architecture` can start from. Throws USAGE
 * where there is none, MODEL_UNREADABLE, MODEL_MISMATCH, TRAIN_OPERATOR_UNKNOWN, STORE_NOT_FOUND.
 */
export function trainingBackbone(reference: string | undefined, architecture: Architecture | undefined, store: LearningStore): TrainingBackbone {
  if (reference === undefined) return storedBackbone(newest(architecture, store), store);
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
  const file = store.filesOf(artifact).find(({ path }) => path === BACKBONE_FILE);
  if (file === undefined) throw new SortlineError('USAGE', `${titleOf(artifact)} is no backbone: ${HOW_TO}`, { context: { artifact: titleOf(artifact) } });
  return backboneFrom(store.pathOf(file), titleOf(artifact), artifact);
}

function backboneFrom(path: string, title: string, artifact: Artifact | undefined): TrainingBackbone {
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (cause) {
    throw new SortlineError('MODEL_UNREADABLE', `the backbone ${path} cannot be read: ${reasonOf(cause)}; ${HOW_TO}`, { context: { path }, cause });
  }
  return { backbone: importBackbone(bytes, title), title, sha256: createHash('sha256').update(bytes).digest('hex'), artifact };
}

function titleOf({ name, version }: Artifact): string {
  return `${name}:v${version}`;
}
