// Fine-tuning: pictures go through the whole network, gradients come back through as much of it as is trained. While a step runs,
// the pictures of the next are prepared elsewhere.
import { MATERIALS } from '../../domain/material.ts';
import type { PictureLoader } from '../augment/picture-loader.ts';
import type { BatchTargets, TargetOptions } from './batch-targets.ts';
import { batchTargets } from './batch-targets.ts';
import type { JudgedPart, Learner, StepOutcome, StepPlan, TrainingPictures } from './learner.ts';
import { pictureBatches, plainPictures } from './plain-batches.ts';
import type { Teacher } from './teacher.ts';
import { blendTaught } from './teacher.ts';
import type { TrainingSession, TrainingState } from './training-session.ts';

export interface FineTuneDeps {
  readonly pictures: TrainingPictures;
  /** Closed with the learner, as are session and teacher. */
  readonly loader: PictureLoader;
  readonly session: TrainingSession;
  readonly teacher: Teacher | undefined;
  readonly targets: TargetOptions;
}

export class FineTuneLearner implements Learner {
  readonly sampleCount: number;
  readonly #deps: FineTuneDeps;

  constructor(deps: FineTuneDeps) {
    this.#deps = deps;
    this.sampleCount = deps.pictures.train.length;
  }

  async *steps(plans: readonly StepPlan[]): AsyncGenerator<StepOutcome> {
    const { loader, pictures } = this.#deps;
    const wanted = plans.map(({ epoch, samples }) => samples.map((index) => ({ file: pictures.train[index]!.file, index, epoch })));
    let at = 0;
    for await (const images of loader.batches(wanted)) yield await this.#step(plans[at++]!, images);
  }

  async logits(part: JudgedPart): Promise<Float32Array> {
    const { pictures, loader, session } = this.#deps;
    const all = pictures[part];
    const logits = new Float32Array(all.length * MATERIALS.length);
    let done = 0;
    for await (const { images, count } of pictureBatches(loader, plainPictures(all, this.#firstIndex(part)))) {
      logits.set(await session.predict(images, count), done * MATERIALS.length);
      done += count;
    }
    return logits;
  }

  state(): TrainingState {
    return this.#deps.session.state();
  }

  restore(state: TrainingState): void {
    this.#deps.session.restore(state);
  }

  exportModel(): Uint8Array {
    return this.#deps.session.exportModel();
  }

  async close(): Promise<void> {
    const { loader, session, teacher } = this.#deps;
    await Promise.all([loader.close(), session.close(), teacher?.close()]);
  }

  async #step(plan: StepPlan, images: Uint8Array): Promise<StepOutcome> {
    const { session, teacher, targets: { hyperparameters } } = this.#deps;
    const { labels, weights, seed, mix } = this.#targets(plan);
    mix(images);
    if (teacher !== undefined) blendTaught(labels, await teacher.probabilities(images, plan.samples.length), hyperparameters.teacher_share);
    const { loss, gradientNorm } = await session.step({ count: plan.samples.length, images, labels, weights, seed }, plan.rates);
    return { plan, loss, gradientNorm };
  }

  #targets({ samples, rates }: StepPlan): BatchTargets {
    const { pictures, targets } = this.#deps;
    return batchTargets(samples.map((index) => pictures.train[index]!.material), rates.step, targets);
  }

  /** Pictures are numbered through, so that each has its own loader process and place in its cache. */
  #firstIndex(part: JudgedPart): number {
    const { train, val } = this.#deps.pictures;
    return train.length + (part === 'val' ? 0 : val.length);
  }
}
