// A learning store as months of work leave it, drawn from a seed: data set, training runs of different settings, an
// evaluation, a failed run. For tests of pages that show all of it.
import { createRandom } from '../../../src/base/random.ts';
import type { Random } from '../../../src/base/random.ts';
import type { Material } from '../../../src/domain/material.ts';
import { MATERIALS } from '../../../src/domain/material.ts';
import { encodeJpeg } from '../../../src/image/decode.ts';
import { cv } from '../../../src/image/opencv.ts';
import { confidentMistakes } from '../../../src/learning/evaluate/evaluate-verdicts.ts';
import type { Verdict } from '../../../src/learning/evaluate/evaluation.ts';
import { keepEvaluation } from '../../../src/learning/evaluate/kept-evaluation.ts';
import type { Artifact, LearningStore } from '../../../src/learning/store/learning-store.ts';
import { plainPicture } from '../../image/plain-picture.ts';

export interface DrawnRun {
  readonly name: string;
  readonly settings: Readonly<Record<string, unknown>>;
  /** Share of the pictures that are recognised in the end. */
  readonly skill: number;
  readonly epochs?: number;
  readonly sweepId?: string;
}

/** Pictures of each material, as in TrashNet's validation list. */
const PICTURES: Readonly<Record<Material, number>> = { cardboard: 46, glass: 65, metal: 56, paper: 83, plastic: 61, trash: 17 };

export async function drawnDataSet(store: LearningStore): Promise<Artifact> {
  const recorder = store.startRun({ kind: 'import', name: 'import-trashnet', config: { folder: 'photographs' } });
  const artifact = await store.addArtifact({ type: 'split_data', name: 'trashnet-val', files: MATERIALS.map((material) => ({ path: `${material}/0.jpg`, content: Buffer.from(`a picture of ${material}`) })), runId: recorder.id });
  recorder.end('finished');
  return artifact;
}

/** A finished training run with curves, verdicts, pictures of mistakes and a model. */
export async function drawnTraining(store: LearningStore, data: Artifact, drawn: DrawnRun, seed: number): Promise<string> {
  const random = createRandom(seed), epochs = drawn.epochs ?? 20;
  const recorder = store.startRun({ kind: 'train', name: drawn.name, config: drawn.settings, ...(drawn.sweepId !== undefined && { sweepId: drawn.sweepId }) });
  recorder.use(data);
  for (let epoch = 1; epoch <= epochs; epoch++) {
    const progress = 1 - Math.exp(-3.2 * (epoch / epochs)) * (0.8 + 0.2 * random.next());
    const accuracy = 0.2 + (drawn.skill - 0.2) * progress;
    recorder.log({ step: epoch * 55, epoch }, {
      'loss': 1.8 * Math.exp(-2.4 * (epoch / epochs)) + 0.12 + 0.05 * random.next(), 'val/accuracy': accuracy, 'val/loss': 1.5 * (1 - progress) + 0.25 + 0.04 * random.next(),
      'learn_rate': 0.001 * 0.5 * (1 + Math.cos(Math.PI * (epoch / epochs))), 'images_per_second': 118 + 8 * random.gaussian(),
      ...Object.fromEntries(MATERIALS.map((material, index) => [`val/accuracy/${material}`, Math.min(1, accuracy * (1.06 - 0.03 * index) + 0.015 * random.gaussian())])),
    });
  }
  const verdicts = drawnVerdicts(random, drawn.skill);
  keepEvaluation(recorder, { verdicts, msPerImage: 8.9 }, confidentMistakes(verdicts).slice(0, 24).map(({ file }) => ({ file, jpeg: drawnPicture(random) })));
  await store.addArtifact({ type: 'model', name: 'sorter', files: [{ path: 'model.onnx', content: Buffer.from(`weights ${seed}`) }], aliases: [`seed-${seed}`], runId: recorder.id });
  recorder.end('finished');
  return recorder.id;
}

export function drawnVerdicts(random: Random, skill: number): Verdict[] {
  return MATERIALS.flatMap((actual) => Array.from({ length: PICTURES[actual] }, (_, index) => {
    const isRight = random.next() < skill - (actual === 'plastic' ? 0.1 : 0) + (actual === 'paper' ? 0.04 : 0);
    const said = isRight ? actual : actual === 'plastic' && random.next() < 0.7 ? 'glass' : random.pick(MATERIALS.filter((other) => other !== actual));
    const confidence = isRight ? 1 - 0.45 * random.next() ** 3 : 0.35 + 0.6 * random.next() ** 1.5;
    return { file: `${actual}/${actual}${index}.jpg`, actual, probabilities: MATERIALS.map((material) => (material === said ? confidence : (1 - confidence) / 5)) };
  }));
}

function drawnPicture(random: Random): Buffer {
  const colour = (): number[] => [random.integer(40, 230), random.integer(40, 230), random.integer(40, 230)];
  const image = plainPicture({ width: 240, height: 180 }, [225, 228, 230]);
  image.drawEllipse(new cv.Point2(120, 90), new cv.Size(random.integer(30, 80), random.integer(25, 60)), random.integer(0, 90), 0, 360, new cv.Vec3(...(colour() as [number, number, number])), -1);
  const jpeg = encodeJpeg(image, 70);
  image.release();
  return jpeg;
}
