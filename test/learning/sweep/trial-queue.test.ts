// Who gets which trial, what becomes of it, and what a dead or deposed agent can no longer do.
import { describe, expect, test } from 'vitest';
import { suggestTrial } from '../../../src/learning/sweep/suggest-trial.ts';
import { MOST_ATTEMPTS } from '../../../src/learning/sweep/trial-queue.ts';
import { sweepRig, taken } from './sweep-rig.ts';

/** Longer than any living agent is silent. */
const SILENCE_MS = 10 * 60_000;

describe('trials', () => {
  test('are handed out once each, up to the cap, and then the sweep is finished', () => {
    using rig = sweepRig();
    const sweep = rig.sweep({ run_cap: 3 });
    const [a, b] = [rig.machine('a'), rig.machine('b')];
    const first = taken(a, sweep), second = taken(b, sweep), third = taken(a, sweep);
    expect([first, second, third].map(({ number }) => number)).toEqual([0, 1, 2]);
    expect(second.parameters).toEqual(suggestTrial(sweep.config, 1, []));
    expect(b.take(sweep.id)).toEqual({ kind: 'wait', why: 'others run' });
    for (const trial of [first, second, third]) expect(a.settle(trial.attempt, { state: 'finished' })).toBe(true);
    expect(b.take(sweep.id)).toEqual({ kind: 'done', reason: 'all 3 trials have run' });
    expect(rig.store.sweep(sweep.id)).toMatchObject({ state: 'finished', reason: 'all 3 trials have run' });
    expect(a.take(sweep.id)).toEqual({ kind: 'done', reason: 'all 3 trials have run' });
  });

  test('of a grid end with the last combination', () => {
    using rig = sweepRig();
    const sweep = rig.sweep({ method: 'grid', parameters: { batch_size: { values: [8, 16] }, optimiser: { values: ['adamw', 'sgd'] } } });
    const told = [0, 1, 2, 3].map(() => {
      const trial = taken(rig.store, sweep);
      rig.store.settle(trial.attempt, { state: 'finished' });
      return `${String(trial.parameters.batch_size)} ${String(trial.parameters.optimiser)}`;
    });
    expect(told).toEqual(['8 adamw', '8 sgd', '16 adamw', '16 sgd'].toSorted((x, y) => told.indexOf(x) - told.indexOf(y)));
    expect(new Set(told).size).toBe(4);
    expect(rig.store.take(sweep.id)).toEqual({ kind: 'done', reason: 'every combination was tried' });
  });

  test('keep their best report as the result, by the goal', () => {
    using rig = sweepRig();
    const best = (goal: string): number | undefined => {
      const sweep = rig.sweep({ metric: { name: 'm', goal } });
      const trial = taken(rig.store, sweep);
      for (const value of [0.5, Number.NaN, 0.9, 0.7]) rig.store.report(trial.attempt, value);
      expect(rig.store.trials(sweep.id)[0]).toMatchObject({ state: 'running', attempts: [{ reports: 4 }] });
      const during = rig.store.trials(sweep.id)[0]!.value;
      rig.store.settle(trial.attempt, { state: 'finished' });
      expect(rig.store.trials(sweep.id)[0]!.value).toBe(during);
      return during;
    };
    expect([best('maximize'), best('minimize')]).toEqual([0.9, 0.5]);
  });

  test('name the run that they are', () => {
    using rig = sweepRig();
    const sweep = rig.sweep({});
    const trial = taken(rig.store, sweep);
    rig.store.nameRun(trial.attempt, '20260101T000000-0001');
    expect(rig.store.trials(sweep.id)[0]!.attempts[0]).toMatchObject({ runId: '20260101T000000-0001', host: 'here', pid: process.pid });
    rig.store.handBack(trial.attempt);
    expect(taken(rig.store, sweep)).toMatchObject({ number: 0, formerRunIds: ['20260101T000000-0001'] });
  });
});

