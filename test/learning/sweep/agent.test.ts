// One agent in virtual time, with trials that do as the test says.
import { describe, expect, test } from 'vitest';
import type { AgentEvent } from '../../../src/learning/sweep/agent.ts';
import { runAgent } from '../../../src/learning/sweep/agent.ts';
import type { TrialResult, TrialRun } from '../../../src/learning/sweep/trial-runner.ts';
import type { SweepRig } from './sweep-rig.ts';
import { sweepRig, taken } from './sweep-rig.ts';

function start(rig: SweepRig, sweep: ReturnType<SweepRig['sweep']>, run: (trial: TrialRun) => Promise<TrialResult>, count?: number): { end: ReturnType<typeof runAgent>; events: AgentEvent[]; leave: () => void } {
  const leaving = new AbortController();
  const events: AgentEvent[] = [];
  const end = runAgent(sweep, { store: rig.machine('agent'), runner: { run }, clock: rig.clock, signal: leaving.signal, onEvent: (event) => events.push(event) }, count);
  return { end, events, leave: () => leaving.abort() };
}

/** Runs until it is told to end. */
const endless = ({ signal }: TrialRun): Promise<TrialResult> => new Promise((resolve) => {
  if (signal.aborted) resolve({ state: 'ended' });
  signal.addEventListener('abort', () => resolve({ state: 'ended' }));
});
const metric = { name: 'm', goal: 'maximize' } as const;
const ticks = async (): Promise<void> => {
  for (let tick = 0; tick < 20; tick++) await Promise.resolve();
};

