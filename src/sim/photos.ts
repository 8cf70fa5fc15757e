// Photographs for the virtual belt: a folder per material, or a list of `material/file.jpg` lines beside or inside it. It
// only lists files; a photograph that cannot be decoded is the renderer's to report.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, extname, join, resolve } from 'node:path';
import { reasonOf, SortlineError } from '../base/errors.ts';
import type { Material } from '../domain/material.ts';
import { isMaterial, MATERIALS } from '../domain/material.ts';

export interface WorldPhoto {
  /** Absolute path. */
  readonly file: string;
  readonly material: Material;
}

const EXTENSIONS = new Set(['.jpg', '.jpeg', '.png']);

/**
 * The photographs under `dir`, ordered by path so that a seed means the same everywhere; only those that `listFile` names
 * where one is given. Throws IMAGE_UNREADABLE where folder, list or a listed file is missing, USAGE where nothing or no
 * material is found.
 */
export function photosFrom(dir: string, listFile?: string): WorldPhoto[] {
  const root = resolve(dir);
  const photos = listFile === undefined ? photosInFolders(root) : photosInList(root, resolve(listFile));
  if (photos.length === 0) {
    throw new SortlineError('USAGE', `no photographs found in ${root}: expected folders named after materials (${MATERIALS.join(', ')}) with .jpg, .jpeg or .png files`, { context: { dir: root, listFile } });
  }
  return photos.sort((a, b) => (a.file < b.file ? -1 : a.file > b.file ? 1 : 0));
}

/** The validation list a data set keeps beside its image folder, `DIR/../val.txt`; undefined where there is none. */
export function validationListBeside(dir: string): string | undefined {
  const file = join(dirname(resolve(dir)), 'val.txt');
  return existsSync(file) ? file : undefined;
}

function photosInFolders(root: string): WorldPhoto[] {
  return readFolder(root).filter(isMaterial).flatMap((material) =>
    readFolder(join(root, material))
      .filter((name) => EXTENSIONS.has(extname(name).toLowerCase()))
      .map((name) => ({ file: join(root, material, name), material })));
}

function photosInList(root: string, listFile: string): WorldPhoto[] {
  const photos: WorldPhoto[] = [];
  for (const [index, line] of readList(listFile).split('\n').entries()) {
    const name = line.trim();
    if (name === '' || name.startsWith('#')) continue;
    const [material, ...rest] = name.split('/');
    if (!isMaterial(material) || rest.length === 0) {
      throw new SortlineError('USAGE', `line ${index + 1} of ${listFile} is '${name}': expected MATERIAL/FILE with one of ${MATERIALS.join(', ')}`, { context: { listFile, line: index + 1 } });
    }
    const file = join(root, name);
    if (!existsSync(file)) {
      throw new SortlineError('IMAGE_UNREADABLE', `line ${index + 1} of ${listFile} names ${name}, which is not in ${root}: correct the list or the folder`, { context: { listFile, line: index + 1, file } });
    }
    photos.push({ file, material });
  }
  return photos;
}

function readFolder(dir: string): string[] {
  try {
    return readdirSync(dir);
  } catch (cause) {
    throw new SortlineError('IMAGE_UNREADABLE', `the folder of photographs ${dir} cannot be read: ${reasonOf(cause)}; expected a folder with one folder per material (${MATERIALS.join(', ')})`, { context: { dir }, cause });
  }
}

function readList(listFile: string): string {
  try {
    return readFileSync(listFile, 'utf8');
  } catch (cause) {
    throw new SortlineError('IMAGE_UNREADABLE', `the list of photographs ${listFile} cannot be read: ${reasonOf(cause)}; expected lines of MATERIAL/FILE`, { context: { listFile }, cause });
  }
}
