// Kernel ridge regression on the labels: of the functions made of similarities to the samples, the smooth one that comes nearest to
// what is known of each (Hastie et al., The Elements of Statistical Learning, 5.8). Solved a batch of samples at a time, exactly for
// the batch, all others as they are; that converges in a dozen passes (block coordinate descent: Tu et al., 2016), and what it has
// come to after fewer is smoother still.
import { cholesky, solveLower, solveUpper } from '../../base/cholesky.ts';
import { SortlineError } from '../../base/errors.ts';
import { MATERIALS } from '../../domain/material.ts';
import type { TrainingState } from './training-session.ts';

const CLASSES = MATERIALS.length;

export interface KernelBatch {
  /** Numbers of samples, none twice. */
  readonly samples: readonly number[];
  /** (samples, materials) float32: a distribution each. */
  readonly labels: Float32Array;
  /** (samples) float32: how much each counts. */
  readonly weights: Float32Array;
}

export class KernelMachine {
  readonly #similarities: Float32Array;
  readonly #count: number;
  readonly #ridge: number;
  /** (samples, materials) */
  readonly #coefficients: Float32Array;
  /** (samples, materials): what the function says of each sample, similarities · coefficients. */
  readonly #said: Float32Array;

  /** `similarities`: (count, count) float32, symmetric, kept. `ridge`: how far a sample's value may be missed for smoothness, above 0. */
  constructor(similarities: Float32Array, count: number, ridge: number) {
    this.#similarities = similarities;
    this.#count = count;
    this.#ridge = ridge;
    this.#coefficients = new Float32Array(count * CLASSES);
    this.#said = new Float32Array(count * CLASSES);
  }

  /** Half the weighted mean square that the batch was missed by before the step, and the norm of what was left to mend in it. */
  step({ samples, labels, weights }: KernelBatch): { loss: number; gradientNorm: number } {
    const count = samples.length;
    let squares = 0, mends = 0;
    const lower = cholesky(samples.map((sample, row) => Float64Array.from({ length: row + 1 }, (_, column) => this.#similarity(sample, samples[column]!) + (row === column ? this.#ridge / weights[row]! : 0))));
    const changes = MATERIALS.map((_, label) => {
      const residual = Float64Array.from(samples, (sample, row) => {
        // What is said of a thing unlike all known ones is nothing: the same for each material.
        const missed = labels[row * CLASSES + label]! - 1 / CLASSES - this.#said[sample * CLASSES + label]!;
        squares += weights[row]! * missed * missed;
        return missed - (this.#ridge / weights[row]!) * this.#coefficients[sample * CLASSES + label]!;
      });
      mends += residual.reduce((sum, value) => sum + value * value, 0);
      return solveUpper(lower, solveLower(lower, residual));
    });
    for (const [row, sample] of samples.entries()) this.#change(sample, changes.map((change) => change[row]!));
    return { loss: squares / (2 * count), gradientNorm: Math.sqrt(mends) };
  }

  /** (rows, materials) of `similarities` (rows, samples). */
  predict(similarities: Float32Array): Float32Array {
    const rows = similarities.length / this.#count;
    const said = new Float32Array(rows * CLASSES);
    const sums = new Float64Array(CLASSES);
    for (let row = 0; row < rows; row++) {
      sums.fill(0);
      for (let sample = 0; sample < this.#count; sample++) {
        const similarity = similarities[row * this.#count + sample]!;
        for (let label = 0; label < CLASSES; label++) sums[label]! += similarity * this.#coefficients[sample * CLASSES + label]!;
      }
      said.set(sums, row * CLASSES);
    }
    return said;
  }

  /** (samples, materials), a copy. */
  coefficients(): Float32Array {
    return this.#coefficients.slice();
  }

  /** A copy. */
  state(): TrainingState {
    return { weights: new Map([['coefficients', this.#coefficients.slice()]]), averages: new Map(), moments: new Map([['said', this.#said.slice()]]) };
  }

  /** Throws TRAIN_CHECKPOINT_INVALID where the state is of other samples. */
  restore(state: TrainingState): void {
    for (const [source, target] of [[state.weights.get('coefficients'), this.#coefficients], [state.moments.get('said'), this.#said]] as const) {
      if (source?.length !== target.length) throw new SortlineError('TRAIN_CHECKPOINT_INVALID', `the checkpoint holds ${source?.length ?? 0} values of the kernel classifier, expected ${target.length}: it belongs to other pictures`);
      target.set(source);
    }
  }

  #similarity(a: number, b: number): number {
    return this.#similarities[a * this.#count + b]!;
  }

  #change(sample: number, changes: readonly number[]): void {
    for (const [label, change] of changes.entries()) this.#coefficients[sample * CLASSES + label]! += change;
    const start = sample * this.#count;
    for (let other = 0, at = 0; other < this.#count; other++) {
      const similarity = this.#similarities[start + other]!;
      for (let label = 0; label < CLASSES; label++, at++) this.#said[at]! += similarity * changes[label]!;
    }
  }
}
