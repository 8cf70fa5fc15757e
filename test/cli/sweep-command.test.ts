// `sortline sweep` with real agents, those that end in the middle in processes of their own, and real trainings of a tiny network on
// tiny pictures.
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { writeTinyInputs } from '../learning/sweep/tiny-backbone.ts';
import type { StoreRig } from '../learning/store/store-rig.ts';
import { storeRig } from '../learning/store/store-rig.ts';
import type { Ran } from './command-line.ts';
import { sortline } from './command-line.ts';
import { sortlineHere } from './in-process.ts';

// Many processes a test, on a machine that has other things to do as well.
vi.setConfig({ testTimeout: 120_000 });

const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));
const SWEEP = `
name: tiny
method: random
metric: { name: val/accuracy, goal: maximize }
parameters:
  learn_rate: { distribution: log_uniform_values, min: 0.001, max: 0.1 }
  epoch_qty: { values: [1, 2] }
  copies: { value: 1 }
`;

interface Shown {
  readonly id: string;
  readonly state: string;
  readonly reason?: string;
  readonly config: { readonly run_cap: number };
  readonly best: { readonly value: number } | null;
  readonly trials: readonly { readonly number: number; readonly state: string; readonly value: number; readonly attempts: readonly { readonly state: string; readonly pid: number; readonly runId: string }[] }[];
}

let rig: StoreRig;
let inputs: ReturnType<typeof writeTinyInputs>;
beforeAll(() => {
  rig = storeRig();
  inputs = writeTinyInputs(rig.folder, 4);
});
afterAll(() => rig[Symbol.dispose]());
beforeEach(() => writeFileSync(join(rig.folder, 'sweep.yaml'), SWEEP));

const store = (): string[] => ['--store', rig.store.folder];
const sweep = (...argv: string[]): Promise<Ran> => sortlineHere(['sweep', ...argv, ...store()], { cwd: rig.folder });
const begin = async (...argv: string[]): Promise<string> => {
  const begun = await sweep('sweep.yaml', '--no-agent', '--data', inputs.pictures, '--backbone', inputs.backbone, ...argv);
  expect(begun.stderr).not.toContain('error');
  return begun.stdout.trim();
};
const shown = async (id: string): Promise<Shown> => JSON.parse((await sweep('show', id, '--json')).stdout) as Shown;

