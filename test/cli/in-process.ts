// Runs a command line in the test's own process: starting one takes longer than most of what a command is asked. That it does the
// same in a process of its own, with its exit code and streams, is for tests that use command-line.ts.
import { vi } from 'vitest';
import { STOP_SIGNALS } from '../../src/base/stop-signals.ts';
import { runCommandLine } from '../../src/cli/program.ts';
import type { Ran } from './command-line.ts';

interface Surroundings {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
}

let last: Promise<unknown> = Promise.resolve();

/** One after the other, whoever asks: working directory, environment, streams and signals are the process's. */
export function sortlineHere(argv: readonly string[], surroundings: Surroundings = {}): Promise<Ran> {
  const ran = last.then(() => run(argv, surroundings));
  last = ran.catch(() => undefined);
  return ran;
}

async function run(argv: readonly string[], { cwd = process.cwd(), env = {} }: Surroundings): Promise<Ran> {
  const told = { stdout: '', stderr: '' }, cwdBefore = process.cwd(), envBefore = { ...process.env };
  const listening = STOP_SIGNALS.map((signal) => process.rawListeners(signal));
  const spies = (['stdout', 'stderr'] as const).map((stream) => vi.spyOn(process[stream], 'write').mockImplementation((text) => {
    told[stream] += String(text);
    return true;
  }));
  process.chdir(cwd);
  Object.assign(process.env, env);
  try {
    return { exitCode: await runCommandLine(argv), ...told };
  } finally {
    process.chdir(cwdBefore);
    for (const name of Object.keys(env)) {
      if (envBefore[name] === undefined) delete process.env[name]; else process.env[name] = envBefore[name];
    }
    process.exitCode = undefined;
    for (const spy of spies) spy.mockRestore();
    // What waits for a signal ends with the process otherwise.
    STOP_SIGNALS.forEach((signal, at) => process.rawListeners(signal).forEach((listener) => {
      if (!listening[at]!.includes(listener)) process.removeListener(signal, listener as NodeJS.SignalsListener);
    }));
  }
}
