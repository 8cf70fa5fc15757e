// The measurement of `sortline bench --training`: one picture and one round show that it measures what it says.
import { expect, test } from 'vitest';
import { benchTraining } from '../../src/app/bench-training.ts';
import { systemClock } from '../../src/base/clock.ts';

test('reports medians of a forward pass and of a whole step, and their ratio', async () => {
  const told: string[] = [];
  const report = await benchTraining({ architecture: 'resnet18', batchSize: 1, rounds: 1, clock: systemClock, onProgress: (what) => told.push(what) });
  expect(report).toEqual({ architecture: 'resnet18', batchSize: 1, forwardMs: expect.any(Number), stepMs: expect.any(Number), ratio: report.stepMs / report.forwardMs });
  expect(report.stepMs).toBeGreaterThan(report.forwardMs);
  expect(told).toEqual(['warming up', 'warming up', 'round 1 of 1']);
}, 60_000);
