// A folder of pictures, looked through from end to end: what is fit to learn from, what is left out and why.
import type { Dirent } from 'node:fs';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { reasonOf, SortlineError } from '../../base/errors.ts';
import type { Material } from '../../domain/material.ts';
import { isMaterial, MATERIALS } from '../../domain/material.ts';
import type { LabelledPicture } from '../../image/labelled-pictures.ts';
import { byName, pictureRoot } from '../../image/labelled-pictures.ts';
import type { CheckedPicture, LeftOut } from './check-picture.ts';
import { checkPicture, isLeftOut } from './check-picture.ts';

/** Pictures done, of how many. */
export type OnProgress = (done: number, of: number) => void;

export interface ScannedFolder {
  /** Absolute path of the folder with the material folders. */
  readonly root: string;
  /** Ordered by name. */
  readonly pictures: readonly CheckedPicture[];
  /** Files and folders among the pictures that are not taken. */
  readonly leftOut: readonly LeftOut[];
  /** Folders beside the material folders that name no material. */
  readonly otherFolders: readonly string[];
  /** Materials that have a folder. */
  readonly materials: readonly Material[];
}

/** Files that systems leave in every folder. */
const LITTER: ReadonlySet<string> = new Set(['thumbs.db', 'desktop.ini']);

/** Reads every file in the material folders of `dir`. Throws DATA_UNREADABLE, and DATA_EMPTY where no folder names a material or none holds anything. */
export async function scanFolder(dir: string, onProgress?: OnProgress): Promise<ScannedFolder> {
  const root = pictureRoot(dir);
  const folders = entriesOf(root).filter((entry) => !entry.isFile()).map(({ name }) => name).sort();
  const materials = folders.filter(isMaterial);
  const otherFolders = folders.filter((name) => !isMaterial(name));
  if (materials.length === 0) {
    const instead = otherFolders.length === 0 ? 'no folder at all' : otherFolders.slice(0, 10).join(', ');
    throw new SortlineError('DATA_EMPTY', `${root} holds no folder named after a material: expected ${MATERIALS.join(', ')}, found ${instead}`, { context: { dir: root, otherFolders } });
  }
  const [files, leftOut] = filesOf(root, materials);
  const pictures: CheckedPicture[] = [];
  for (const [index, file] of files.entries()) {
    const checked = await checkPicture(file);
    if (isLeftOut(checked)) leftOut.push(checked);
    else pictures.push(checked);
    onProgress?.(index + 1, files.length);
  }
  if (pictures.length === 0 && leftOut.length === 0) throw new SortlineError('DATA_EMPTY', `no picture is in the folders ${materials.join(', ')} of ${root}: put JPEG, PNG or WebP files there`, { context: { dir: root } });
  return { root, pictures: pictures.sort(byName), leftOut: leftOut.sort(byName), otherFolders, materials };
}

function filesOf(root: string, materials: readonly Material[]): [LabelledPicture[], LeftOut[]] {
  const entries = materials.flatMap((material) => entriesOf(join(root, material)).map((entry) => ({ material, entry, name: `${material}/${entry.name}` })));
  return [
    entries.filter(({ entry }) => !entry.isDirectory()).map(({ material, name }) => ({ file: join(root, name), name, material })),
    entries.filter(({ entry }) => entry.isDirectory()).map(({ name }) => ({ name, reason: 'it is a folder; expected pictures only' })),
  ];
}

function entriesOf(dir: string): Dirent[] {
  try {
    return readdirSync(dir, { withFileTypes: true }).filter(({ name }) => !name.startsWith('.') && !LITTER.has(name.toLowerCase()));
  } catch (cause) {
    throw new SortlineError('DATA_UNREADABLE', `the folder of pictures ${dir} cannot be read: ${reasonOf(cause)}; expected a folder with one folder per material (${MATERIALS.join(', ')})`, { context: { dir }, cause });
  }
}