describe('an agent', () => {
  test('runs trial after trial until the sweep is finished', async () => {
    using rig = sweepRig();
    const sweep = rig.sweep({ run_cap: 3, metric });
    const { end, events } = start(rig, sweep, async ({ number, parameters, onMetrics, onRun }) => {
      onRun(`run-${number}`);
      onMetrics({ loss: 1 });
      onMetrics({ loss: 0.5, m: Number(parameters.learn_rate) });
      return { state: 'finished' };
    });
    expect(await end).toEqual({ trials: 3, reason: 'all 3 trials have run' });
    expect(rig.store.trials(sweep.id).map(({ state, value, parameters, attempts }) => [state, value === parameters.learn_rate, attempts[0]!.runId])).toEqual([0, 1, 2].map((number) => ['finished', true, `run-${number}`]));
    expect(events.map(({ kind }) => kind)).toEqual([0, 1, 2].flatMap(() => ['trial begun', 'metric', 'trial over']));
  });

  test('ends after its count', async () => {
    using rig = sweepRig();
    const { end } = start(rig, rig.sweep({ metric }), async ({ onMetrics }) => {
      onMetrics({ m: 1 });
      return { state: 'finished' };
    }, 2);
    expect(await end).toEqual({ trials: 2, reason: 'it has run its 2 trials' });
  });

  test('hands its trial back when it has to go', async () => {
    using rig = sweepRig();
    const sweep = rig.sweep({ metric });
    const { end, leave } = start(rig, sweep, endless);
    leave();
    expect(await end).toEqual({ trials: 0, reason: 'it was told to end' });
    expect(rig.store.trials(sweep.id)[0]).toMatchObject({ state: 'waiting', attempts: [{ state: 'handed back' }] });
  });

  test('goes on after a trial that failed', async () => {
    using rig = sweepRig();
    const sweep = rig.sweep({ run_cap: 2, metric });
    const { end } = start(rig, sweep, async ({ number, onMetrics }) => {
      onMetrics({ m: 1 });
      return number === 0 ? { state: 'failed', reason: 'the loss is not a number' } : { state: 'finished' };
    });
    await end;
    expect(rig.store.trials(sweep.id).map(({ state, value, reason }) => ({ state, value, reason }))).toEqual([
      { state: 'failed', value: undefined, reason: 'the loss is not a number' }, { state: 'finished', value: 1, reason: undefined },
    ]);
  });

  test('hands back what the runner could not run, and ends with its error', async () => {
    using rig = sweepRig();
    const sweep = rig.sweep({ metric });
    const { end } = start(rig, sweep, () => Promise.reject(new RangeError('no such folder')));
    await expect(end).rejects.toThrow('no such folder');
    expect(rig.store.trials(sweep.id)[0]!.state).toBe('waiting');
  });

  test('says so when the metric is never reported, naming those that are', async () => {
    using rig = sweepRig();
    const sweep = rig.sweep({ metric });
    const { end } = start(rig, sweep, async ({ onMetrics }) => {
      onMetrics({ 'val/accuracy': 1, loss: 2 });
      return { state: 'finished' };
    });
    await expect(end).rejects.toMatchObject({ code: 'SWEEP_METRIC_MISSING', message: expect.stringMatching(/`m`.*`loss`, `val\/accuracy`/) as string });
    expect(rig.store.trials(sweep.id)[0]).toMatchObject({ state: 'failed', reason: 'it never reported the metric' });
  });

  test('stops a trial by hyperband and takes the next', async () => {
    using rig = sweepRig();
    const sweep = rig.sweep({ run_cap: 3, metric, early_terminate: { type: 'hyperband', min_iter: 1, eta: 3 } });
    const { end } = start(rig, sweep, async (trial) => {
      trial.onMetrics({ m: 3 - trial.number });
      return trial.signal.aborted ? { state: 'ended' } : { state: 'finished' };
    });
    await end;
    expect(rig.store.trials(sweep.id).map(({ state, reason }) => `${state} ${reason ?? ''}`)).toEqual(['finished ', 'stopped behind the others at report 1: 2, needed was 3', 'stopped behind the others at report 1: 1, needed was 2']);
  });

  test('ends its trial when the sweep is cancelled, at the next sign of life', async () => {
    using rig = sweepRig();
    const sweep = rig.sweep({ metric });
    const { end } = start(rig, sweep, endless);
    rig.store.change(sweep.id, 'cancelled');
    await rig.clock.advanceMs(15_000);
    expect(await end).toMatchObject({ reason: 'stopped by command' });
    expect(rig.store.trials(sweep.id)[0]).toMatchObject({ state: 'cancelled' });
  });

  test('waits for the last trials of others, and inherits one whose agent dies', async () => {
    using rig = sweepRig();
    const sweep = rig.sweep({ run_cap: 1, metric });
    taken(rig.machine('doomed'), sweep);
    const { end, events } = start(rig, sweep, async ({ onMetrics }) => {
      onMetrics({ m: 1 });
      return { state: 'finished' };
    });
    await ticks();
    expect(events).toEqual([{ kind: 'waiting', why: 'others run' }]);
    await rig.clock.advanceMs(200_000);
    expect(await end).toEqual({ trials: 1, reason: 'all 1 trials have run' });
    expect(events.filter(({ kind }) => kind === 'waiting')).toHaveLength(1);
    expect(rig.store.trials(sweep.id)[0]).toMatchObject({ state: 'finished', attempts: [{ state: 'lost' }, { state: 'ended' }] });
  });

  test('leaves at once while it waits', async () => {
    using rig = sweepRig();
    const sweep = rig.sweep({ metric });
    rig.store.change(sweep.id, 'paused');
    const { end, leave } = start(rig, sweep, endless);
    await ticks();
    leave();
    expect(await end).toEqual({ trials: 0, reason: 'it was told to end' });
  });

  test('that was taken for dead drops its result and goes on with another trial', async () => {
    using rig = sweepRig();
    const sweep = rig.sweep({ run_cap: 2, metric });
    let rescue: (() => void) | undefined;
    const { end, events } = start(rig, sweep, async ({ number, onMetrics }) => {
      if (number === 0) await new Promise<void>((resolve) => (rescue = resolve));
      onMetrics({ m: 1 });
      return { state: 'finished' };
    });
    await ticks();
    // As if its process had been frozen: time passes for the others only.
    const frozen = rig.store.trials(sweep.id)[0]!.attempts[0]!;
    expect(frozen.state).toBe('running');
    const later = rig.machine('later');
    rig.clock.wallMs = ((wallMs) => () => wallMs() + 600_000)(rig.clock.wallMs.bind(rig.clock));
    const heir = taken(later, sweep);
    later.report(heir.attempt, 5);
    later.settle(heir.attempt, { state: 'finished' });
    rescue!();
    expect(await end).toMatchObject({ trials: 2 });
    expect(events.flatMap((event) => (event.kind === 'trial over' ? [event.outcome.state] : []))).toEqual(['lost', 'finished']);
    expect(rig.store.trials(sweep.id).map(({ value }) => value)).toEqual([5, 1]);
  });
});
