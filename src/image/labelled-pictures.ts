// Pictures with their material: a folder per material, or a list of `material/file.jpg` lines beside or inside that folder.
// Only names are read here; a picture that cannot be decoded is its reader's to report. The virtual belt and the data sets of
// training share it, so that both mean the same by a folder and by a list.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, extname, join, resolve } from 'node:path';
import { reasonOf, SortlineError } from '../base/errors.ts';
import type { Material } from '../domain/material.ts';
import { isMaterial, MATERIALS } from '../domain/material.ts';

export interface LabelledPicture {
  /** Absolute path of its bytes. */
  readonly file: string;
  /** `material/file.jpg`, with `/` on every system: how lists and reports call it. */
  readonly name: string;
  readonly material: Material;
}

/** What a folder is searched for, in any case. */
export const PICTURE_EXTENSIONS: ReadonlySet<string> = new Set(['.jpg', '.jpeg', '.png', '.webp']);

export const DATA_PARTS = ['train', 'val', 'test'] as const;
export type DataPart = (typeof DATA_PARTS)[number];

/** Wrong lines of a list that one error names; a list of another kind is wrong on every line. */
const LINES_NAMED = 10;

/**
 * Absolute path of the folder that holds the material folders: `dir` itself, or `dir/images` where a data set keeps its
 * pictures apart from its lists and licence.
 */
export function pictureRoot(dir: string): string {
  const root = resolve(dir);
  const images = join(root, 'images');
  return existsSync(images) && !namesIn(root).some(isMaterial) ? images : root;
}

/** The pictures in the material folders of `dir`, ordered by name. Throws DATA_UNREADABLE, and DATA_EMPTY where there is none. */
export function picturesInFolders(dir: string): LabelledPicture[] {
  const root = pictureRoot(dir);
  const pictures = namesIn(root).filter(isMaterial).flatMap((material) =>
    namesIn(join(root, material))
      .filter((file) => !file.startsWith('.') && PICTURE_EXTENSIONS.has(extname(file).toLowerCase()))
      .map((file) => ({ file: join(root, material, file), name: `${material}/${file}`, material })));
  if (pictures.length > 0) return pictures.sort(byName);
  throw new SortlineError('DATA_EMPTY', `no pictures found in ${root}: expected folders named after materials (${MATERIALS.join(', ')}) with ${[...PICTURE_EXTENSIONS].join(', ')} files`, { context: { dir: root } });
}

/** The pictures of `dir` that `listFile` names, ordered by name. Throws what {@link readPictureList} throws. */
export function picturesInList(dir: string, listFile: string): LabelledPicture[] {
  const root = pictureRoot(dir);
  return readPictureList(listFile, {
    place: root,
    find: (name, material) => (existsSync(join(root, name)) ? { file: join(root, name), name, material } : undefined),
  });
}

/**
 * What `find` finds for the lines of `listFile`, ordered by name; empty lines and lines that begin with `#` are passed over.
 * `place` is how messages call where it looks. Throws DATA_UNREADABLE, DATA_EMPTY, and DATA_LIST_INVALID naming each wrong
 * line: no `material/file.jpg`, not there, twice.
 */
export function readPictureList<T extends { readonly name: string }>(
  listFile: string, { place, find }: { readonly place: string; find(name: string, material: Material): T | undefined },
): T[] {
  const list = resolve(listFile);
  const lineByName = new Map<string, number>();
  const wrong: string[] = [];
  const found: T[] = [];
  for (const [index, line] of textOf(list).split('\n').entries()) {
    const name = line.trim();
    if (name === '' || name.startsWith('#')) continue;
    const [material, ...rest] = name.split('/');
    const isName = isMaterial(material) && rest.length > 0 && rest.every((part) => part !== '' && part !== '.' && part !== '..');
    const first = lineByName.get(name);
    const picture = isName && first === undefined ? find(name, material) : undefined;
    if (picture !== undefined) found.push(picture);
    else if (!isName) wrong.push(`line ${index + 1} is '${shortened(name)}'`);
    else wrong.push(`line ${index + 1} names ${name}${first === undefined ? `, which is not in ${place}` : ` as line ${first} did`}`);
    lineByName.set(name, first ?? index + 1);
  }
  if (wrong.length > 0) {
    const more = wrong.length > LINES_NAMED ? `; and ${wrong.length - LINES_NAMED} more` : '';
    throw new SortlineError('DATA_LIST_INVALID', `${list}: ${wrong.slice(0, LINES_NAMED).join('; ')}${more}. Expected lines of MATERIAL/FILE with one of ${MATERIALS.join(', ')}: correct the list or the folder`, { context: { listFile: list, wrong } });
  }
  if (found.length === 0) throw new SortlineError('DATA_EMPTY', `${list} names no picture: expected lines of MATERIAL/FILE`, { context: { listFile: list } });
  return found.sort(byName);
}

/** The fixed list that a data set keeps for `part` beside its material folders' folder, such as `val.txt`; undefined where there is none. */
export function listBeside(dir: string, part: DataPart): string | undefined {
  const file = join(dirname(pictureRoot(dir)), `${part}.txt`);
  return existsSync(file) ? file : undefined;
}

/** By code unit: the same on every machine, whatever its language. */
export function byName(a: { readonly name: string }, b: { readonly name: string }): number {
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0;
}

function namesIn(dir: string): string[] {
  try {
    return readdirSync(dir);
  } catch (cause) {
    throw new SortlineError('DATA_UNREADABLE', `the folder of pictures ${dir} cannot be read: ${reasonOf(cause)}; expected a folder with one folder per material (${MATERIALS.join(', ')})`, { context: { dir }, cause });
  }
}

function textOf(listFile: string): string {
  try {
    return readFileSync(listFile, 'utf8');
  } catch (cause) {
    throw new SortlineError('DATA_UNREADABLE', `the list of pictures ${listFile} cannot be read: ${reasonOf(cause)}; expected a text file with lines of MATERIAL/FILE`, { context: { listFile }, cause });
  }
}

function shortened(line: string): string {
  return line.length > 80 ? `${line.slice(0, 79)}…` : line;
}
