// Measures a model on a list of labelled photographs, prepared as the line prepares them.
// Usage: node scripts/evaluate-model.ts MODEL_FOLDER IMAGES_FOLDER LIST [BATCH]
// LIST has one MATERIAL/FILE a line. Prints one JSON document: accuracy, per material, calibration and time.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { silentLogger } from '../src/base/logger.ts';
import { createOnnxClassifier } from '../src/classify/onnx-classifier.ts';
import { classifyOptions } from '../src/classify/options.ts';
import type { Material } from '../src/domain/material.ts';
import { isMaterial, MATERIALS } from '../src/domain/material.ts';
import { classifyImages } from '../src/vision/classify-images.ts';

const CALIBRATION_BANDS = 10;

interface Verdict {
  readonly truth: number;
  readonly found: number;
  readonly confidence: number;
  readonly truthProbability: number;
  readonly ms: number;
}

const [model, images, list, batch = '4'] = process.argv.slice(2);
if (model === undefined || images === undefined || list === undefined) {
  process.stderr.write('usage: node scripts/evaluate-model.ts MODEL_FOLDER IMAGES_FOLDER LIST [BATCH]\n');
  process.exit(2);
}
const batchSize = Number(batch);
const classifier = await createOnnxClassifier(classifyOptions.parse({ model, batch: { size: batchSize } }), silentLogger);
const names = readFileSync(list, 'utf8').split('\n').map((line) => line.trim()).filter((line) => line !== '' && !line.startsWith('#'));
const verdicts: Verdict[] = [];
const onUnreadable = (error: unknown): never => { throw error; };
const files = names.map((name) => join(images, name));
for await (const { probabilities, ms } of classifyImages(files, { classifier, batchSize, onUnreadable })) {
  const truth = MATERIALS.indexOf(materialOf(names[verdicts.length]!));
  const confidence = Math.max(...probabilities);
  verdicts.push({ truth, found: probabilities.indexOf(confidence), confidence, truthProbability: probabilities[truth]!, ms });
}
process.stdout.write(`${JSON.stringify({
  model: classifier.description.model, sha256: classifier.description.sha256, provider: classifier.description.provider, photographs: verdicts.length,
  accuracy: shareOf(verdicts, ({ truth, found }) => truth === found),
  perMaterial: Object.fromEntries(MATERIALS.map((material, index) => [material, materialFigures(index)])),
  negativeLogLikelihood: rounded(meanOf(verdicts, ({ truthProbability }) => -Math.log(truthProbability))),
  expectedCalibrationError: rounded(calibrationError()),
  batchSize, msPerPhotograph: rounded(meanOf(verdicts, ({ ms }) => ms)),
}, undefined, 2)}\n`);
await classifier.close();

function materialOf(name: string): Material {
  const material = name.split('/')[0];
  if (!isMaterial(material)) throw new Error(`${list}: "${name}" does not begin with a material (${MATERIALS.join(', ')})`);
  return material;
}

function materialFigures(index: number): { count: number; recall: number; precision: number } {
  const ofMaterial = verdicts.filter(({ truth }) => truth === index), saidToBe = verdicts.filter(({ found }) => found === index);
  return { count: ofMaterial.length, recall: shareOf(ofMaterial, ({ found }) => found === index), precision: shareOf(saidToBe, ({ truth }) => truth === index) };
}

/** Mean gap between confidence and accuracy over ten bands of confidence, weighted by their size (Guo et al., 2017). */
function calibrationError(): number {
  let error = 0;
  for (let band = 0; band < CALIBRATION_BANDS; band++) {
    const inBand = verdicts.filter(({ confidence }) => Math.min(CALIBRATION_BANDS - 1, Math.floor(confidence * CALIBRATION_BANDS)) === band);
    if (inBand.length === 0) continue;
    const accuracy = inBand.filter(({ truth, found }) => truth === found).length / inBand.length;
    error += (inBand.length / verdicts.length) * Math.abs(accuracy - meanOf(inBand, ({ confidence }) => confidence));
  }
  return error;
}

function shareOf(some: readonly Verdict[], holds: (verdict: Verdict) => boolean): number {
  return rounded(some.filter(holds).length / some.length);
}

function meanOf(some: readonly Verdict[], value: (verdict: Verdict) => number): number {
  return some.reduce((sum, verdict) => sum + value(verdict), 0) / some.length;
}

function rounded(value: number): number {
  return Math.round(value * 1e4) / 1e4;
}
