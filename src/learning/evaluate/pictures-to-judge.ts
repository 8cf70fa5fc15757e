// Which pictures `--images` and `--list` mean: a folder per material, or a data set of the learning store.
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { SortlineError } from '../../base/errors.ts';
import { isMaterial, MATERIALS } from '../../domain/material.ts';
import type { LabelledPicture } from '../../image/labelled-pictures.ts';
import { byName, picturesInFolders, picturesInList } from '../../image/labelled-pictures.ts';
import type { Artifact, LearningStore } from '../store/learning-store.ts';

export interface PicturesToJudge {
  readonly pictures: readonly LabelledPicture[];
  /** The data set they come from; undefined for a folder. */
  readonly artifact: Artifact | undefined;
}

/** Throws DATA_UNREADABLE, DATA_EMPTY, DATA_LIST_INVALID, STORE_NOT_FOUND, and USAGE where a list is given for a data set, or a model for a data set. */
export function picturesToJudge({ images, list }: { readonly images: string; readonly list?: string }, store: LearningStore | undefined): PicturesToJudge {
  // Without a store only a folder can be meant, and its reader says best what is wrong with it.
  if (existsSync(images) || store === undefined) {
    return { pictures: list === undefined ? picturesInFolders(images) : picturesInList(images, list), artifact: undefined };
  }
  const artifact = store.artifact(images);
  if (artifact.type === 'model') throw new SortlineError('USAGE', `${images} is a model, expected a data set or a folder of pictures`, { context: { images } });
  if (list !== undefined) throw new SortlineError('USAGE', `--list ${list} goes with a folder of pictures; ${images} is a data set, which says itself what is in it: leave the list out`, { context: { images, list } });
  return { pictures: picturesOf(artifact, store), artifact };
}

function picturesOf(artifact: Artifact, store: LearningStore): LabelledPicture[] {
  const pictures = store.filesOf(artifact).flatMap((file) => {
    const material = file.path.split('/')[0];
    return isMaterial(material) ? [{ file: resolve(store.pathOf(file)), name: file.path, material }] : [];
  });
  if (pictures.length === 0) throw new SortlineError('DATA_EMPTY', `${artifact.name}:v${artifact.version} holds no picture in a folder named after a material (${MATERIALS.join(', ')})`, { context: { artifact: artifact.name } });
  return pictures.sort(byName);
}
