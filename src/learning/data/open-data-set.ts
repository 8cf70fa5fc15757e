// What training reads: the pictures of a data set in its three parts, wherever they come from.
//
//   folder + lists (given, or train.txt and val.txt beside it) ─┐
//   folder alone ─▶ split by chance ────────────────────────────┼─▶ { train, val, test }
//   raw_data artifact (+ lists) ─▶ split by chance (or lists) ──┤
//   split_data artifact, with its sister parts ─────────────────┘
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { SortlineError } from '../../base/errors.ts';
import type { DataPart, LabelledPicture } from '../../image/labelled-pictures.ts';
import { DATA_PARTS, listBeside, picturesInFolders, picturesInList } from '../../image/labelled-pictures.ts';
import type { Artifact, LearningStore } from '../store/learning-store.ts';
import { dataArtifact, isFolder, readSource, referenceOf } from './data-source.ts';
import type { PartLists } from './part-pictures.ts';
import { partByChance, partByLists, picturesByLists } from './part-pictures.ts';
import { picturesOfArtifact } from './picture-index.ts';
import type { OnProgress } from './scan-folder.ts';
import type { SplitRatios } from './split-ratios.ts';
import { checkRatios, DEFAULT_RATIOS } from './split-ratios.ts';

/** Which pictures, and how they are parted where nothing says so already. */
export interface DataSetRequest {
  /** Folder of pictures (or the folder whose `images` it is), or the reference of a `raw_data` or `split_data` artifact. */
  readonly source: string;
  /** Lists to part by. A folder's own, `train.txt` and `val.txt` beside it, are found without. */
  readonly lists?: PartLists | undefined;
  /** For a split by chance; lists and `split_data` do without. Default 0.6, 0.2, 0.2. */
  readonly ratios?: SplitRatios | undefined;
  /** Of the split by chance. Default 1. */
  readonly seed?: number | undefined;
}

/** A picture with the SHA-256 of its bytes, hexadecimal. */
export interface DataPicture extends LabelledPicture {
  readonly sha256: string;
}

/** Three disjoint parts, each ordered by name. `val` and `test` may be empty. */
export interface DataSet extends Readonly<Record<DataPart, readonly DataPicture[]>> {
  /** Artifacts that were read, for `RunRecorder.use`. */
  readonly artifacts: readonly Artifact[];
  /** SHA-256 over part, name and content of every picture: the same digest is the same data in the same parts. */
  readonly digest: string;
  /** In words, how the parts came about. */
  readonly origin: string;
  /** Names of pictures in none of the parts: in two of the materials, or not fit to learn from. Lists are taken at their word. */
  readonly leftOut: readonly string[];
}

type Opened = Omit<DataSet, 'digest' | DataPart> & { readonly parts: Readonly<Record<DataPart, readonly (LabelledPicture & { readonly sha256?: string })[]>> };

export interface OpenDataSetDeps {
  /** Where artifacts are; without it only a folder can be opened. */
  readonly store: LearningStore | undefined;
  /** A folder without lists is looked through, some ms a picture. */
  readonly onProgress?: OnProgress | undefined;
}

/**
 * Opens a data set; nothing is written. Throws DATA_UNREADABLE, DATA_EMPTY, DATA_LIST_INVALID, DATA_SPLIT_INVALID, and
 * STORE_NOT_FOUND where `source` is neither a folder nor an artifact.
 */
export async function openDataSet(request: DataSetRequest, deps: OpenDataSetDeps): Promise<DataSet> {
  const { parts, ...rest } = isFolder(request.source) ? await openFolder(request, deps) : await openArtifact(request, deps);
  const hashed = (part: DataPart): DataPicture[] => parts[part].map((picture) => ({ ...picture, sha256: picture.sha256 ?? createHash('sha256').update(readFileSync(picture.file)).digest('hex') }));
  const pictures = { train: hashed('train'), val: hashed('val'), test: hashed('test') };
  return { ...rest, ...pictures, digest: digestOf(pictures) };
}

async function openFolder(request: DataSetRequest, deps: OpenDataSetDeps): Promise<Opened> {
  const { source } = request;
  const lists = request.lists ?? listsBeside(source);
  if (lists === undefined) return openByChance(request, deps);
  const parts = picturesByLists(lists, { all: () => picturesInFolders(source), read: (listFile) => picturesInList(source, listFile) });
  return { parts, artifacts: [], origin: originOf(lists), leftOut: [] };
}

async function openArtifact(request: DataSetRequest, deps: OpenDataSetDeps): Promise<Opened> {
  const { artifact, store } = dataArtifact(request.source, deps.store);
  if (artifact.type === 'split_data') return openParts(artifact, store);
  if (request.lists === undefined) return openByChance(request, deps);
  const { pictures } = await picturesOfArtifact(artifact, store, deps.onProgress);
  const { parts } = await partByLists(pictures, { lists: request.lists, place: referenceOf(artifact) });
  return { parts, artifacts: [artifact], origin: originOf(request.lists), leftOut: [] };
}

async function openByChance({ source, ratios = DEFAULT_RATIOS, seed = 1 }: DataSetRequest, deps: OpenDataSetDeps): Promise<Opened> {
  checkRatios(ratios);
  const { artifact, pictures, leftOut: unfit } = await readSource(source, deps);
  const { parts, leftOut } = await partByChance(pictures, { ratios, seed });
  return {
    parts, artifacts: artifact === undefined ? [] : [artifact], leftOut: [...unfit, ...leftOut].map(({ name }) => name),
    origin: `split by chance, ${DATA_PARTS.map((part) => `${part} ${ratios[part]}`).join(', ')}, seed ${seed}`,
  };
}

/** The part that was asked for and those that the same run made. */
async function openParts(artifact: Artifact, store: LearningStore): Promise<Opened> {
  const run = store.makersOf(artifact).at(-1);
  const sisters = (run === undefined ? [artifact] : store.outputsOf(run.id)).filter(({ type }) => type === 'split_data');
  const partArtifact = (part: DataPart): Artifact | undefined => sisters.find(({ metadata }) => metadata['part'] === part);
  const picturesOf = async (part: DataPart): Promise<LabelledPicture[]> => {
    const own = partArtifact(part);
    return own === undefined ? [] : (await picturesOfArtifact(own, store)).pictures;
  };
  const parts = { train: await picturesOf('train'), val: await picturesOf('val'), test: await picturesOf('test') };
  if (parts.train.length === 0) throw new SortlineError('DATA_SPLIT_INVALID', `${referenceOf(artifact)} has no sister part to train on: name the data set it was made of, or split that again`, { context: { artifact: referenceOf(artifact) } });
  const artifacts = DATA_PARTS.map(partArtifact).filter((part) => part !== undefined);
  return { parts, artifacts, origin: artifacts.map(referenceOf).join(', '), leftOut: [] };
}

/** A list of training pictures alone parts nothing. */
function listsBeside(dir: string): PartLists | undefined {
  const [train, val, test] = [listBeside(dir, 'train'), listBeside(dir, 'val'), listBeside(dir, 'test')];
  return val === undefined ? undefined : { train, val, test };
}

function originOf(lists: PartLists): string {
  return `lists ${[lists.train ?? 'all others', lists.val, lists.test].filter((list) => list !== undefined).join(', ')}`;
}

function digestOf(parts: Readonly<Record<DataPart, readonly DataPicture[]>>): string {
  const hash = createHash('sha256');
  for (const part of DATA_PARTS) {
    for (const { name, sha256 } of parts[part]) hash.update(`${part} ${name} ${sha256}\n`);
  }
  return hash.digest('hex');
}