describe('a dead agent', () => {
  test('loses its trial to the next that asks, and can no longer write', async () => {
    using rig = sweepRig();
    const sweep = rig.sweep({ run_cap: 1 });
    const [dead, heir] = [rig.machine('dead'), rig.machine('heir')];
    const lost = taken(dead, sweep);
    dead.report(lost.attempt, 0.1);
    await rig.clock.advanceMs(SILENCE_MS);
    const inherited = taken(heir, sweep);
    expect(inherited).toMatchObject({ number: 0, parameters: lost.parameters, attemptOrdinal: 2 });
    expect(dead.report(lost.attempt, 99)).toEqual({ kind: 'lost' });
    expect(dead.beat(lost.attempt)).toEqual({ kind: 'lost' });
    dead.handBack(lost.attempt);
    expect(dead.settle(lost.attempt, { state: 'finished' })).toBe(false);
    heir.report(inherited.attempt, 0.2);
    expect(heir.settle(inherited.attempt, { state: 'finished' })).toBe(true);
    const [trial] = rig.store.trials(sweep.id);
    expect(trial).toMatchObject({ state: 'finished', value: 0.2, attempts: [{ state: 'lost', host: 'dead', reports: 1 }, { state: 'ended', host: 'heir', reports: 1 }] });
  });

  test('is not one that only has a long step, as long as it gives signs of life', async () => {
    using rig = sweepRig();
    const sweep = rig.sweep({ run_cap: 1 });
    const trial = taken(rig.machine('slow'), sweep);
    for (let minute = 0; minute < 30; minute++) {
      await rig.clock.advanceMs(60_000);
      expect(rig.store.beat(trial.attempt)).toEqual({ kind: 'go on' });
      expect(rig.machine('other').take(sweep.id)).toEqual({ kind: 'wait', why: 'others run' });
    }
  });

  test('after dead agent: the trial is given up, because it may be what kills them', async () => {
    using rig = sweepRig();
    const sweep = rig.sweep({ run_cap: 1 });
    for (let attempt = 1; attempt <= MOST_ATTEMPTS; attempt++) {
      expect(taken(rig.machine(`m${attempt}`), sweep).attemptOrdinal).toBe(attempt);
      await rig.clock.advanceMs(SILENCE_MS);
    }
    expect(rig.store.take(sweep.id).kind).toBe('done');
    expect(rig.store.trials(sweep.id)[0]).toMatchObject({ state: 'failed', reason: '3 processes died while they ran it' });
  });
});

describe('a trial handed back', () => {
  test('is begun anew by the next, before new trials', () => {
    using rig = sweepRig();
    const sweep = rig.sweep({});
    const [first, second] = [taken(rig.store, sweep), taken(rig.store, sweep)];
    rig.store.handBack(first.attempt);
    expect(rig.store.trials(sweep.id)[0]).toMatchObject({ state: 'waiting', attempts: [{ state: 'handed back' }] });
    expect(taken(rig.store, sweep)).toMatchObject({ number: 0, attemptOrdinal: 2 });
    expect(taken(rig.store, sweep).number).toBe(second.number + 1);
  });
});