/** An agent, and what it has said so far. */
function agent(id: string, onSaid: (said: string, agent: ChildProcess) => void = () => undefined): ChildProcess {
  const child = spawn(process.execPath, [MAIN, 'sweep', 'agent', id, '--threads', '1', ...store()], { cwd: rig.folder, stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => onSaid(said += chunk.toString(), child));
  return child;
}

describe('sortline sweep', () => {
  it('runs the trials of a file and shows what came out', async () => {
    const ran = await sortline(['sweep', 'sweep.yaml', '--count', '2', '--threads', '1', '--json', '--data', inputs.pictures, '--backbone', inputs.backbone, ...store()], { cwd: rig.folder });
    expect(ran.exitCode, ran.stderr).toBe(0);
    const result = JSON.parse(ran.stdout) as Shown;
    expect(result).toMatchObject({ state: 'finished', reason: 'all 2 trials have run', config: { run_cap: 2 } });
    expect(result.trials.map(({ state }) => state)).toEqual(['finished', 'finished']);
    expect(result.best!.value).toBe(Math.max(...result.trials.map(({ value }) => value)));
    for (const trial of result.trials) {
      const run = rig.store.run(trial.attempts[0]!.runId);
      expect(run).toMatchObject({ kind: 'train', state: 'finished', name: 'tiny', sweepId: result.id });
      expect(Math.max(...rig.store.metric(run.id, 'val/accuracy').map(({ value }) => value))).toBe(trial.value);
    }
    expect((await sweep('show', 'tiny')).stdout).toMatch(/finished: all 2 trials have run; 2 trials of 2: 2 finished\n {2}best: trial \d/);
    expect((await sweep('list')).stdout).toMatch(new RegExp(`${result.id}  tiny  random  finished`));
  });

  it('loses no trial and does none twice when an agent is killed -9', async () => {
    const id = await begin('--count', '3');
    const doomed = agent(id, (said, child) => void (/trial \d+:/.test(said) && child.kill('SIGKILL')));
    const [, signal] = (await once(doomed, 'exit')) as [number | null, string | null];
    expect(signal).toBe('SIGKILL');
    const exits = await Promise.all([agent(id), agent(id)].map(async (each) => ((await once(each, 'exit')) as [number | null])[0]));
    expect(exits).toEqual([0, 0]);
    const { state, trials } = await shown(id);
    expect(state).toBe('finished');
    expect(trials.map(({ number, state: how }) => `${number} ${how}`)).toEqual(['0 finished', '1 finished', '2 finished']);
    expect(trials.map(({ attempts }) => attempts.map((attempt) => `${attempt.state}${attempt.pid === doomed.pid ? ' by the doomed' : ''}`))).toEqual([['lost by the doomed', 'ended'], ['ended'], ['ended']]);
    expect(rig.store.runs({ sweepId: id }).filter((run) => run.state === 'finished')).toHaveLength(3);
  });

  it('hands the trial back on Ctrl-C', async () => {
    const id = await begin('--count', '1');
    const interrupted = agent(id, (said, child) => void (/trial \d+:/.test(said) && child.kill('SIGINT')));
    expect(await once(interrupted, 'exit')).toEqual([0, null]);
    expect((await shown(id)).trials).toMatchObject([{ state: 'waiting', attempts: [{ state: 'handed back' }] }]);
    expect((await sweep('agent', id, '--threads', '1')).stderr).toContain('trial 0, attempt 2:');
    expect((await shown(id)).trials).toMatchObject([{ state: 'finished', attempts: [{ state: 'handed back' }, { state: 'ended' }] }]);
  });

  it('is paused, resumed and stopped', async () => {
    const id = await begin('--count', '1');
    expect((await sweep('pause', id)).stdout).toBe(`tiny (${id}) is paused: what runs comes to its end\n`);
    expect((await sweep('resume', id)).stdout).toBe(`tiny (${id}) goes on\n`);
    expect((await sweep('stop', id)).exitCode).toBe(0);
    expect(await shown(id)).toMatchObject({ state: 'finished', reason: 'stopped by command' });
    expect(await sweep('resume', id)).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('error SWEEP_REFUSED') as string });
  });

  it('says what is wrong before it begins anything', async () => {
    const before = (await sweep('list')).stdout;
    const refused = async (code: string, ...argv: string[]): Promise<string> => {
      const ran = await sweep(...argv);
      expect(ran.exitCode, ran.stderr).toBeGreaterThan(0);
      expect(ran.stderr).toContain(`error ${code}:`);
      return ran.stderr;
    };
    expect(await refused('USAGE', 'sweep.yaml')).toContain('--data');
    await refused('DATA_UNREADABLE', 'sweep.yaml', '--data', './nowhere', '--backbone', inputs.backbone);
    await refused('USAGE', 'sweep.yaml', '--data', inputs.pictures);
    await refused('USAGE', 'sweep.yaml', '--data', inputs.pictures, '--backbone', inputs.backbone, '--name', 'not a name');
    await refused('SWEEP_INVALID', 'nothing.yaml', '--data', inputs.pictures);
    await refused('SWEEP_NOT_FOUND', 'agent', 'nothing');
    writeFileSync(join(rig.folder, 'sweep.yaml'), SWEEP.replace('learn_rate', 'learning_rate').replace('random', 'grid'));
    expect(await refused('SWEEP_INVALID', 'sweep.yaml', '--data', inputs.pictures)).toMatch(/^sweep\.yaml:6:3 CONFIG_UNKNOWN_KEY parameters\.learning_rate: .*did you mean `learn_rate`/m);
    expect((await sweep('list')).stdout).toBe(before);
  });
});
