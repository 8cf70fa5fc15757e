// What the line sees of the registry: champion/<name>-v<version>/ for the champion and the one before it, and champion.json, which
// names them and is replaced in one step.
//
//   <store>/champion.json            {model, previous, name, version, sha256, promotedAtIso}
//   <store>/champion/trashnet-v3/    model.onnx, manifest.json
import { existsSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { SortlineError } from '../../base/errors.ts';
import { replaceFile } from '../../base/replace-file.ts';
import type { ChampionPointer } from '../../classify/champion-pointer.ts';
import { CHAMPION_FILE } from '../../classify/champion-pointer.ts';
import { loadModel } from '../../classify/load-model.ts';
import type { Artifact, LearningStore } from '../store/learning-store.ts';
import { storeError } from '../store/store-database.ts';

const CHAMPION_FOLDER = 'champion';

/** Relative to the store. */
export function championFolder({ name, version }: Pick<Artifact, 'name' | 'version'>): string {
  return `${CHAMPION_FOLDER}/${name}-v${version}`;
}

/** Writes the model where the line looks, checked as the line checks it. The SHA-256 of its model.onnx. Throws MODEL_ and STORE_ codes. */
export async function layOut(store: LearningStore, artifact: Artifact): Promise<string> {
  const folder = join(store.folder, championFolder(artifact));
  await store.fetch(artifact, folder);
  return (await loadModel(folder)).manifest.sha256;
}

/** Replaces champion.json in one step. Throws STORE_FULL, STORE_FAILED, and STORE_BUSY where the folder is not there (any more); leaves the old one then. */
export function writePointer(storeFolder: string, pointer: ChampionPointer): void {
  if (!existsSync(join(storeFolder, pointer.model, 'model.onnx'))) {
    throw new SortlineError('STORE_BUSY', `${join(storeFolder, pointer.model)} was removed while it was to be promoted: see what else runs on this store, and do it again`, { context: { folder: pointer.model } });
  }
  replace(join(storeFolder, CHAMPION_FILE), `${JSON.stringify(pointer, null, 2)}\n`);
}

/** What champion.json holds now, as a function that puts it back. */
export function rememberPointer(storeFolder: string): () => void {
  const path = join(storeFolder, CHAMPION_FILE);
  const before = existsSync(path) ? readFileSync(path, 'utf8') : undefined;
  return () => {
    if (before === undefined) rmSync(path, { force: true });
    else if (!existsSync(path) || readFileSync(path, 'utf8') !== before) replace(path, before);
  };
}

/** A line that read the pointer just now, or a promotion beside this one, may still be about to read a folder. */
const GRACE_MS = 3600 * 1000;

/** Removes what was laid out for champions that neither run nor are the one to fall back to, an hour after it was. */
export function removeOtherFolders(storeFolder: string, options: { keep: readonly Artifact[]; wallMs: number }): void {
  const folder = join(storeFolder, CHAMPION_FOLDER);
  const kept = options.keep.map((artifact) => basename(championFolder(artifact)));
  for (const name of readdirSync(folder).filter((each) => !kept.includes(each))) {
    const found = statSync(join(folder, name), { throwIfNoEntry: false });
    if (found !== undefined && options.wallMs - found.mtimeMs > GRACE_MS) rmSync(join(folder, name), { recursive: true, force: true });
  }
}

function replace(path: string, text: string): void {
  try {
    replaceFile(path, [Buffer.from(text)]);
  } catch (error) {
    throw storeError(error, path);
  }
}
