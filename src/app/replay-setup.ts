// What a recording is replayed with: its own configuration or another, and the model it was made with or another.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SortlineError } from '../base/errors.ts';
import { CHAMPION, SHIPPED_MODEL } from '../classify/options.ts';
import type { Config } from '../config/schema.ts';
import { completeConfig, configSchema } from '../config/schema.ts';
import type { Recording } from '../record/open-recording.ts';
import type { ReplayInput } from './replay-input.ts';

const SHIPPED_FOLDER = fileURLToPath(new URL(`../../${SHIPPED_MODEL}`, import.meta.url));
/** Sections that say where a line publishes and keeps things: no part of a replay, and full of hidden secrets. */
const LEFT_OUT = ['mqtt', 'web', 'ledger', 'harvest', 'record'];

/** The configuration in the recording. Throws RECORD_REFUSED where this version cannot read it. */
export function recordedConfig({ path, about }: Recording): Config {
  const given = Object.fromEntries(Object.entries(about.config as Record<string, unknown>).filter(([section]) => !LEFT_OUT.includes(section)));
  const parsed = configSchema.safeParse(given);
  if (parsed.success) return completeConfig(parsed.data);
  const problems = parsed.error.issues.slice(0, 3).map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; ');
  throw new SortlineError('RECORD_REFUSED', `the configuration in ${path} (Sortline ${about.sortlineVersion}) does not fit this version: ${problems}; give one with --config`, { context: { path } });
}

/** SHA-256 of the model of the recorded run; undefined where it never had one, as in an imported video. */
export function recordedModel({ events }: ReplayInput): { readonly name: string; readonly sha256: string } | undefined {
  const event = events.findLast((each) => each.kind === 'model.in-use');
  return event === undefined ? undefined : { name: event.model.model, sha256: event.model.sha256 };
}

/** Folder of the model that was recorded, found by its digest. Throws RECORD_REFUSED where it is not on this machine. */
export function modelFolderFor(input: ReplayInput, config: Config): string {
  const wanted = recordedModel(input);
  const configured = config.classifier.model === CHAMPION ? [] : [config.classifier.model];
  const folders = [...configured, SHIPPED_FOLDER].filter((folder) => existsSync(join(folder, 'manifest.json')));
  const found = wanted === undefined ? folders[0] : folders.find((folder) => digestIn(folder) === wanted.sha256);
  if (found !== undefined) return found;
  throw new SortlineError('RECORD_REFUSED', `${input.recording.path} was recorded with the model ${wanted?.name ?? '(none)'} (SHA-256 ${wanted?.sha256.slice(0, 12) ?? '-'}…), which is neither at ${config.classifier.model} nor the shipped one: name a folder with --model`, { context: { ...wanted } });
}

function digestIn(folder: string): string | undefined {
  try {
    return (JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8')) as { sha256?: string }).sha256;
  } catch {
    // Whoever loads the model says what is wrong with it.
    return undefined;
  }
}
