// champion.json in the learning store's folder: which promoted model the line shall run, and which to fall back to. The registry
// (src/learning/registry) replaces the file in one step; the line watches it. Neither needs the store's database for that.
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { reasonOf, SortlineError } from '../base/errors.ts';

export const CHAMPION_FILE = 'champion.json';

const folderInStore = z.string().regex(/^champion\/[A-Za-z0-9][A-Za-z0-9._-]*$/, 'a folder below champion/');

/** Fields that a later version adds are passed over. */
export const championPointer = z.object({
  model: folderInStore.describe('Folder of the model, relative to the store: model.onnx and manifest.json.'),
  previous: folderInStore.nullable().describe('Folder of the champion before it, where there was one.'),
  name: z.string().min(1).describe('Name in the registry.'),
  version: z.int().min(0),
  sha256: z.string().regex(/^[0-9a-f]{64}$/).describe('Of model.onnx.'),
  promotedAtIso: z.iso.datetime(),
});

export type ChampionPointer = z.output<typeof championPointer>;

export interface Champion {
  /** `trashnet:v3`. */
  readonly reference: string;
  readonly name: string;
  readonly version: number;
  /** SHA-256 of model.onnx, hex. */
  readonly sha256: string;
  readonly promotedAtIso: string;
  /** Absolute. */
  readonly folder: string;
  readonly previousFolder: string | undefined;
}

/** The promoted model of the store in `folder`; undefined where none was ever promoted. Throws MODEL_CHAMPION_INVALID. */
export function readChampion(folder: string): Champion | undefined {
  const path = join(folder, CHAMPION_FILE);
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw invalid(path, `cannot be read: ${reasonOf(cause)}`, cause);
  }
  const { model, previous, ...rest } = parse(text, path);
  return {
    ...rest, reference: `${rest.name}:v${rest.version}`,
    folder: resolve(folder, model), previousFolder: previous === null ? undefined : resolve(folder, previous),
  };
}

function parse(text: string, path: string): ChampionPointer {
  let found: unknown;
  try {
    found = JSON.parse(text);
  } catch (cause) {
    throw invalid(path, `is not JSON: ${reasonOf(cause)}`, cause);
  }
  const parsed = championPointer.safeParse(found);
  if (parsed.success) return parsed.data;
  throw invalid(path, `does not name a model: ${parsed.error.issues.map(({ path: at, message }) => `${at.join('.')}: ${message}`).join('; ')}`, parsed.error);
}

function invalid(path: string, what: string, cause: unknown): SortlineError {
  return new SortlineError('MODEL_CHAMPION_INVALID', `${path} ${what}. Promote a model again (\`sortline models promote NAME\`), which writes it anew.`, { context: { path }, cause });
}
