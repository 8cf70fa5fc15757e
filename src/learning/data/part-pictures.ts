// From looked-at pictures to parts: by chance, where duplicates stay together and pictures under two labels are left out, or by
// lists, which are taken at their word and whose flaws are told.
import type { DataPart } from '../../image/labelled-pictures.ts';
import { byName, DATA_PARTS, readPictureList } from '../../image/labelled-pictures.ts';
import { SortlineError } from '../../base/errors.ts';
import type { CheckedPicture } from './check-picture.ts';
import type { LabelConflict } from './find-duplicates.ts';
import { findDuplicates } from './find-duplicates.ts';
import { splitPictures } from './split-pictures.ts';
import type { SplitRatios } from './split-ratios.ts';

/** Files with `material/file.jpg` lines. Where there is none for training, it takes all that no other names. */
export interface PartLists {
  readonly train?: string | undefined;
  readonly val: string;
  readonly test?: string | undefined;
}

export interface Parted<T> {
  /** Each ordered by name. */
  readonly parts: Readonly<Record<DataPart, readonly T[]>>;
  /** The same picture under two labels. */
  readonly conflicts: readonly LabelConflict[];
  /** Pictures in no part for that reason. */
  readonly leftOut: readonly T[];
  /** Duplicates that a list has put into different parts, by part. */
  readonly straddling: readonly (readonly { readonly name: string; readonly part: DataPart }[])[];
}

/** `pictures` ordered by name. Throws DATA_SPLIT_INVALID for bad ratios and where nothing is left to train on. */
export async function partByChance(pictures: readonly CheckedPicture[], { ratios, seed }: { ratios: SplitRatios; seed: number }): Promise<Parted<CheckedPicture>> {
  const { conflicts, groups } = await findDuplicates(pictures);
  const doubtful = new Set(conflicts.flatMap((conflict) => conflict.pictures));
  const parts = splitPictures(pictures.filter((picture) => !doubtful.has(picture)), { ratios, seed, groups });
  if (parts.train.length === 0) throw new SortlineError('DATA_SPLIT_INVALID', `of ${pictures.length} pictures none falls to training with a share of ${ratios.train}: add pictures, or raise the share`, { context: { pictures: pictures.length, ratios } });
  return { parts, conflicts, leftOut: pictures.filter((picture) => doubtful.has(picture)), straddling: [] };
}

/** `pictures` ordered by name, `place` how messages call where they are. Throws DATA_UNREADABLE, DATA_EMPTY, DATA_LIST_INVALID, DATA_SPLIT_INVALID. */
export async function partByLists(pictures: readonly CheckedPicture[], { lists, place }: { lists: PartLists; place: string }): Promise<Parted<CheckedPicture>> {
  const byPictureName = new Map(pictures.map((picture) => [picture.name, picture]));
  const parts = picturesByLists(lists, { all: () => pictures, read: (listFile) => readPictureList(listFile, { place, find: (name) => byPictureName.get(name) }) });
  const partByPicture = new Map(DATA_PARTS.flatMap((part) => parts[part].map((picture) => [picture, part] as const)));
  const { conflicts, groups } = await findDuplicates([...partByPicture.keys()].sort(byName));
  const straddling = groups.map((group) => group.map((picture) => ({ name: picture.name, part: partByPicture.get(picture)! })))
    .filter((group) => group.some(({ part }) => part !== group[0]!.part));
  return { parts, conflicts, leftOut: [], straddling };
}

/** What each list names, by its reader; no picture is in two parts. Throws DATA_LIST_INVALID, DATA_SPLIT_INVALID. */
export function picturesByLists<T extends { readonly name: string }>(
  lists: PartLists, { all, read }: { all(): readonly T[]; read(listFile: string): T[] },
): Record<DataPart, T[]> {
  const [val, test] = [read(lists.val), lists.test === undefined ? [] : read(lists.test)];
  const elsewhere = new Set([...val, ...test].map(({ name }) => name));
  const train = lists.train === undefined ? all().filter(({ name }) => !elsewhere.has(name)) : read(lists.train);
  const testNames = new Set(test.map(({ name }) => name));
  const twice = [...train.filter(({ name }) => elsewhere.has(name)), ...val.filter(({ name }) => testNames.has(name))].map(({ name }) => name);
  const given = Object.values(lists).filter((file) => file !== undefined).join(', ');
  if (twice.length > 0) throw new SortlineError('DATA_LIST_INVALID', `${twice.slice(0, 10).join(', ')}${twice.length > 10 ? ` and ${twice.length - 10} more` : ''} stand in two of the lists ${given}: a picture belongs to one part`, { context: { lists, twice } });
  if (train.length === 0) throw new SortlineError('DATA_SPLIT_INVALID', `the lists ${given} leave no picture to train on: give a list of training pictures, or shorten the others`, { context: { lists } });
  return { train, val, test };
}
