// What the arguments of `sortline compare` mean: runs, or models by the run that judged them last.
import { z } from 'zod';
import { isSortlineError, SortlineError } from '../../base/errors.ts';
import type { Artifact, LearningStore, Run } from '../store/learning-store.ts';
import type { Contender } from './comparison.ts';
import { wilsonInterval } from './intervals.ts';
import type { Judged } from './judge-model.ts';
import { keptEvaluation } from './kept-evaluation.ts';

/** Runs that were recorded without verdicts say at least this. */
const summaryFigures = z.object({ accuracy: z.number().min(0).max(1), n: z.int().min(1) });

/** The run, or the newest run that judged the model, or trained it. Throws STORE_NOT_FOUND: no such run or model, or neither was judged. */
export function contenderOf(reference: string, store: LearningStore): Contender {
  const run = runOrUndefined(reference, store);
  if (run !== undefined) return ofRun(run, run.name, store) ?? refuse(reference, `run ${run.name} (${run.id}) was not judged on any pictures`);
  const artifact = store.artifact(reference);
  return contendersOf(artifact, store)[0] ?? refuse(reference, `${artifact.name}:v${artifact.version} was not judged on any pictures`);
}

/** The model by each run that judged it, evaluations before the training that made it, newest first. */
export function contendersOf(artifact: Artifact, store: LearningStore): Contender[] {
  const name = `${artifact.name}:v${artifact.version}`;
  return judgesOf(artifact, store).map((judge) => ofRun(judge, name, store)).filter((contender) => contender !== undefined);
}

/** A model that was judged just now. */
export function contenderNow({ judged }: Judged): Contender {
  const { model, evaluation, verdicts, runId, data, sha256 } = judged;
  return { name: model, runId, n: evaluation.n, accuracy: evaluation.accuracy, interval: evaluation.interval, judged: { verdicts, evaluation }, config: { model, data, sha256 } };
}

function judgesOf(artifact: Artifact, store: LearningStore): Run[] {
  const newestFirst = (a: Run, b: Run): number => (a.startedAtIso < b.startedAtIso ? 1 : -1);
  return [...store.usersOf(artifact).filter(({ kind }) => kind === 'evaluate').sort(newestFirst), ...store.makersOf(artifact).filter(({ kind }) => kind === 'train').sort(newestFirst)];
}

function ofRun(run: Run, name: string, store: LearningStore): Contender | undefined {
  const kept = keptEvaluation(store, run);
  if (kept !== undefined) {
    const { n, accuracy, interval } = kept.evaluation;
    return { name, runId: run.id, n, accuracy, interval, judged: kept, config: run.config };
  }
  const { success, data } = summaryFigures.safeParse(run.summary);
  if (!success) return undefined;
  return { name, runId: run.id, ...data, interval: wilsonInterval(Math.round(data.accuracy * data.n), data.n), judged: undefined, config: run.config };
}

function runOrUndefined(reference: string, store: LearningStore): Run | undefined {
  try {
    return store.run(reference);
  } catch (error) {
    if (isSortlineError(error, 'STORE_NOT_FOUND')) return undefined;
    throw error;
  }
}

function refuse(reference: string, problem: string): never {
  throw new SortlineError('STORE_NOT_FOUND', `${problem}: judge it with \`sortline evaluate --model … --images … --record\`, or name --images here`, { context: { reference } });
}
