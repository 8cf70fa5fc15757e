// What bin/sortline.js hands over to the command: its arguments, and its own life.
import { readFileSync } from 'node:fs';
import type { Clock } from '../base/clock.ts';

/** How often the launcher is looked for. */
const LOOK_PERIOD_MS = 500;

/** Those of the command line, or, where there are too many for one, what the launcher has written to a pipe. */
export function givenArguments(): readonly string[] {
  const descriptor = taken('SORTLINE_ARGUMENTS_FD');
  return descriptor === undefined ? process.argv.slice(2) : JSON.parse(readFileSync(Number(descriptor), 'utf8')) as string[];
}

/**
 * A launcher that was killed passes on no signal, and the line would go on with nobody who knows of it: the command then gets the
 * SIGTERM that it would have got. Nothing where it was started without a launcher.
 */
export function endWithLauncher(clock: Clock): void {
  const launcher = taken('SORTLINE_LAUNCHER_PID');
  if (launcher === undefined) return;
  const looking = clock.every(LOOK_PERIOD_MS, () => {
    if (process.ppid === Number(launcher)) return;
    looking.cancel();
    process.kill(process.pid, 'SIGTERM');
  });
}

/** A word of the launcher's to this process alone, not to those that it starts. */
function taken(name: string): string | undefined {
  const value = process.env[name];
  delete process.env[name];
  return value;
}
