// Several real agents on one sweep, one of them killed in the middle of a trial.
import type { ChildProcess } from 'node:child_process';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { systemClock } from '../../../src/base/clock.ts';
import { openSweepStore } from '../../../src/learning/sweep/open-sweep-store.ts';
import { suggestTrial } from '../../../src/learning/sweep/suggest-trial.ts';
import { sweepConfig } from '../../../src/learning/sweep/sweep-config.ts';
import { scratchFolder } from '../store/store-rig.ts';

const TRIALS = 20;
const parameters = {
  learn_rate: { distribution: 'log_uniform_values', min: 0.001, max: 1 }, weight_decay: { min: 0.0001, max: 0.1 }, epoch_qty: { values: [5, 10, 20] },
};

/** Three agents on one sweep; whichever begins trial `fatal` is killed in it. None trains before all three have begun. */
async function runSweep(method: 'random' | 'bayes' | 'grid', fatal: number): Promise<void> {
  const folder = scratchFolder('agents');
  const store = openSweepStore(folder, { clock: systemClock });
  const agents: ChildProcess[] = [];
  try {
    const config = sweepConfig.parse({
      method, metric: { name: 'val/loss' }, run_cap: TRIALS,
      parameters: method === 'grid' ? { learn_rate: { values: [0.001, 0.01, 0.1, 0.3, 1] }, epoch_qty: { values: [5, 10, 15, 20] }, weight_decay: { value: 0 } } : parameters,
    });
    const sweep = store.create({ name: 'many hands', config, task: {} });
    agents.push(...[1, 2, 3].map(() => fork(new URL('child-agent.ts', import.meta.url), [folder, sweep.id], { execArgv: [] })));
    let doomed: ChildProcess | undefined;
    const begun = new Set<ChildProcess>();
    for (const agent of agents) {
      agent.on('message', (message: { begun?: number }) => {
        if (message.begun === undefined) return;
        if (message.begun === fatal && doomed === undefined) {
          doomed = agent;
          agent.kill('SIGKILL');
        } else if (begun.size < agents.length) {
          begun.add(agent);
          if (begun.size === agents.length) for (const each of agents) each.send('train');
        } else {
          agent.send('train');
        }
      });
    }
    const exits = await Promise.all(agents.map(async (agent) => (await once(agent, 'exit')) as [number | null, string | null]));
    expect(exits).toEqual(agents.map((agent) => (agent === doomed ? [null, 'SIGKILL'] : [0, null])));
    expect(doomed).toBeDefined();

    const trials = store.trials(sweep.id);
    expect(trials.map(({ number }) => number)).toEqual(Array.from({ length: TRIALS }, (_, number) => number));
    expect(trials.filter(({ state, value }) => state !== 'finished' || value === undefined)).toEqual([]);
    for (const { number, attempts } of trials) {
      expect(attempts.map(({ state }) => state)).toEqual(number === fatal ? ['lost', 'ended'] : ['ended']);
    }
    expect(trials[fatal]!.attempts.map(({ pid }) => pid === doomed!.pid)).toEqual([true, false]);
    if (method !== 'bayes') expect(trials.map((trial) => trial.parameters)).toEqual(trials.map(({ number }) => suggestTrial(config, number, [])));
    expect(new Set(trials.map((trial) => JSON.stringify(trial.parameters))).size).toBe(TRIALS);
    expect(store.sweep(sweep.id)).toMatchObject({ state: 'finished' });
  } finally {
    for (const agent of agents) agent.kill('SIGKILL');
    store.close();
    rmSync(folder, { recursive: true });
  }
}

describe('a sweep of 20 trials with 3 agents, one killed -9: 20 results, none twice', () => {
  test.each([['random', 7], ['random', TRIALS - 1], ['bayes', 11], ['grid', 4]] as const)('%s, in trial %i', async (method, fatal) => {
    await runSweep(method, fatal);
  }, 60_000);
});
