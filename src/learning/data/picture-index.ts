// What is known of each picture of a data set, kept as one of the artifact's own files so that no picture needs to be decoded
// again: `pictures.jsonl`, one line each, ordered by name.
//
//   {"name":"glass/glass1.jpg","width":512,"height":384,"hash":"00f3c1…"}
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { reasonOf, SortlineError } from '../../base/errors.ts';
import { isMaterial } from '../../domain/material.ts';
import { byName } from '../../image/labelled-pictures.ts';
import type { Artifact, LearningStore, NewArtifact } from '../store/learning-store.ts';
import type { CheckedPicture, LeftOut } from './check-picture.ts';
import { checkPicture, isLeftOut } from './check-picture.ts';
import { parseHash, hashText } from './picture-hash.ts';
import type { OnProgress } from './scan-folder.ts';

export const INDEX_FILE = 'pictures.jsonl';

const entry = z.object({
  name: z.string(), width: z.int().positive(), height: z.int().positive(),
  hash: z.string().transform((text, context) => parseHash(text) ?? context.addIssue('16 hexadecimal digits are expected') ?? z.NEVER),
});
type Entry = z.output<typeof entry>;

/** The files of an artifact that holds `pictures`, index included. */
export function filesOfPictures(pictures: readonly CheckedPicture[]): NewArtifact['files'] {
  const lines = pictures.toSorted(byName).map(({ name, width, height, hash }) => `${JSON.stringify({ name, width, height, hash: hashText(hash) })}\n`);
  return [...pictures.map(({ name, file }) => ({ path: name, content: { file } })), { path: INDEX_FILE, content: Buffer.from(lines.join('')) }];
}

/**
 * The pictures of an artifact, ordered by name; `file` is in the store. What its index lacks (another program made it) is
 * looked at now and may be left out. Throws DATA_EMPTY where it holds none, STORE_DAMAGED where the index cannot be read.
 */
export async function picturesOfArtifact(artifact: Artifact, store: LearningStore, onProgress?: OnProgress): Promise<{ pictures: CheckedPicture[]; leftOut: LeftOut[] }> {
  const files = store.filesOf(artifact);
  const indexFile = files.find(({ path }) => path === INDEX_FILE);
  const entries = indexFile === undefined ? new Map<string, Entry>() : readIndex(store.pathOf(indexFile), artifact);
  const [pictures, leftOut]: [CheckedPicture[], LeftOut[]] = [[], []];
  for (const [index, stored] of files.entries()) {
    const material = stored.path.split('/')[0];
    if (!isMaterial(material) || !stored.path.includes('/')) continue;
    const picture = { file: store.pathOf(stored), name: stored.path, material };
    const known = entries.get(stored.path);
    const checked = known === undefined ? await checkPicture(picture) : { ...picture, ...known, sha256: stored.sha256 };
    if (isLeftOut(checked)) leftOut.push(checked);
    else pictures.push(checked);
    onProgress?.(index + 1, files.length);
  }
  if (pictures.length > 0) return { pictures: pictures.sort(byName), leftOut };
  throw new SortlineError('DATA_EMPTY', `${artifact.name}:v${artifact.version} holds no picture in a folder named after a material`, { context: { artifact: artifact.name, version: artifact.version } });
}

function readIndex(path: string, { name, version }: Artifact): Map<string, Entry> {
  try {
    const lines = readFileSync(path, 'utf8').split('\n').filter((line) => line !== '');
    return new Map(lines.map((line) => entry.parse(JSON.parse(line))).map((known) => [known.name, known]));
  } catch (cause) {
    throw new SortlineError('STORE_DAMAGED', `${INDEX_FILE} of ${name}:v${version} cannot be read: ${reasonOf(cause)}; import the pictures again`, { context: { path }, cause });
  }
}
