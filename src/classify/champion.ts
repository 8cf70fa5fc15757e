// Which model shall run, and what may stand in for it: the folder that the config names, or the champion of the learning store,
// behind it the champion before, behind that the model shipped with Sortline. Reads champion.json and opens no model.
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isSortlineError, SortlineError } from '../base/errors.ts';
import type { Champion } from './champion-pointer.ts';
import { readChampion } from './champion-pointer.ts';
import type { ClassifyOptions } from './options.ts';
import { CHAMPION, SHIPPED_MODEL } from './options.ts';
import { storeFolder } from './store-folder.ts';

export type ModelRole = 'configured' | 'champion' | 'previous' | 'shipped';

export interface ModelCandidate {
  readonly role: ModelRole;
  readonly folder: string;
  /** Short: `trashnet:v3`, or the folder's name. */
  readonly name: string;
  /** SHA-256 that champion.json says model.onnx has. */
  readonly sha256: string | undefined;
  /** Which bytes this is: another one where the same folder is promoted anew. */
  readonly key: string;
}

export interface ModelChoice {
  /** Changes whenever another choice is to be made. */
  readonly key: string;
  /** The one that shall run first; at least one. */
  readonly candidates: readonly ModelCandidate[];
  /** MODEL_CHAMPION_INVALID: champion.json does not say which one shall run. */
  readonly problem: SortlineError | undefined;
  /** The store, where none of its models was ever promoted. */
  readonly emptyStore: string | undefined;
}

const SHIPPED_FOLDER = fileURLToPath(new URL(`../../${SHIPPED_MODEL}`, import.meta.url));

export function chooseModels({ model, store }: Pick<ClassifyOptions, 'model' | 'store'>): ModelChoice {
  if (model !== CHAMPION) return { key: model, candidates: [inFolder('configured', model)], problem: undefined, emptyStore: undefined };
  const shipped = inFolder('shipped', SHIPPED_FOLDER);
  const folder = storeFolder(store);
  try {
    const champion = readChampion(folder);
    if (champion === undefined) return { key: 'none', candidates: [shipped], problem: undefined, emptyStore: folder };
    const candidates = championCandidates(champion);
    return { key: candidates[0]!.key, candidates: [...candidates, shipped], problem: undefined, emptyStore: undefined };
  } catch (error) {
    if (!isSortlineError(error, 'MODEL_CHAMPION_INVALID')) throw error;
    return { key: error.message, candidates: [shipped], problem: error, emptyStore: undefined };
  }
}

function championCandidates({ folder, previousFolder, reference, sha256, promotedAtIso }: Champion): ModelCandidate[] {
  const champion: ModelCandidate = { role: 'champion', folder, name: reference, sha256, key: `${folder} ${sha256} ${promotedAtIso}` };
  return previousFolder === undefined ? [champion] : [champion, inFolder('previous', previousFolder)];
}

function inFolder(role: ModelRole, folder: string): ModelCandidate {
  return { role, folder, name: basename(folder), sha256: undefined, key: folder };
}
