// Photographs for the virtual belt: a folder per material, and where a data set keeps a list of its validation pictures
// beside that folder, only those, so that the belt shows a model nothing it was trained on.
import { listBeside, picturesInFolders, picturesInList } from '../image/labelled-pictures.ts';
import type { Material } from '../domain/material.ts';

export interface WorldPhoto {
  /** Absolute path. */
  readonly file: string;
  readonly material: Material;
}

/**
 * The photographs of `dir`, or those of them that `listFile` names, ordered by path so that a seed means the same everywhere.
 * Throws DATA_UNREADABLE, DATA_EMPTY and DATA_LIST_INVALID.
 */
export function photosFrom(dir: string, listFile = listBeside(dir, 'val')): WorldPhoto[] {
  const pictures = listFile === undefined ? picturesInFolders(dir) : picturesInList(dir, listFile);
  return pictures.map(({ file, material }) => ({ file, material }));
}
