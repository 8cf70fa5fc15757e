// What training and evaluation read: the pictures of a data set in its three parts, wherever they come from.
//
//   folder + lists (given, or train.txt and val.txt beside it) ─┐
//   folder alone ─▶ seeded split ───────────────────────────────┼─▶ { train, val, test }
//   raw_data artifact ─▶ seeded split ──────────────────────────┤
//   split_data artifact, with its sister parts ─────────────────┘
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { SortlineError } from '../../base/errors.ts';
import type { DataPart, LabelledPicture } from '../../image/labelled-pictures.ts';
import { byName, DATA_PARTS, listBeside, picturesInFolders, picturesInList } from '../../image/labelled-pictures.ts';
import type { Artifact, LearningStore } from '../store/learning-store.ts';
import type { SplitRatios } from './split-ratios.ts';

/** Which pictures, and how they are parted where nothing says so already. */
export interface DataSetRequest {
  /** Folder of pictures (or the folder whose `images` it is), or the reference of a `raw_data` or `split_data` artifact. */
  readonly source: string;
  /** Files with `material/file.jpg` lines. Where `val` alone is given, training takes all that no list names. */
  readonly lists?: Partial<Readonly<Record<DataPart, string>>>;
  /** For a split by chance; lists and `split_data` do without. Default 0.6, 0.2, 0.2. */
  readonly ratios?: SplitRatios;
  /** Of the split by chance. Default 1. */
  readonly seed?: number;
}

/** Three disjoint parts, each ordered by name. `val` and `test` may be empty. */
export interface DataSet extends Readonly<Record<DataPart, readonly LabelledPicture[]>> {
  /** Artifacts that were read, for `RunRecorder.use`. */
  readonly artifacts: readonly Artifact[];
  /** SHA-256 over part, name and content of every picture: the same digest is the same data in the same parts. */
  readonly digest: string;
  /** In words, how the parts came about. */
  readonly origin: string;
  /** Pictures in none of the parts, because they occur under two labels. */
  readonly leftOut: readonly string[];
}

/**
 * Opens a data set; nothing is written. Throws DATA_UNREADABLE, DATA_EMPTY, DATA_LIST_INVALID, DATA_SPLIT_INVALID, and
 * STORE_NOT_FOUND where `source` is neither a folder nor an artifact.
 */
export async function openDataSet(request: DataSetRequest, store: LearningStore | undefined): Promise<DataSet> {
  if (existsSync(request.source)) return openFolder(request);
  if (store === undefined) throw new SortlineError('DATA_UNREADABLE', `there is no folder ${resolve(request.source)}`, { context: { folder: request.source } });
  store.artifact(request.source);
  throw new SortlineError('DATA_SPLIT_INVALID', `${request.source} is an artifact, which cannot be opened yet`);
}

function openFolder({ source, lists = listsBeside(source) }: DataSetRequest): DataSet {
  if (lists.val === undefined) throw new SortlineError('DATA_SPLIT_INVALID', `${source} has no list of validation pictures`, { context: { source } });
  return completed({ parts: partsByLists(source, { ...lists, val: lists.val }), artifacts: [], origin: `lists ${Object.values(lists).join(', ')}`, leftOut: [] });
}

function listsBeside(dir: string): Partial<Record<DataPart, string>> {
  return Object.fromEntries(DATA_PARTS.map((part) => [part, listBeside(dir, part)]).filter(([, file]) => file !== undefined));
}

function partsByLists(dir: string, lists: Partial<Record<DataPart, string>> & { val: string }): Record<DataPart, LabelledPicture[]> {
  const [val, test] = [picturesInList(dir, lists.val), lists.test === undefined ? [] : picturesInList(dir, lists.test)];
  const elsewhere = new Set([...val, ...test].map(({ name }) => name));
  const train = lists.train === undefined ? picturesInFolders(dir).filter(({ name }) => !elsewhere.has(name)) : picturesInList(dir, lists.train);
  const twice = [...train, ...val.filter(({ name }) => test.some((other) => other.name === name))].filter(({ name }) => elsewhere.has(name));
  if (twice.length === 0) return { train, val, test };
  throw new SortlineError('DATA_LIST_INVALID', `${twice.slice(0, 10).map(({ name }) => name).join(', ')} stand in more than one list: a picture belongs to one part`, { context: { lists, twice: twice.map(({ name }) => name) } });
}

function completed({ parts, ...rest }: { parts: Record<DataPart, LabelledPicture[]> } & Pick<DataSet, 'artifacts' | 'origin' | 'leftOut'>): DataSet {
  const hash = createHash('sha256');
  for (const part of DATA_PARTS) {
    parts[part].sort(byName);
    for (const { name, file } of parts[part]) hash.update(`${part} ${name} ${createHash('sha256').update(readFileSync(file)).digest('hex')}\n`);
  }
  return { ...parts, ...rest, digest: hash.digest('hex') };
}
