// A pair of pseudo-terminals joined by socat: two device files, each of which any serial program can open as if it were a
// cable's end. It owns the child process and the folder of names, and leaves neither running behind.
//
//   host end  <dir>/host  ◀── socat ──▶  <dir>/board
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Clock } from '../base/clock.ts';
import { reasonOf, SortlineError } from '../base/errors.ts';

export interface PtyPair {
  /** Device files to open; both may be opened and closed any number of times. */
  readonly hostPath: string;
  readonly boardPath: string;
  /** Takes the pair away: what has an end open sees its device vanish. */
  close(): Promise<void>;
}

const START_TIMEOUT_MS = 5000;
const READY = 'starting data transfer loop';
/** What `setpriv` and shells answer for a program that is not there. */
const NO_SUCH_PROGRAM = 127;

/** What this process must not leave behind when it exits without closing. */
const left = { folders: new Set<string>(), children: new Set<ChildProcess>() };

/** A folder for the names of one pair; they stay the same over any number of {@link openPtyPair}. */
export function createPtyFolder(): string {
  if (!process.listeners('exit').includes(clearUp)) process.once('exit', clearUp);
  const dir = mkdtempSync(join(tmpdir(), 'sortline-pty-'));
  left.folders.add(dir);
  return dir;
}

export function removePtyFolder(dir: string): void {
  left.folders.delete(dir);
  rmSync(dir, { recursive: true, force: true });
}

function clearUp(): void {
  for (const child of left.children) child.kill();
  for (const dir of left.folders) removePtyFolder(dir);
}

/** Throws SETUP_INCOMPLETE where socat is not installed, LINK_OPEN_FAILED where it does not start. */
export async function openPtyPair(dir: string, clock: Clock): Promise<PtyPair> {
  const hostPath = join(dir, 'host');
  const boardPath = join(dir, 'board');
  const socat = ['socat', '-d', '-d', `pty,rawer,link=${hostPath}`, `pty,rawer,link=${boardPath}`];
  // socat holds both ends open itself and would outlive a service that was killed; the kernel tells it of our death.
  const child = await startFirstOf([['setpriv', '--pdeathsig', 'TERM', ...socat], socat], clock);
  left.children.add(child);
  const ended = new Promise<void>((resolve) => child.once('exit', () => {
    left.children.delete(child);
    resolve();
  }));
  child.unref();
  return {
    hostPath, boardPath,
    close: async () => {
      // A pair that nobody closes must not keep the process alive; one that is being closed is waited for.
      child.ref();
      if (child.kill()) await ended;
    },
  };
}

/** The first of the command lines whose program is there. */
async function startFirstOf(commandLines: readonly string[][], clock: Clock): Promise<ChildProcess> {
  for (const [program, ...parameters] of commandLines) {
    const child = spawn(program!, parameters, {
      stdio: ['ignore', 'ignore', 'pipe'],
      // In a group of its own, so that Ctrl-C reaches the service alone and the cable outlives its orderly stop.
      detached: true,
    });
    if (await untilReady(child, clock)) return child;
  }
  throw new SortlineError('SETUP_INCOMPLETE', 'socat is not installed, and the twin needs it to make a pseudo-terminal: install it with `apt-get install socat`, or run the set-up again', { context: { program: 'socat' } });
}

/** False where the program is not there. */
function untilReady(child: ChildProcess, clock: Clock): Promise<boolean> {
  return new Promise((resolve, reject) => {
    let said = '';
    const timer = clock.after(START_TIMEOUT_MS, () => { child.kill(); fail(`no word within ${START_TIMEOUT_MS} ms`); });
    const settle = (isReady: boolean): void => { timer.cancel(); resolve(isReady); };
    const fail = (reason: string, cause?: unknown): void => {
      timer.cancel();
      reject(new SortlineError('LINK_OPEN_FAILED', `socat could not make a pseudo-terminal pair for the twin: ${reason}. Expected /dev/ptmx to be usable; the twin also runs over TCP or in memory`, { context: { said }, cause }));
    };
    child.once('error', (cause) => ((cause as NodeJS.ErrnoException).code === 'ENOENT' ? settle(false) : fail(reasonOf(cause), cause)));
    child.once('exit', (code) => (code === NO_SUCH_PROGRAM ? settle(false) : fail(`it ended with ${code}: ${said.trim().split('\n').at(-1) ?? ''}`)));
    child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      if (said.includes(READY)) return;
      said += text;
      if (said.includes(READY)) settle(true);
    });
  });
}
