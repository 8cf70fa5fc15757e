// From the best weights to a model folder: weights stored in half their size, run over the validation pictures as the line would
// run them, temperature and thresholds found from what it said, all of it written into the manifest.
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Milliseconds } from '../../base/units.ts';
import type { Logger } from '../../base/logger.ts';
import type { ModelManifest } from '../../classify/manifest.ts';
import { parseManifest } from '../../classify/manifest.ts';
import { createOnnxClassifier } from '../../classify/onnx-classifier.ts';
import { classifyOptions } from '../../classify/options.ts';
import { MATERIALS } from '../../domain/material.ts';
import type { LabelledPicture } from '../../image/labelled-pictures.ts';
import { storeWeightsAsFloat16 } from '../../onnx/store-float16.ts';
import { evaluateVerdicts } from '../evaluate/evaluate-verdicts.ts';
import type { Evaluation, Verdict } from '../evaluate/evaluation.ts';
import { measureModel } from '../evaluate/measure-model.ts';
import { MODEL_SHAPE } from './model-shape.ts';
import type { Thresholds } from './purity-thresholds.ts';
import { thresholdsFor } from './purity-thresholds.ts';
import { atTemperature, fitTemperature } from './temperature.ts';

export interface BuildRequest {
  /** ONNX, float32, `image` (N,224,224,3) uint8 to `logits` (N, materials). */
  readonly weights: Uint8Array;
  readonly weightsAs: 'float16' | 'float32';
  readonly val: readonly LabelledPicture[];
  /** 0 … 1 */
  readonly purity: number;
  /** Threads of the trial run; 0 for one per core. */
  readonly threads: number;
  /** What the manifest says of the training. */
  readonly about: Pick<ModelManifest, 'trainedOn' | 'dataSetDigest' | 'howDigested' | 'training'>;
  /** Figures besides those of the validation pictures. */
  readonly metrics: Readonly<Record<string, number>>;
  readonly log: Logger;
}

export interface BuiltModel {
  readonly manifest: ModelManifest;
  /** By name: `model.onnx`, `manifest.json`. */
  readonly files: ReadonlyMap<string, Uint8Array>;
  /** Of the validation pictures, at the temperature found. */
  readonly verdicts: readonly Verdict[];
  readonly msPerImage: Milliseconds;
  readonly evaluation: Evaluation;
  readonly thresholds: Thresholds;
}

/** Throws MODEL_ codes where the model cannot be run, MODEL_MISMATCH where a weight does not fit a float16. */
export async function buildModel(request: BuildRequest): Promise<BuiltModel> {
  const { purity, about, metrics } = request;
  const bytes = request.weightsAs === 'float32' ? request.weights : storeWeightsAsFloat16(request.weights, 'the trained model').model;
  const draft: ModelManifest = {
    labels: [...MATERIALS],
    input: {
      name: 'image', layout: 'NHWC', type: 'uint8', channels: 'RGB', ...MODEL_SHAPE,
      preprocess: 'scale the photograph to height 256, centre crop 256x256, bilinear to 224x224',
    },
    output: { name: 'logits' },
    temperature: 1, sha256: createHash('sha256').update(bytes).digest('hex'), bytes: bytes.length, weights: request.weightsAs,
    ...about, metrics: {},
  };
  const { verdicts: raw, msPerImage } = await measured(bytes, draft, request);
  const temperature = Number(fitTemperature(raw).toPrecision(6));
  const verdicts = atTemperature(raw, temperature);
  const evaluation = evaluateVerdicts(verdicts, msPerImage);
  const thresholds = thresholdsFor(verdicts, purity);
  const manifest: ModelManifest = { ...draft, temperature, ...thresholdFields(thresholds, purity), metrics: { ...metricsOf(evaluation), ...metrics } };
  const text = `${JSON.stringify(manifest, null, 2)}\n`;
  const checked = parseManifest(text, 'the manifest of the trained model');
  return { manifest: checked, files: new Map([['model.onnx', bytes], ['manifest.json', Buffer.from(text)]]), verdicts, msPerImage, evaluation, thresholds };
}

/** What the model says of the validation pictures, opened and run exactly as by the line. */
async function measured(bytes: Uint8Array, manifest: ModelManifest, { val, threads, log }: BuildRequest): ReturnType<typeof measureModel> {
  const folder = mkdtempSync(join(tmpdir(), 'sortline-trained-'));
  try {
    writeFileSync(join(folder, 'model.onnx'), bytes);
    writeFileSync(join(folder, 'manifest.json'), JSON.stringify(manifest));
    const options = classifyOptions.parse({ model: folder, batch: { size: 8 }, threads: { sessions: 1, intraOp: threads } });
    const classifier = await createOnnxClassifier(options, log);
    try {
      return await measureModel(classifier, val, { batchSize: options.batch.size, onUnreadable: (error) => { throw error; } });
    } finally {
      await classifier.close();
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function thresholdFields(thresholds: Thresholds, target: number): Pick<ModelManifest, 'thresholdByMaterial' | 'purity'> {
  const found = MATERIALS.flatMap((material) => {
    const threshold = thresholds[material]?.threshold;
    return threshold === undefined ? [] : [[material, threshold] as const];
  });
  return {
    thresholdByMaterial: Object.fromEntries(found),
    purity: { target, byMaterial: Object.fromEntries(MATERIALS.map((material) => [material, thresholds[material] ?? null])) },
  };
}

function metricsOf({ n, accuracy, interval, ece, negativeLogLikelihood, perMaterial }: Evaluation): ModelManifest['metrics'] {
  return {
    validationPictures: n, validationAccuracy: accuracy, validationInterval: `${interval[0].toFixed(4)} to ${interval[1].toFixed(4)} (95 %, Wilson)`,
    validationCalibrationError: ece, validationNegativeLogLikelihood: negativeLogLikelihood,
    ...Object.fromEntries(MATERIALS.flatMap((material) => {
      const figures = perMaterial[material];
      return figures === null ? [] : [[`validationRecall/${material}`, figures.recall]];
    })),
    howMeasured: 'as stored, by the line\'s own classifier and preprocessing; the weights were selected on the same pictures',
  };
}
