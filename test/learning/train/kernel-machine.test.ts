import { describe, expect, test } from 'vitest';
import { cholesky, solveLower, solveUpper } from '../../../src/base/cholesky.ts';
import { createRandom } from '../../../src/base/random.ts';
import { MATERIALS } from '../../../src/domain/material.ts';
import { epochBatches } from '../../../src/learning/train/epoch-plan.ts';
import { KernelMachine } from '../../../src/learning/train/kernel-machine.ts';
import { labelRows } from '../../../src/learning/train/labels.ts';

const COUNT = 40, RIDGE = 0.05;
const random = createRandom(7);
const points = Array.from({ length: COUNT }, () => [random.gaussian(), random.gaussian()]);
const materials = points.map(([x, y]) => MATERIALS[(x! > 0 ? 3 : 0) + (y! > 0.4 ? 2 : y! > -0.4 ? 1 : 0)]!);
const labels = labelRows(materials, 0);
const weights = Float32Array.from(materials, (_, at) => 0.5 + (at % 3));
const similar = (a: readonly number[], b: readonly number[]): number => Math.exp(-((a[0]! - b[0]!) ** 2 + (a[1]! - b[1]!) ** 2));
const similarities = Float32Array.from(points.flatMap((a) => points.map((b) => similar(a, b))));

function batchOf(samples: readonly number[]): Parameters<KernelMachine['step']>[0] {
  return { samples, labels: Float32Array.from(samples.flatMap((sample) => [...labels.subarray(sample * 6, sample * 6 + 6)])), weights: Float32Array.from(samples, (sample) => weights[sample]!) };
}

function pass(machine: KernelMachine, epoch: number, batchSize = 10): number {
  return epochBatches(COUNT, { seed: 1, epoch, batchSize }).reduce((sum, samples) => sum + machine.step(batchOf(samples)).loss, 0);
}

/** The coefficients in one go: (similarities + ridge / weights)⁻¹ (labels - 1/6), in doubles. */
function exactly(label: number): number[] {
  const lower = cholesky(points.map((a, row) => Float64Array.from(points, (b, column) => similar(a, b) + (row === column ? RIDGE / weights[row]! : 0))));
  return solveUpper(lower, solveLower(lower, Float64Array.from(points, (_, at) => labels[at * 6 + label]! - 1 / 6)));
}

describe('the kernel machine', () => {
  test('comes to the solution of the whole system, batch by batch', () => {
    const machine = new KernelMachine(similarities, COUNT, RIDGE);
    const first = pass(machine, 0);
    let last = first;
    for (let epoch = 1; epoch < 200; epoch++) last = pass(machine, epoch);
    expect(last).toBeLessThan(first / 4);
    const found = machine.coefficients();
    for (const label of MATERIALS.keys()) exactly(label).forEach((value, at) => expect(found[at * 6 + label]).toBeCloseTo(value, 2));
  });

  test('says of the samples what it was told, and nothing of what is unlike them all', () => {
    const machine = new KernelMachine(similarities, COUNT, RIDGE);
    for (let epoch = 0; epoch < 20; epoch++) pass(machine, epoch);
    const said = machine.predict(similarities);
    const right = materials.filter((material, at) => {
      const row = [...said.subarray(at * 6, at * 6 + 6)];
      return MATERIALS[row.indexOf(Math.max(...row))] === material;
    });
    expect(right.length).toBeGreaterThan(0.9 * COUNT);
    expect(machine.predict(new Float32Array(2 * COUNT))).toEqual(new Float32Array(12));
  });

  test('goes on from a state with the same numbers', () => {
    const machine = new KernelMachine(similarities, COUNT, RIDGE), resumed = new KernelMachine(similarities, COUNT, RIDGE);
    pass(machine, 0);
    resumed.restore(machine.state());
    expect(pass(resumed, 1)).toBe(pass(machine, 1));
    expect(resumed.coefficients()).toEqual(machine.coefficients());
  });

  test('refuses the state of other samples', () => {
    const other = new KernelMachine(new Float32Array(9), 3, RIDGE);
    expect(() => other.restore(new KernelMachine(similarities, COUNT, RIDGE).state())).toThrow(expect.objectContaining({ code: 'TRAIN_CHECKPOINT_INVALID' }) as Error);
  });
});
