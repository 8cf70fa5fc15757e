// Which model `--model` means: a folder, a version in the learning store, or the champion.
//
//   champion ─▶ champion of the store ─▶ (none) the model shipped with Sortline
//   DIR with manifest.json ─▶ as it is
//   name:v3, name:alias, name ─▶ fetched from the store into a folder of its own for as long as it is judged
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { SortlineError } from '../../base/errors.ts';
import { readChampion } from '../../classify/champion-pointer.ts';
import type { Artifact, LearningStore } from '../store/learning-store.ts';

export const CHAMPION = 'champion';

export interface ModelToJudge extends Disposable {
  /** How reports call it: `name:v3`, or the folder's name. */
  readonly name: string;
  /** Absolute. */
  readonly folder: string;
  /** Its version in the store; undefined for a folder. */
  readonly artifact: Artifact | undefined;
}

export interface ModelSources {
  /** Undefined where there is none yet. */
  readonly store: LearningStore | undefined;
  /** Absolute folder of the model that is judged where no champion is registered. */
  readonly shipped: string;
}

/** Throws STORE_NOT_FOUND, MODEL_CHAMPION_INVALID, USAGE for an artifact that is no model, and MODEL_UNREADABLE where `reference` is neither a folder nor looked for in a store. */
export async function modelToJudge(reference: string, { store, shipped }: ModelSources): Promise<ModelToJudge> {
  if (reference === CHAMPION) {
    const champion = store === undefined ? undefined : readChampion(store.folder);
    if (champion === undefined) return folderModel(shipped);
    return { ...folderModel(champion.folder), name: champion.reference, artifact: store!.artifact(champion.reference) };
  }
  if (existsSync(join(reference, 'manifest.json')) || store === undefined || existsSync(reference)) return folderModel(resolve(reference));
  return fetched(store.artifact(reference), store);
}

function folderModel(folder: string): ModelToJudge {
  return { name: basename(folder), folder, artifact: undefined, [Symbol.dispose]: () => undefined };
}

async function fetched(artifact: Artifact, store: LearningStore): Promise<ModelToJudge> {
  const name = `${artifact.name}:v${artifact.version}`;
  if (artifact.type !== 'model') throw new SortlineError('USAGE', `${name} is an artifact of type ${artifact.type}, expected a model: \`sortline models list\` shows which there are`, { context: { name, type: artifact.type } });
  const parent = mkdtempSync(join(tmpdir(), 'sortline-model-'));
  const folder = join(parent, 'model');
  const dispose = (): void => rmSync(parent, { recursive: true, force: true });
  try {
    await store.fetch(artifact, folder);
  } catch (error) {
    dispose();
    throw error;
  }
  return { name, folder, artifact, [Symbol.dispose]: dispose };
}