describe('a sweep', () => {
  test('that is paused begins nothing until it is resumed', () => {
    using rig = sweepRig();
    const sweep = rig.sweep({});
    rig.store.change(sweep.id, 'paused');
    expect(rig.store.take(sweep.id)).toEqual({ kind: 'wait', why: 'paused' });
    rig.store.change(sweep.id, 'running');
    expect(taken(rig.store, sweep).number).toBe(0);
  });

  test('that is stopped lets what runs come to its end', () => {
    using rig = sweepRig();
    const sweep = rig.sweep({});
    const trial = taken(rig.store, sweep);
    rig.store.change(sweep.id, 'stopping');
    expect(rig.store.take(sweep.id)).toEqual({ kind: 'wait', why: 'others run' });
    expect(rig.store.report(trial.attempt, 1)).toEqual({ kind: 'go on' });
    rig.store.settle(trial.attempt, { state: 'finished' });
    expect(rig.store.take(sweep.id)).toEqual({ kind: 'done', reason: 'stopped by command' });
    expect(() => rig.store.change(sweep.id, 'running')).toThrow(expect.objectContaining({ code: 'SWEEP_REFUSED' }));
  });

  test('that is stopped while nobody runs it is finished at once', () => {
    using rig = sweepRig();
    const sweep = rig.sweep({});
    rig.store.handBack(taken(rig.store, sweep).attempt);
    expect(rig.store.change(sweep.id, 'stopping')).toMatchObject({ state: 'finished', reason: 'stopped by command' });
  });

  test('that is cancelled ends what runs', () => {
    using rig = sweepRig();
    const sweep = rig.sweep({});
    const trial = taken(rig.store, sweep);
    rig.store.change(sweep.id, 'cancelled');
    expect(rig.store.beat(trial.attempt)).toEqual({ kind: 'cancelled' });
    expect(rig.store.report(trial.attempt, 1)).toEqual({ kind: 'cancelled' });
    rig.store.settle(trial.attempt, { state: 'cancelled' });
    expect(rig.store.take(sweep.id).kind).toBe('done');
  });

  test('whose target is reached begins nothing new; the others run on', () => {
    using rig = sweepRig();
    const sweep = rig.sweep({ metric: { name: 'm', goal: 'maximize', target: 0.9 } });
    const [a, b] = [taken(rig.store, sweep), taken(rig.store, sweep)];
    rig.store.report(a.attempt, 0.89);
    expect(rig.store.sweep(sweep.id).state).toBe('running');
    expect(rig.store.report(a.attempt, 0.9)).toEqual({ kind: 'go on' });
    rig.store.settle(a.attempt, { state: 'finished' });
    expect(rig.store.take(sweep.id)).toEqual({ kind: 'wait', why: 'others run' });
    rig.store.settle(b.attempt, { state: 'finished' });
    expect(rig.store.take(sweep.id)).toEqual({ kind: 'done', reason: 'the target was reached' });
  });

  test('with hyperband stops a trial that is behind, once it comes to the bracket', () => {
    using rig = sweepRig();
    const sweep = rig.sweep({ metric: { name: 'm', goal: 'maximize' }, early_terminate: { type: 'hyperband', min_iter: 2, eta: 2 } });
    const [good, bad] = [taken(rig.store, sweep), taken(rig.store, sweep)];
    for (const value of [0.5, 0.6]) expect(rig.store.report(good.attempt, value)).toEqual({ kind: 'go on' });
    rig.store.settle(good.attempt, { state: 'finished' });
    expect(rig.store.report(bad.attempt, 0.1)).toEqual({ kind: 'go on' });
    // Of two, the best half is the better one: W&B's threshold is the value at place ⌊2/2⌋, counted from 0.
    expect(rig.store.report(bad.attempt, 0.05)).toEqual({ kind: 'go on' });
    const third = taken(rig.store, sweep);
    rig.store.report(third.attempt, 0.02);
    expect(rig.store.report(third.attempt, 0.03)).toEqual({ kind: 'stop', judgement: { bracket: 2, value: 0.03, threshold: 0.05 } });
  });

  test('is found by id, by the beginning of its id and by name; what is not there is named beside what is', async () => {
    using rig = sweepRig();
    const sweep = rig.sweep({});
    expect(rig.store.sweep(sweep.id)).toEqual(sweep);
    expect(rig.store.sweep('2026').id).toBe(sweep.id);
    expect(rig.store.sweep('test').id).toBe(sweep.id);
    expect(() => rig.store.sweep('nothing')).toThrow(expect.objectContaining({ code: 'SWEEP_NOT_FOUND', message: expect.stringContaining(sweep.id) as string }));
    await rig.clock.advanceMs(1000);
    rig.sweep({});
    expect(() => rig.store.sweep('2026')).toThrow(/several sweeps/);
  });
});
