// Where pictures are asked for as `DIR|ARTIFACT`: a folder that is there is a folder, anything else is an artifact's name.
import { existsSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { SortlineError } from '../../base/errors.ts';
import type { Artifact, LearningStore } from '../store/learning-store.ts';
import type { CheckedPicture, LeftOut } from './check-picture.ts';
import { picturesOfArtifact } from './picture-index.ts';
import type { OnProgress } from './scan-folder.ts';
import { scanFolder } from './scan-folder.ts';

export interface DataSource {
  /** Undefined for a folder. */
  readonly artifact: Artifact | undefined;
  /** How messages call it: a path, or `trashnet:v3`. */
  readonly title: string;
  /** Ordered by name. */
  readonly pictures: readonly CheckedPicture[];
  readonly leftOut: readonly LeftOut[];
  readonly otherFolders: readonly string[];
}

/** True where `source` is meant as a folder: there is one, or it cannot be an artifact's name. */
export function isFolder(source: string): boolean {
  return existsSync(source) || /[/\\]/.test(source);
}

/**
 * Every picture of a folder or a data artifact, looked at once. Throws what {@link dataArtifact}, scanning a folder and reading an
 * artifact throw.
 */
export async function readSource(source: string, { store, onProgress }: { store: LearningStore | undefined; onProgress?: OnProgress | undefined }): Promise<DataSource> {
  if (isFolder(source)) {
    if (existsSync(source) && !statSync(source).isDirectory()) throw new SortlineError('DATA_UNREADABLE', `${resolve(source)} is a file; expected a folder with one folder per material`, { context: { source } });
    return { artifact: undefined, title: resolve(source), ...await scanFolder(source, onProgress) };
  }
  const { artifact, store: opened } = dataArtifact(source, store);
  return { artifact, title: referenceOf(artifact), otherFolders: [], ...await picturesOfArtifact(artifact, opened, onProgress) };
}

/** Throws STORE_NOT_FOUND where there is none, DATA_UNREADABLE where there is no store to look in, USAGE where it is a model. */
export function dataArtifact(reference: string, store: LearningStore | undefined): { readonly artifact: Artifact; readonly store: LearningStore } {
  if (store === undefined) throw new SortlineError('DATA_UNREADABLE', `there is no folder ${resolve(reference)}, and no learning store that could hold a data set of that name: check the path, or name the store`, { context: { source: reference } });
  const artifact = store.artifact(reference);
  if (artifact.type === 'model') throw new SortlineError('USAGE', `${referenceOf(artifact)} is a model; expected a data set or a folder of pictures`, { context: { reference } });
  return { artifact, store };
}

/** `trashnet:v3`. */
export function referenceOf({ name, version }: Artifact): string {
  return `${name}:v${version}`;
}
