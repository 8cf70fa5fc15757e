// The reference firmware as a board: its ELF on a simulated ATmega328P, in a process of its own, on a pseudo-terminal like any board on
// a serial port. Its bench turns the encoder while the board's relay is closed and says what the pins did (firmware/sim/bench.c).
import type { ChildProcess } from 'node:child_process';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Clock } from '../base/clock.ts';
import { reasonOf, SortlineError } from '../base/errors.ts';
import type { PinMove } from './hil-pulses.ts';

const FIRMWARE = fileURLToPath(new URL('../../firmware', import.meta.url));

export interface SimulatedBoard {
  /** Device file for the host to open. */
  readonly path: string;
  /** Longest time that this computer held the simulator up, ms; the board cannot know of it. */
  readonly longestStallMs: number;
  close(): Promise<void>;
}

/** Builds what is not built. Throws SETUP_INCOMPLETE where compiler or simulator are not installed. */
export async function startSimulatedBoard(options: { clock: Clock; countsPerSecond: number; onMove: (move: PinMove) => void }): Promise<SimulatedBoard> {
  const { clock, countsPerSecond, onMove } = options;
  await build();
  const child = spawn(`${FIRMWARE}/build/bench-atmega328p`, [`${FIRMWARE}/build/sortline.elf`, '--pty'], { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout });
  let longestStallMs = 0;
  const path = new Promise<string>((resolve, reject) => {
    child.once('error', (cause) => reject(cannot(reasonOf(cause), cause)));
    child.once('exit', (code) => reject(cannot(`it ended with ${code}`)));
    lines.on('line', (line) => {
      if (line.startsWith('pty ')) resolve(line.slice('pty '.length));
      if (line.startsWith('stalled ')) longestStallMs = Math.max(longestStallMs, Number(line.slice('stalled '.length)));
      const move = moveIn(line, clock);
      if (move !== undefined) onMove(move);
    });
  });
  child.stdin.write(`follow 1\nspeed ${Math.round(countsPerSecond)}\n`);
  const opened = await path;
  return { path: opened, get longestStallMs() { return longestStallMs; }, close: () => stop(child) };
}

async function build(): Promise<void> {
  try {
    await promisify(execFile)('make', ['-s', '-C', FIRMWARE, 'bench']);
  } catch (cause) {
    const said = String((cause as { stderr?: unknown }).stderr ?? '').trim().split('\n').slice(-2).join(' ');
    throw new SortlineError('SETUP_INCOMPLETE', `the simulated ATmega328P could not be built (${said}): install its compiler and simulator with \`apt-get install gcc-avr avr-libc simavr libsimavr-dev gcc make\``, { cause });
  }
}

function cannot(why: string, cause?: unknown): SortlineError {
  return new SortlineError('LINK_OPEN_FAILED', `the simulated ATmega328P did not start: ${why}`, { cause });
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const ended = once(child, 'exit');
  child.stdin!.end();
  await ended;
}

/** `output N LEVEL COUNT US AGO` or `relay LEVEL COUNT US`. */
function moveIn(line: string, clock: Clock): PinMove | undefined {
  const [word, ...values] = line.split(' ');
  const numbers = values.map(Number);
  const heardNs = clock.nowNs();
  if (word === 'output') return { pin: numbers[0]!, on: numbers[1] === 1, counts: numbers[2]!, us: numbers[3]!, afterEdgeUs: numbers[4], heardNs };
  if (word === 'relay') return { pin: 'relay', on: numbers[0] === 1, counts: numbers[1]!, us: numbers[2]!, afterEdgeUs: undefined, heardNs };
  return undefined;
}
