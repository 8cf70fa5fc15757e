// Models from elsewhere into the store: a model folder that the line could run, or a pretrained backbone to train from. Each is
// checked as its user will check it before anything is stored.
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { reasonOf, SortlineError } from '../../base/errors.ts';
import type { Logger } from '../../base/logger.ts';
import { loadModel } from '../../classify/load-model.ts';
import { createOnnxClassifier } from '../../classify/onnx-classifier.ts';
import type { ClassifyOptions } from '../../classify/options.ts';
import { withOneSession } from '../../classify/options.ts';
import { importBackbone } from '../network/import-backbone.ts';
import type { Artifact, LearningStore, NewArtifact } from '../store/learning-store.ts';
import { BACKBONE } from './registered-models.ts';

export const BACKBONE_FILE = 'backbone.onnx';

export interface ImportDeps {
  readonly store: LearningStore;
  readonly log: Logger;
  /** Provider and threads for the trial run. */
  readonly classifier: ClassifyOptions;
}

/** Files of a model folder that are stored: what the line needs, and what people wrote about it. */
const KEPT = /^(model\.onnx|manifest\.json|.*\.(md|txt|ya?ml))$/;

/**
 * Stores a model folder (model.onnx, manifest.json) or a backbone (FILE.onnx) as a version of `name`, by default the folder's or
 * file's name. Throws MODEL_ codes for what cannot be used, TRAIN_OPERATOR_UNKNOWN for a backbone with other operators, STORE_ codes.
 */
export async function importModel(path: string, deps: ImportDeps & { readonly name?: string | undefined }): Promise<Artifact> {
  const isFolder = isFolderAt(path);
  const name = deps.name ?? nameFrom(path);
  const about = isFolder ? await fromFolder(path, deps) : fromBackbone(path);
  checkKind(deps.store, name, about.metadata?.kind === BACKBONE);
  const run = deps.store.startRun({ kind: 'import', name: `import-${name}`, config: { from: resolve(path) } });
  try {
    const artifact = await deps.store.addArtifact({ type: 'model', name, runId: run.id, ...about });
    run.end('finished');
    return artifact;
  } catch (error) {
    run.end('failed', reasonOf(error));
    throw error;
  }
}

/** Loads and runs it once, as the line would at its start. */
async function fromFolder(folder: string, deps: ImportDeps): Promise<Pick<NewArtifact, 'files' | 'metadata'>> {
  const { manifest } = await loadModel(folder);
  const classifier = await createOnnxClassifier({ ...withOneSession(deps.classifier), model: folder }, deps.log);
  await classifier.close();
  const { sha256, trainedOn, metrics, licence, source } = manifest;
  const names = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isFile() && KEPT.test(entry.name)).map((entry) => entry.name);
  return {
    files: names.map((each) => ({ path: each, content: { file: join(folder, each) } })),
    metadata: { kind: 'classifier', sha256, trainedOn, metrics, ...(licence !== undefined && { licence }), ...(source !== undefined && { source }) },
  };
}

function fromBackbone(file: string): Pick<NewArtifact, 'files' | 'metadata'> {
  let content: Uint8Array;
  try {
    content = readFileSync(file);
  } catch (cause) {
    throw unreadable(file, cause);
  }
  const { architecture } = importBackbone(content, file);
  return { files: [{ path: BACKBONE_FILE, content }], metadata: { kind: BACKBONE, architecture } };
}

function isFolderAt(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch (cause) {
    throw unreadable(path, cause);
  }
}

function unreadable(path: string, cause: unknown): SortlineError {
  return new SortlineError('MODEL_UNREADABLE', `${path} cannot be read (${reasonOf(cause)}): give a model folder (model.onnx, manifest.json) or a backbone (FILE.onnx)`, { context: { path }, cause });
}

/** Versions of one name are one thing that becomes better; a backbone among classifiers would be the next candidate for champion. */
function checkKind(store: LearningStore, name: string, isBackbone: boolean): void {
  const latest = store.artifacts({ type: 'model', name }).at(-1);
  if (latest === undefined || (latest.metadata.kind === BACKBONE) === isBackbone) return;
  throw new SortlineError('STORE_REFUSED', `${name} is the name of ${isBackbone ? 'models that classify, and this is a backbone' : 'a backbone, and this is a model that classifies'}: give it another with --name`, { context: { name } });
}

/** `ResNet 18.onnx` becomes `ResNet-18`; `trashnet-v3`, as the registry names its folders, becomes `trashnet`. */
function nameFrom(path: string): string {
  return basename(resolve(path)).replace(/\.onnx$|-v\d+$/i, '').replaceAll(/[^A-Za-z0-9._-]+/g, '-').replace(/^[^A-Za-z0-9]+/, '');
}
