// Opens the model that shall run, or the first of those that may stand in for it: a line is not held up by a champion that cannot
// be used, and every one that was passed over is named.
import type { Logger } from '../base/logger.ts';
import type { SortlineErrorCode } from '../base/errors.ts';
import { isSortlineError, SortlineError } from '../base/errors.ts';
import type { ModelCandidate, ModelChoice, ModelRole } from './champion.ts';
import { chooseModels } from './champion.ts';
import type { Classifier } from './classifier.ts';
import { createOnnxClassifier } from './onnx-classifier.ts';
import type { ClassifyOptions } from './options.ts';
import { CHAMPION } from './options.ts';

/** A model that shall run and cannot. */
export interface ModelRefusal {
  /** `pointer`: champion.json itself. */
  readonly role: ModelRole | 'pointer';
  /** `trashnet:v3`, or the folder's name. */
  readonly name: string;
  readonly code: SortlineErrorCode;
  readonly message: string;
}

export interface OpeningHooks {
  /** Where it was made already. */
  readonly choice?: ModelChoice;
  /** Why a candidate is not to be tried, by its key: it took a process down before. */
  readonly avoid?: ReadonlyMap<string, string>;
  /** Nothing may stand in: who asks for the champion in person wants no other. */
  readonly isStrict?: boolean;
  /** Before a candidate that others can stand in for is loaded. */
  onLoading?(candidate: ModelCandidate): void;
  onRefused?(refusal: ModelRefusal): void;
}

/**
 * A warm classifier for `options`. Throws as {@link createOnnxClassifier} does where the config names a folder; with `champion`
 * only where nothing can stand in for it, the shipped model included, or may.
 */
export async function openClassifier(options: ClassifyOptions, log: Logger, hooks: OpeningHooks = {}): Promise<Classifier> {
  const { candidates, problem, emptyStore } = hooks.choice ?? chooseModels(options);
  const refused = (refusal: ModelRefusal, error: unknown): void => {
    if (hooks.isStrict === true) throw error;
    log.warn({ code: refusal.code, model: refusal.name }, refusal.message);
    hooks.onRefused?.(refusal);
  };
  if (emptyStore !== undefined) log.warn({ store: emptyStore }, `no model of the learning store ${emptyStore} was ever promoted: the model shipped with Sortline runs`);
  if (problem !== undefined) refused({ role: 'pointer', name: CHAMPION, code: problem.code, message: problem.message }, problem);
  const wanted = problem === undefined ? candidates[0]!.name : CHAMPION;
  const standIns = candidates.slice(0, -1);
  for (const candidate of standIns) {
    try {
      return await openCandidate(candidate, options, { log, hooks, wanted });
    } catch (error) {
      if (!isSortlineError(error)) throw error;
      refused({ role: candidate.role, name: candidate.name, code: error.code, message: error.message }, error);
    }
  }
  const last = candidates.at(-1)!;
  return createOnnxClassifier({ ...options, model: last.folder }, log, last.name === wanted ? {} : { insteadOf: wanted });
}

async function openCandidate(candidate: ModelCandidate, options: ClassifyOptions, { log, hooks, wanted }: { log: Logger; hooks: OpeningHooks; wanted: string }): Promise<Classifier> {
  const { folder, name, sha256 } = candidate;
  mustNotBeAvoided(candidate, hooks.avoid);
  hooks.onLoading?.(candidate);
  return createOnnxClassifier({ ...options, model: folder }, log, { sha256, ...(name === wanted ? {} : { insteadOf: wanted }) });
}

/** Throws MODEL_RUN_FAILED for a candidate that took its process down before. */
export function mustNotBeAvoided({ folder, key }: ModelCandidate, avoid: ReadonlyMap<string, string> | undefined): void {
  const reason = avoid?.get(key);
  if (reason !== undefined) throw new SortlineError('MODEL_RUN_FAILED', `${folder} is not loaded again, the last attempt ended the vision process: ${reason}. Promote another model, or this one again.`, { context: { folder } });
}
