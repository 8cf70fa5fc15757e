// `sortline evaluate` from end to end: which model, which pictures, what it says of them, the figures, and the run they are
// recorded as. Text, JSON and HTML are made of the answer elsewhere.
import { reasonOf, SortlineError } from '../../base/errors.ts';
import type { Logger } from '../../base/logger.ts';
import { createOnnxClassifier } from '../../classify/onnx-classifier.ts';
import type { ClassifyOptions } from '../../classify/options.ts';
import { withOneSession } from '../../classify/options.ts';
import type { LabelledPicture } from '../../image/labelled-pictures.ts';
import type { LearningStore, RunRecorder } from '../store/learning-store.ts';
import { evaluateVerdicts } from './evaluate-verdicts.ts';
import type { JudgedModel } from './judged-model.ts';
import { thresholdsFor } from './judged-model.ts';
import type { MistakePicture } from './kept-evaluation.ts';
import { keepEvaluation } from './kept-evaluation.ts';
import { measureModel } from './measure-model.ts';
import { mistakePictures } from './mistake-pictures.ts';
import type { ModelToJudge } from './model-to-judge.ts';
import { modelToJudge } from './model-to-judge.ts';
import { picturesToJudge } from './pictures-to-judge.ts';

export interface JudgeRequest {
  /** Folder, registry name or `champion`. */
  readonly model: string;
  /** Folder, or a data set's name in the store. */
  readonly images: string;
  readonly list?: string;
  readonly purity: number;
  /** Whether to record a run; undefined records a model that comes from the store. */
  readonly isRecorded?: boolean;
}

export interface JudgeDeps {
  readonly store: LearningStore | undefined;
  /** Provider, threads and batch; its `model` is judged where no champion is registered. */
  readonly classifier: ClassifyOptions;
  readonly log: Logger;
  /** Told of each picture that cannot be read (IMAGE_UNREADABLE). */
  onUnreadable(error: SortlineError): void;
  onProgress?(judged: number, of: number): void;
}

export interface Judged {
  readonly judged: JudgedModel;
  readonly mistakes: readonly MistakePicture[];
}

/** Throws what {@link modelToJudge} and {@link picturesToJudge} throw, MODEL_ codes, and DATA_EMPTY where no picture can be read. */
export async function judgeModel(request: JudgeRequest, deps: JudgeDeps): Promise<Judged> {
  const { store } = deps;
  const { pictures, artifact: data } = picturesToJudge(request, store);
  using model = await modelToJudge(request.model, { store, shipped: deps.classifier.model });
  const isRecorded = request.isRecorded ?? model.artifact !== undefined;
  // Awaited here: at the end of this block the model's folder is gone.
  if (!isRecorded || store === undefined) return await measure({ request, model, pictures, deps, recorder: undefined });
  const { images, list, purity } = request;
  const recorder = store.startRun({ kind: 'evaluate', name: `evaluate-${model.name.replace(':', '-')}`, config: { model: model.name, images, ...(list !== undefined && { list }), purity, pictures: pictures.length } });
  try {
    for (const artifact of [model.artifact, data]) if (artifact !== undefined) recorder.use(artifact);
    const judged = await measure({ request, model, pictures, deps, recorder });
    recorder.end('finished');
    return judged;
  } catch (error) {
    recorder.end('failed', reasonOf(error));
    throw error;
  }
}

interface Measuring {
  readonly request: JudgeRequest;
  readonly model: ModelToJudge;
  readonly pictures: readonly LabelledPicture[];
  readonly deps: JudgeDeps;
  readonly recorder: RunRecorder | undefined;
}

async function measure({ request, model, pictures, deps, recorder }: Measuring): Promise<Judged> {
  const options = { ...withOneSession(deps.classifier), model: model.folder };
  const classifier = await createOnnxClassifier(options, deps.log);
  try {
    const unreadable: string[] = [];
    const measured = await measureModel(classifier, pictures, {
      batchSize: options.batch.size,
      onUnreadable: (error, { name }) => {
        if (!(error instanceof SortlineError)) throw error;
        unreadable.push(name);
        deps.onUnreadable(error);
      },
      onProgress: (judged) => deps.onProgress?.(judged, pictures.length),
    });
    if (measured.verdicts.length === 0) throw new SortlineError('DATA_EMPTY', `none of the ${pictures.length} pictures of ${request.images} can be read: nothing can be said of ${model.name}`, { context: { images: request.images } });
    const mistakes = mistakePictures(measured.verdicts, pictures);
    const { sha256 } = classifier.description;
    if (recorder !== undefined) {
      keepEvaluation(recorder, measured, mistakes);
      recorder.summarise({ sha256, unreadable: unreadable.length, provider: classifier.description.provider, thresholds: thresholdsFor(measured.verdicts, request.purity) });
    }
    return {
      judged: {
        model: model.name, sha256, data: request.list === undefined ? request.images : `${request.list} of ${request.images}`,
        evaluation: evaluateVerdicts(measured.verdicts, measured.msPerImage), verdicts: measured.verdicts,
        unreadable, purity: request.purity, runId: recorder?.id,
      },
      mistakes,
    };
  } finally {
    await classifier.close();
  }
}
