// Whatever agents do and in whatever order they die: every trial ends in one result, and never do two agents hold the same.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { HeldTrial, SweepStore } from '../../../src/learning/sweep/sweep-store.ts';
import { sweepRig } from './sweep-rig.ts';

const AGENTS = 3, TRIALS = 6;
const action = fc.record({ agent: fc.nat(AGENTS - 1), does: fc.constantFrom('take', 'report', 'finish', 'fail', 'hand back', 'die', 'time passes') });

test('any interleaving', async () => {
  await fc.assert(fc.asyncProperty(fc.array(action, { maxLength: 60 }), async (actions) => {
    using rig = sweepRig();
    const sweep = rig.sweep({ run_cap: TRIALS });
    let lives = 0;
    const agents: { store: SweepStore; held: HeldTrial | undefined }[] = Array.from({ length: AGENTS }, () => ({ store: rig.machine(`m${lives++}`), held: undefined }));
    const settled = new Map<number, number>();
    const beatAll = (): void => agents.forEach((agent) => agent.held !== undefined && agent.store.beat(agent.held.attempt));
    const passTime = async (): Promise<void> => {
      for (let step = 0; step < 12; step++) {
        await rig.clock.advanceMs(15_000);
        beatAll();
      }
    };
    const act = async (agent: (typeof agents)[number], does: string): Promise<void> => {
      if (does === 'time passes') await passTime();
      if (does === 'die') {
        agent.store = rig.machine(`m${lives++}`);
        agent.held = undefined;
      }
      if (does === 'take' && agent.held === undefined) {
        const next = agent.store.take(sweep.id);
        if (next.kind === 'trial') agent.held = next.trial;
      }
      if (agent.held === undefined) return;
      if (does === 'report') agent.store.report(agent.held.attempt, 0.5);
      if (does === 'hand back') agent.store.handBack(agent.held.attempt);
      if (does === 'finish' || does === 'fail') {
        const state = does === 'finish' ? 'finished' as const : 'failed' as const;
        if (agent.store.settle(agent.held.attempt, { state })) settled.set(agent.held.number, (settled.get(agent.held.number) ?? 0) + 1);
      }
      if (['finish', 'fail', 'hand back'].includes(does)) agent.held = undefined;
    };
    const holdEachOnce = (): void => {
      const held = agents.flatMap((agent) => agent.held?.number ?? []);
      expect(new Set(held).size).toBe(held.length);
    };

    for (const { agent, does } of actions) {
      await act(agents[agent]!, does);
      holdEachOnce();
    }
    // The living bring it to its end; trials of the dead come free when their silence is long enough.
    for (let round = 0; round < 3 * TRIALS && rig.store.sweep(sweep.id).state !== 'finished'; round++) {
      for (const agent of agents) {
        await act(agent, 'take');
        holdEachOnce();
        await act(agent, 'finish');
      }
      await passTime();
    }
    const trials = rig.store.trials(sweep.id);
    expect(trials.map(({ number }) => number)).toEqual(Array.from({ length: TRIALS }, (_, number) => number));
    for (const trial of trials) {
      const gaveUp = trial.reason?.includes('died') === true;
      expect(['finished', 'failed']).toContain(trial.state);
      expect(settled.get(trial.number) ?? 0).toBe(gaveUp ? 0 : 1);
      expect(trial.attempts.filter(({ state }) => state === 'ended')).toHaveLength(gaveUp ? 0 : 1);
      expect(trial.attempts.some(({ state }) => state === 'running')).toBe(false);
    }
  }), { numRuns: 40 });
}, 30_000);
