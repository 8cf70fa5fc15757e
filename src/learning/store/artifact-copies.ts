// Artifacts as files again: written below a folder, every byte checked on the way, or checked where they lie.
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { ErrorContext } from '../../base/errors.ts';
import { isSortlineError, reasonOf, SortlineError } from '../../base/errors.ts';
import type { Blobs } from './blobs.ts';
import { copyTo, flushFolder, hashOf } from './blobs.ts';
import type { Artifact, ArtifactFile } from './learning-store.ts';
import { storeError } from './store-database.ts';

export interface FileProblem {
  readonly path: string;
  readonly problem: string;
  readonly context: ErrorContext;
}

/** Every file of `files` that is missing or not what it was. */
export async function verifyFiles(files: readonly ArtifactFile[], blobs: Blobs): Promise<FileProblem[]> {
  const problems: FileProblem[] = [];
  for (const { path, sha256, bytes } of files) {
    const file = blobs.pathOf(sha256);
    const size = blobs.sizeOf(sha256);
    const report = (problem: string, context: ErrorContext): void => void problems.push({ path, problem, context: { file, ...context } });
    if (size === undefined) report('is missing from the store', {});
    else if (size !== bytes) report(`has ${size} bytes instead of ${bytes}`, { found: size, expected: bytes });
    else await hashOf({ file }).then((found) => found.sha256 !== sha256 && report('has other contents than its hash says', { found: found.sha256, expected: sha256 }), (error: unknown) => report(reasonOf(error), {}));
  }
  return problems;
}

/**
 * Writes `files` below `folder`, replacing files of the same path. All are written and checked beside their places first, so
 * that a damaged store (STORE_DAMAGED) or a full disk (STORE_FULL) leaves `folder` as it was.
 */
export async function fetchFiles(artifact: Artifact, options: { files: readonly ArtifactFile[]; blobs: Blobs; folder: string }): Promise<void> {
  const { files, blobs } = options;
  const folder = resolve(options.folder);
  const isNew = !existsSync(folder);
  const stage = isNew ? `${folder}.${randomBytes(4).toString('hex')}.part` : join(folder, `.${randomBytes(4).toString('hex')}.part`);
  try {
    for (const file of files) await stageFile(file, { artifact, blobs, path: join(stage, file.path) });
    if (isNew) await rename(stage, folder);
    else for (const { path } of files) await moveInto(join(stage, path), join(folder, path));
    for (const each of new Set([...files.map(({ path }) => dirname(join(folder, path))), dirname(folder)])) await flushFolder(each);
  } catch (error) {
    throw storeError(error, folder);
  } finally {
    await rm(stage, { recursive: true, force: true });
  }
}

async function stageFile(file: ArtifactFile, at: { artifact: Artifact; blobs: Blobs; path: string }): Promise<void> {
  const { artifact, blobs } = at;
  await mkdir(dirname(at.path), { recursive: true });
  const written = await copyTo({ file: blobs.pathOf(file.sha256) }, at.path).catch((error: unknown) => {
    // The blob, not the target, could not be read.
    if (isSortlineError(error, 'STORE_FAILED')) return undefined;
    throw error;
  });
  if (written?.sha256 === file.sha256) return;
  const reference = `${artifact.name}:v${artifact.version}`;
  throw new SortlineError('STORE_DAMAGED',
    `${file.path} of ${reference} ${written === undefined ? 'is missing from the store' : 'has other contents than its hash says'}: put a copy of ${blobs.pathOf(file.sha256)} in its place or make ${artifact.name} again; \`sortline artifacts verify\` checks all of it`,
    { context: { artifact: reference, path: file.path, expected: file.sha256, found: written?.sha256 } });
}

async function moveInto(from: string, to: string): Promise<void> {
  await mkdir(dirname(to), { recursive: true });
  await rename(from, to);
}
