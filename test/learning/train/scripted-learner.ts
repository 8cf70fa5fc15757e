// A Learner whose weights are one number each for picture and step: what it has seen, in which order, can be told from its state.
import { MATERIALS } from '../../../src/domain/material.ts';
import type { Material } from '../../../src/domain/material.ts';
import type { LabelledPicture } from '../../../src/image/labelled-pictures.ts';
import type { JudgedPart, Learner, StepOutcome, StepPlan, TrainingPictures } from '../../../src/learning/train/learner.ts';
import type { TrainingState } from '../../../src/learning/train/training-session.ts';

export interface ScriptedOptions {
  readonly samples?: number;
  /** Loss of a step; by default it falls. */
  readonly lossOf?: (step: number) => number;
  /** Accuracy of the validation pictures after so many steps, in shares of four. */
  readonly rightOf?: (steps: number) => number;
  /** How sure the answers are after so many steps. */
  readonly sureness?: (steps: number) => number;
  readonly afterStep?: (step: number) => void;
}

const VAL: readonly Material[] = ['glass', 'metal', 'paper', 'plastic'];

export const scriptedPictures: TrainingPictures = {
  train: [], renderings: [],
  val: VAL.map((material, index): LabelledPicture => ({ file: `/${index}.jpg`, name: `${material}/${index}.jpg`, material })),
};

export class ScriptedLearner implements Learner {
  readonly sampleCount: number;
  readonly #options: ScriptedOptions;
  #sum = Float32Array.of(0, 0);
  isClosed = false;

  constructor(options: ScriptedOptions = {}) {
    this.#options = options;
    this.sampleCount = options.samples ?? 10;
  }

  async *steps(plans: readonly StepPlan[]): AsyncGenerator<StepOutcome> {
    for (const plan of plans) {
      const { step, rateByStage } = plan.rates;
      const loss = this.#options.lossOf?.(step) ?? 1 / step;
      // Depends on order, rates and numbers of all samples so far.
      for (const sample of plan.samples) this.#sum[0] = Math.fround(this.#sum[0]! * 0.9 + sample * rateByStage.at(-1)! + plan.epoch);
      this.#sum[1]!++;
      yield { plan, loss, gradientNorm: loss };
      this.#options.afterStep?.(step);
    }
  }

  logits(part: JudgedPart): Promise<Float32Array> {
    const steps = this.#sum[1]!;
    const right = this.#options.rightOf?.(steps) ?? 2, sureness = this.#options.sureness?.(steps) ?? 1;
    return Promise.resolve(Float32Array.from(scriptedPictures[part].flatMap(({ material }, index) =>
      MATERIALS.map((each) => (each === (index < right ? material : 'trash') ? sureness : 0)))));
  }

  state(): TrainingState {
    return { weights: new Map([['sum', this.#sum.slice()]]), averages: new Map(), moments: new Map([['first/sum', Float32Array.of(7)]]) };
  }

  restore({ weights }: TrainingState): void {
    this.#sum = weights.get('sum')!.slice();
  }

  /** Says how many steps its weights have seen. */
  exportModel(): Uint8Array {
    return Buffer.from(String(this.#sum[1]));
  }

  close(): Promise<void> {
    this.isClosed = true;
    return Promise.resolve();
  }
}
