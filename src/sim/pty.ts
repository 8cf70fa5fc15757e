// A pair of pseudo-terminals joined by socat: two device files, each of which any serial program can open as if it were a
// cable's end. It owns the child process and the folder of names, and leaves neither behind.
//
//   host end  <dir>/host  ◀── socat ──▶  <dir>/board
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { closeSync, constants, mkdtempSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Clock } from '../base/clock.ts';
import { reasonOf, SortlineError } from '../base/errors.ts';

export interface PtyPair {
  /** Device files to open. */
  readonly hostPath: string;
  readonly boardPath: string;
  /** Called once when the pair ends, whoever ended it. */
  onEnd(listener: (reason: string) => void): void;
  /** Takes the pair away: what has an end open sees its device vanish. */
  close(): Promise<void>;
}

const START_TIMEOUT_MS = 5000;
const READY = 'starting data transfer loop';

/** A folder for the names of one pair; they stay the same over any number of {@link openPtyPair}. */
export function createPtyFolder(): string {
  const dir = mkdtempSync(join(tmpdir(), 'sortline-pty-'));
  process.once('exit', () => removePtyFolder(dir));
  return dir;
}

export function removePtyFolder(dir: string): void {
  rmSync(dir, { recursive: true, force: true });
}

/** Throws SETUP_INCOMPLETE where socat is not installed, LINK_OPEN_FAILED where it does not start. */
export async function openPtyPair(dir: string, clock: Clock): Promise<PtyPair> {
  const hostPath = join(dir, 'host');
  const boardPath = join(dir, 'board');
  const child = spawn('socat', ['-d', '-d', `pty,rawer,link=${hostPath}`, `pty,rawer,link=${boardPath}`], {
    stdio: ['ignore', 'ignore', 'pipe'],
    // In a group of its own, so that Ctrl-C reaches the service alone and the cable outlives its orderly stop.
    detached: true,
  });
  const killAtExit = (): void => void child.kill('SIGKILL');
  process.once('exit', killAtExit);
  const ended = new Promise<string>((resolve) => child.once('exit', (code, signal) => resolve(`socat ended (${signal ?? code})`)));
  void ended.then(() => process.off('exit', killAtExit));
  await untilReady(child, clock);
  child.unref();
  // While nobody has a pseudo-terminal open, reading its other side fails and socat ends: holding the host's end open lets hosts come and go.
  const heldOpen = openSync(hostPath, constants.O_RDWR | constants.O_NOCTTY | constants.O_NONBLOCK);
  void ended.then(() => closeSync(heldOpen));
  return {
    hostPath, boardPath,
    onEnd: (listener) => void ended.then(listener),
    close: async () => {
      // A pair that nobody closes must not keep the process alive; one that is being closed is waited for.
      child.ref();
      child.kill('SIGTERM');
      await ended;
    },
  };
}

function untilReady(child: ChildProcess, clock: Clock): Promise<void> {
  return new Promise((resolve, reject) => {
    let said = '';
    const timer = clock.after(START_TIMEOUT_MS, () => { child.kill('SIGKILL'); fail(`no word within ${START_TIMEOUT_MS} ms`); });
    const fail = (reason: string, cause?: unknown): void => {
      timer.cancel();
      reject(new SortlineError('LINK_OPEN_FAILED', `socat could not make a pseudo-terminal pair for the twin: ${reason}. Expected /dev/ptmx to be usable; say \`--link memory\` to run without`, { context: { said }, cause }));
    };
    child.once('error', (cause) => {
      if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') return fail(reasonOf(cause), cause);
      timer.cancel();
      reject(new SortlineError('SETUP_INCOMPLETE', 'socat is not installed, and the twin needs it to make a pseudo-terminal: install it with `apt-get install socat`, or run the set-up again', { context: { program: 'socat' }, cause }));
    });
    child.once('exit', (code) => fail(`it ended with ${code}: ${said.trim().split('\n').at(-1) ?? ''}`));
    child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      if (said.includes(READY)) return;
      said += text;
      if (!said.includes(READY)) return;
      timer.cancel();
      resolve();
    });
  });
}
