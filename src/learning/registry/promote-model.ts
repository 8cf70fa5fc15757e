// Makes a model champion, or takes one out of the choice. The decision, its evidence and the alias are one transaction of the
// store, and the line's pointer is replaced inside it: what `sortline models` shows is what the line runs.
import type { Clock } from '../../base/clock.ts';
import { wallIso } from '../../base/clock.ts';
import { SortlineError } from '../../base/errors.ts';
import { readChampion } from '../../classify/champion-pointer.ts';
import type { Artifact, LearningStore } from '../store/learning-store.ts';
import { championFolder, layOut, rememberPointer, removeOtherFolders, writePointer } from './champion-folders.ts';
import type { Evidence } from './evidence.ts';
import { findEvidence, referenceOf } from './evidence.ts';
import { championsOf, registeredModel } from './registered-models.ts';

export interface Decision {
  readonly who: string;
  readonly reason: string | undefined;
}

export interface PromotionRequest extends Decision {
  /** Runs whose figures count as evidence; undefined for all that judged the model. */
  readonly runIds: readonly string[] | undefined;
  /** Without evidence, or against it; needs a reason. */
  readonly isForced: boolean;
}

export interface Promotion {
  readonly champion: Artifact;
  readonly previous: Artifact | undefined;
  /** Undefined where it was forced, rolled back or champion already. */
  readonly evidence: Evidence | undefined;
}

/**
 * Makes `candidate` the champion. Promoting a former champion again (rolling back) needs a reason, but no new evidence; promoting
 * the present one lays its folder and the pointer out anew. Throws MODEL_PROMOTION_REFUSED with what is lacking, and MODEL_ and
 * STORE_ codes of a model that cannot be laid out; nothing is changed then.
 */
export async function promoteModel(store: LearningStore, candidate: Artifact, options: { request: PromotionRequest; clock: Clock }): Promise<Promotion> {
  const { request, clock } = options;
  const { champion, previous } = championsOf(store.modelEvents());
  const isUnchanged = champion?.id === candidate.id;
  const evidence = isUnchanged ? undefined : grounds(store, candidate, { champion, request });
  const sha256 = await layOut(store, candidate);
  const putBack = rememberPointer(store.folder);
  let before: Artifact | undefined;
  const pointAt = (): void => {
    // Read again under the lock: somebody else may have promoted meanwhile.
    const now = championsOf(store.modelEvents());
    before = now.previous;
    writePointer(store.folder, {
      model: championFolder(candidate), previous: before === undefined ? null : championFolder(before),
      name: candidate.name, version: candidate.version, sha256, promotedAtIso: wallIso(clock),
    });
  };
  if (isUnchanged) {
    before = previous;
    pointAt();
    return { champion: candidate, previous, evidence: undefined };
  }
  try {
    store.recordModelEvent({ artifact: candidate, kind: 'promoted', who: request.who, reason: request.reason, evidence: { ...evidence } }, pointAt);
  } catch (error) {
    putBack();
    throw error;
  }
  removeOtherFolders(store.folder, { keep: [candidate, ...(before === undefined ? [] : [before])], wallMs: clock.wallMs() });
  return { champion: candidate, previous: before, evidence };
}

/** The evidence that allows it; undefined where a reason stands in for it. */
function grounds(store: LearningStore, candidate: Artifact, options: { champion: Artifact | undefined; request: PromotionRequest }): Evidence | undefined {
  const { champion, request } = options;
  const model = registeredModel(store, candidate);
  const name = referenceOf(candidate);
  const hasReason = request.reason !== undefined && request.reason.trim() !== '';
  if (model === undefined || model.state === 'backbone') refuse(name, `${name} is ${model === undefined ? `an artifact of type ${candidate.type}` : 'a backbone'}, which the line cannot run: promote a trained model, \`sortline models list\` shows them`);
  if (request.isForced && !hasReason) refuse(name, `promoting ${name} without evidence needs a reason: say it with --reason`);
  if (request.isForced) return undefined;
  if (model.state === 'retired') refuse(name, `${name} was retired (${model.events.at(-1)?.reason ?? 'without a reason'}): promote another, or this one with --force and --reason`);
  const found = findEvidence(store, { candidate, champion, runIds: request.runIds });
  if ('evidence' in found) return found.evidence;
  const wasChampion = model.events.some(({ kind }) => kind === 'promoted');
  if (wasChampion && hasReason) return undefined;
  return refuse(name, `${found.lacking}${wasChampion ? `, or, since ${name} was champion before, say with --reason why it shall be again` : ', or promote it with --force and --reason'}`);
}

/** Takes a model out of the choice. Throws MODEL_PROMOTION_REFUSED for the champion and for what is no model; STORE_ codes. */
export function retireModel(store: LearningStore, artifact: Artifact, decision: Decision): void {
  const model = registeredModel(store, artifact);
  const name = referenceOf(artifact);
  if (model === undefined) refuse(name, `${name} is an artifact of type ${artifact.type}: only models are retired`);
  if (model.state === 'champion') refuse(name, `${name} is the champion, the line runs it: promote another first`);
  if (model.state === 'retired') return;
  const putBack = rememberPointer(store.folder);
  try {
    store.recordModelEvent({ artifact, kind: 'retired', who: decision.who, reason: decision.reason, evidence: {} }, () => forgetPrevious(store, artifact));
  } catch (error) {
    putBack();
    throw error;
  }
}

/** The line must not fall back to a model that was retired. */
function forgetPrevious(store: LearningStore, artifact: Artifact): void {
  const { champion } = championsOf(store.modelEvents());
  const pointed = readChampion(store.folder);
  if (champion === undefined || pointed?.previousFolder?.endsWith(championFolder(artifact)) !== true) return;
  const { name, version, sha256, promotedAtIso } = pointed;
  writePointer(store.folder, { model: championFolder(champion), previous: null, name, version, sha256, promotedAtIso });
}

function refuse(name: string, message: string): never {
  throw new SortlineError('MODEL_PROMOTION_REFUSED', message, { context: { model: name } });
}
