// An evaluation kept with its run: `verdicts.json` holds what the model said of each picture, from which every figure follows
// again, and by which two runs are compared picture by picture; `mistakes/N.jpg` shows the most confident mistakes. A training
// run keeps the verdicts of its best weights in the same way.
import { z } from 'zod';
import { reasonOf, SortlineError } from '../../base/errors.ts';
import type { Milliseconds } from '../../base/units.ts';
import { MATERIALS } from '../../domain/material.ts';
import type { LearningStore, Run, RunRecorder } from '../store/learning-store.ts';
import { evaluateVerdicts } from './evaluate-verdicts.ts';
import type { Evaluation, Verdict } from './evaluation.ts';

export const VERDICTS_FILE = 'verdicts.json';
const MISTAKES_FOLDER = 'mistakes';

const probability = z.number().min(0).max(1);

const verdictsDocument = z.object({
  format: z.literal(1),
  materials: z.array(z.string()).refine((found) => found.join() === MATERIALS.join(), `materials other than ${MATERIALS.join(', ')}`),
  msPerImage: z.number().min(0),
  verdicts: z.array(z.object({ file: z.string().min(1), actual: z.enum(MATERIALS), probabilities: z.array(probability).length(MATERIALS.length) })).min(1),
});

/** A wrongly judged picture as a small JPEG. */
export interface MistakePicture {
  /** As in its verdict. */
  readonly file: string;
  readonly jpeg: Uint8Array;
}

export interface KeptEvaluation {
  readonly verdicts: readonly Verdict[];
  readonly evaluation: Evaluation;
  /** Most confident first; none where the run kept none. */
  readonly mistakes: readonly MistakePicture[];
}

/** Keeps the verdicts (at least one) and pictures of mistakes with the run, and puts the chief figures into its summary. */
export function keepEvaluation(recorder: RunRecorder, measured: { readonly verdicts: readonly Verdict[]; readonly msPerImage: Milliseconds }, mistakes: readonly MistakePicture[] = []): Evaluation {
  const evaluation = evaluateVerdicts(measured.verdicts, measured.msPerImage);
  const document: z.input<typeof verdictsDocument> = {
    format: 1, materials: [...MATERIALS], msPerImage: measured.msPerImage,
    verdicts: measured.verdicts.map(({ file, actual, probabilities }) => ({ file, actual, probabilities: [...probabilities] })),
  };
  recorder.keepFile(VERDICTS_FILE, Buffer.from(JSON.stringify(document)));
  for (const [index, { jpeg }] of mistakes.entries()) recorder.keepFile(`${MISTAKES_FOLDER}/${index}.jpg`, jpeg);
  if (mistakes.length > 0) recorder.keepFile(`${MISTAKES_FOLDER}/files.json`, Buffer.from(JSON.stringify(mistakes.map(({ file }) => file))));
  const { n, accuracy, interval, macroF1, ece, negativeLogLikelihood, msPerImage } = evaluation;
  recorder.summarise({ n, accuracy, accuracyLow: interval[0], accuracyHigh: interval[1], macroF1, ece, negativeLogLikelihood, msPerImage });
  return evaluation;
}

/** What the run kept; undefined where it kept no verdicts. Throws STORE_DAMAGED where they cannot be read as such. */
export function keptEvaluation(store: LearningStore, run: Run): KeptEvaluation | undefined {
  const bytes = store.runFile(run.id, VERDICTS_FILE);
  if (bytes === undefined) return undefined;
  const { verdicts, msPerImage } = parse(bytes, run);
  return { verdicts, evaluation: evaluateVerdicts(verdicts, msPerImage), mistakes: keptMistakes(store, run) };
}

function parse(bytes: Uint8Array, run: Run): z.output<typeof verdictsDocument> {
  try {
    return verdictsDocument.parse(JSON.parse(Buffer.from(bytes).toString('utf8')));
  } catch (cause) {
    throw new SortlineError('STORE_DAMAGED', `${VERDICTS_FILE} of run ${run.name} (${run.id}) cannot be used: ${reasonOf(cause)}. Evaluate its model again.`, { context: { run: run.id, file: VERDICTS_FILE }, cause });
  }
}

function keptMistakes(store: LearningStore, run: Run): MistakePicture[] {
  const names = store.runFile(run.id, `${MISTAKES_FOLDER}/files.json`);
  if (names === undefined) return [];
  const files = z.array(z.string()).parse(JSON.parse(Buffer.from(names).toString('utf8')));
  return files.flatMap((file, index) => {
    const jpeg = store.runFile(run.id, `${MISTAKES_FOLDER}/${index}.jpg`);
    return jpeg === undefined ? [] : [{ file, jpeg }];
  });
}
