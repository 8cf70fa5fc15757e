// `sortline dataset split`: a `raw_data` artifact becomes its parts, each a `split_data` artifact, through a run that says how.
import { reasonOf, SortlineError } from '../../base/errors.ts';
import type { DataPart } from '../../image/labelled-pictures.ts';
import { DATA_PARTS } from '../../image/labelled-pictures.ts';
import type { Artifact, LearningStore } from '../store/learning-store.ts';
import type { CheckedPicture } from './check-picture.ts';
import type { MaterialCounts } from './class-balance.ts';
import { countByMaterial } from './class-balance.ts';
import { dataArtifact, isFolder, referenceOf } from './data-source.ts';
import { importPictures } from './import-pictures.ts';
import type { PartLists, Parted } from './part-pictures.ts';
import { partByChance, partByLists } from './part-pictures.ts';
import { filesOfPictures, picturesOfArtifact } from './picture-index.ts';
import type { OnProgress } from './scan-folder.ts';
import type { SplitRatios } from './split-ratios.ts';
import { checkRatios } from './split-ratios.ts';

export interface SplitRequest {
  /** A `raw_data` artifact, or a folder, which is imported first. */
  readonly source: string;
  /** Of the artifact made of a folder. */
  readonly name?: string | undefined;
  readonly ratios: SplitRatios;
  readonly seed: number;
  /** In place of chance. */
  readonly lists?: PartLists | undefined;
}

export interface SplitData extends Omit<Parted<CheckedPicture>, 'parts'> {
  readonly raw: Artifact;
  readonly runId: string;
  /** A part without pictures is no artifact. */
  readonly parts: Readonly<Record<DataPart, { readonly artifact: Artifact; readonly pictures: number; readonly perMaterial: MaterialCounts } | undefined>>;
  /** Pictures of the source that no list names. */
  readonly unused: number;
}

/** Throws DATA_SPLIT_INVALID, DATA_LIST_INVALID, what importing a folder throws, and what storing throws. */
export async function splitData(request: SplitRequest, { store, onProgress }: { store: LearningStore; onProgress?: OnProgress | undefined }): Promise<SplitData> {
  // Before minutes are spent on a folder.
  if (request.lists === undefined) checkRatios(request.ratios);
  const raw = isFolder(request.source) ? (await importPictures({ dir: request.source, name: request.name }, { store, onProgress })).artifact : rawArtifact(request.source, store);
  const { ratios, seed, lists } = request;
  const run = store.startRun({ kind: 'split', name: raw.name, config: { source: referenceOf(raw), ...(lists === undefined ? { ratios, seed } : { lists }) } });
  try {
    run.use(raw);
    const { pictures } = await picturesOfArtifact(raw, store);
    const parted = lists === undefined ? await partByChance(pictures, { ratios, seed }) : await partByLists(pictures, { lists, place: referenceOf(raw) });
    for (const { kind, pictures: same } of parted.conflicts) run.say(`${kind === 'exact' ? 'the same picture' : 'nearly the same picture'} under two labels: ${same.map(({ name }) => name).join(', ')}`);
    const stored: Partial<Record<DataPart, NonNullable<SplitData['parts'][DataPart]>>> = {};
    for (const part of DATA_PARTS) {
      const own = parted.parts[part];
      if (own.length > 0) stored[part] = { artifact: await storePart({ part, own, raw, request, runId: run.id }, store), pictures: own.length, perMaterial: countByMaterial(own) };
    }
    const counts = Object.fromEntries(DATA_PARTS.map((part) => [part, parted.parts[part].length]));
    run.summarise({ ...counts, leftOut: parted.leftOut.map(({ name }) => name) });
    run.end('finished');
    const used = DATA_PARTS.reduce((sum, part) => sum + parted.parts[part].length, parted.leftOut.length);
    return { ...parted, raw, runId: run.id, parts: { train: stored.train, val: stored.val, test: stored.test }, unused: pictures.length - used };
  } catch (error) {
    run.end('failed', reasonOf(error));
    throw error;
  }
}

function rawArtifact(reference: string, store: LearningStore): Artifact {
  const { artifact } = dataArtifact(reference, store);
  if (artifact.type === 'raw_data') return artifact;
  throw new SortlineError('DATA_SPLIT_INVALID', `${referenceOf(artifact)} is itself a part of a split: split the data set it was made of`, { context: { reference } });
}

function storePart({ part, own, raw, request, runId }: { part: DataPart; own: readonly CheckedPicture[]; raw: Artifact; request: SplitRequest; runId: string }, store: LearningStore): Promise<Artifact> {
  const { lists, ratios, seed } = request;
  return store.addArtifact({
    type: 'split_data', name: `${raw.name}-${part}`, files: filesOfPictures(own), runId,
    metadata: { part, of: referenceOf(raw), pictures: own.length, perMaterial: countByMaterial(own), ...(lists === undefined ? { ratios, seed } : { lists }) },
  });
}
