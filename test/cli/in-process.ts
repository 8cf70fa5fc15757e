// Runs a command line in the test's own process: starting one takes longer than most of what a command is asked. That it does the
// same in a process of its own, with its exit code and streams, is for tests that use command-line.ts.
import { vi } from 'vitest';
import { runCommandLine } from '../../src/cli/program.ts';
import type { Ran } from './command-line.ts';

/** One at a time: working directory, streams and signals are the process's. */
export async function sortlineHere(argv: readonly string[], { cwd = process.cwd() }: { cwd?: string } = {}): Promise<Ran> {
  const told = { stdout: '', stderr: '' }, before = process.cwd(), signals = ['SIGINT', 'SIGTERM'] as const;
  const listening = signals.map((signal) => process.rawListeners(signal));
  const spies = (['stdout', 'stderr'] as const).map((stream) => vi.spyOn(process[stream], 'write').mockImplementation((text) => {
    told[stream] += String(text);
    return true;
  }));
  process.chdir(cwd);
  try {
    return { exitCode: await runCommandLine(argv), ...told };
  } finally {
    process.chdir(before);
    process.exitCode = undefined;
    for (const spy of spies) spy.mockRestore();
    // What waits for a signal ends with the process otherwise.
    signals.forEach((signal, at) => process.rawListeners(signal).forEach((listener) => {
      if (!listening[at]!.includes(listener)) process.removeListener(signal, listener as NodeJS.SignalsListener);
    }));
  }
}
