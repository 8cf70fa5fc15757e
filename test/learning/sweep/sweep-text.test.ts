import { describe, expect, test } from 'vitest';
import { bestText, progressText, sweepText } from '../../../src/learning/sweep/sweep-text.ts';
import { sweepConfig } from '../../../src/learning/sweep/sweep-config.ts';
import type { Sweep, Trial } from '../../../src/learning/sweep/sweep-store.ts';

const sweep: Sweep = {
  id: '20260101T000000-0001', name: 'recipes', task: {}, state: 'running', reason: undefined, createdAtIso: '2026-01-01T00:00:00.000Z',
  config: sweepConfig.parse({ method: 'random', run_cap: 9, metric: { name: 'val/accuracy', goal: 'maximize', target: 0.99 }, parameters: { learn_rate: { min: 0.001, max: 0.1 }, seed: { value: 1 } } }),
};
const trial = (number: number, rest: Partial<Trial>): Trial => ({
  number, parameters: { learn_rate: 0.01 * (number + 1), seed: 1 }, state: 'finished', value: undefined, reason: undefined,
  attempts: [{ state: 'ended', runId: `run-${number}`, host: 'plant', pid: 1, reports: 3, startedAtIso: '', endedAtIso: '' }], ...rest,
});

describe('a sweep in words', () => {
  const trials = [trial(0, { value: 0.8 }), trial(1, { value: 0.9, state: 'stopped', reason: 'behind the others' }), trial(2, { state: 'failed', reason: 'the loss is not a number' }), trial(3, { state: 'running' }), trial(4, { state: 'waiting' })];

  test('says where it stands and what is best', () => {
    expect(progressText(sweep, trials)).toBe('5 trials of 9: 1 running, 1 finished, 1 stopped early, 1 failed, 1 waiting');
    expect(progressText({ ...sweep, state: 'finished' }, [trial(0, { state: 'waiting' })])).toBe('1 trials of 9: 1 not run');
    expect(bestText(sweep, trials)).toBe('trial 1, val/accuracy 0.9 (learn_rate 0.02)');
    expect(bestText(sweep, [])).toBeUndefined();
  });

  test('lists its trials with what differs between them', () => {
    const lines = sweepText(sweep, trials).split('\n');
    expect(lines.slice(0, 4)).toEqual(['recipes (20260101T000000-0001)', '  random, val/accuracy to be large, until it reaches 0.99', '  running; 5 trials of 9: 1 running, 1 finished, 1 stopped early, 1 failed, 1 waiting', '  best: trial 1, val/accuracy 0.9 (learn_rate 0.02)']);
    expect(lines[5]).toBe('trial  val/accuracy     learn_rate  state                             attempts  run    on');
    expect(lines[7]).toBe('    1           0.9  *        0.02  stopped: behind the others                  run-1  plant');
  });

  test('ranks the hyperparameters once there is enough to tell', () => {
    const many = Array.from({ length: 12 }, (_, number) => trial(number, { value: 0.5 + 0.01 * number }));
    expect(sweepText(sweep, many)).toMatch(/hyperparameter +importance +correlation\nlearn_rate +100 % +1\.00/);
  });
});
