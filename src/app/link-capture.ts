// Captured bytes of a cable: lines of JSON as `link monitor --capture` writes them, the serial bytes of a recording, or bare bytes as some
// other tool saved them, binary or as hex text.
import { readFileSync } from 'node:fs';
import { reasonOf, SortlineError } from '../base/errors.ts';
import type { MonotonicNs } from '../base/units.ts';
import { Recording } from '../record/open-recording.ts';
import type { Direction } from './link-traffic.ts';

export interface CapturedBytes {
  readonly atNs: MonotonicNs;
  readonly direction: Direction;
  readonly bytes: Uint8Array;
}

const MCAP_MAGIC = Buffer.from([0x89, 0x4d, 0x43, 0x41, 0x50]);

/** A line of a capture. */
export function captureLine({ atNs, direction, bytes }: CapturedBytes): string {
  return JSON.stringify({ atNs: Math.round(atNs), direction, hex: Buffer.from(bytes).toString('hex') });
}

/** `bare`: the direction of bytes whose file does not say. Throws DATA_UNREADABLE, and the codes of a recording. */
export function* readCapture(path: string, bare: Direction): Generator<CapturedBytes> {
  const content = read(path);
  if (content.subarray(0, MCAP_MAGIC.length).equals(MCAP_MAGIC)) return yield* recordedBytes(path);
  const text = content.toString('latin1');
  if (text.startsWith('{')) return yield* capturedLines(path, text);
  yield { atNs: 0, direction: bare, bytes: /^[0-9A-Fa-f\s]*$/.test(text) ? Buffer.from(text.replaceAll(/\s/g, ''), 'hex') : content };
}

function* recordedBytes(path: string): Generator<CapturedBytes> {
  let firstNs: MonotonicNs | undefined;
  for (const entry of Recording.open(path).entries({ pictures: false })) {
    if (entry.kind !== 'serial') continue;
    firstNs ??= entry.atNs;
    yield { atNs: entry.atNs - firstNs, direction: entry.direction, bytes: entry.bytes };
  }
}

function* capturedLines(path: string, text: string): Generator<CapturedBytes> {
  for (const [index, line] of text.split('\n').entries()) {
    if (line.trim() === '') continue;
    const found = parsed(line);
    if (found === undefined) throw new SortlineError('DATA_UNREADABLE', `${path}:${index + 1} is no line of a capture: expected {"atNs":…,"direction":"out" or "in","hex":"…"}, as \`sortline link monitor --capture\` writes it`, { context: { path, line: index + 1 } });
    yield found;
  }
}

function parsed(line: string): CapturedBytes | undefined {
  try {
    const { atNs, direction, hex } = JSON.parse(line) as Record<string, unknown>;
    if (typeof atNs !== 'number' || (direction !== 'out' && direction !== 'in') || typeof hex !== 'string' || !/^([0-9a-fA-F]{2})*$/.test(hex)) return undefined;
    return { atNs, direction, bytes: Buffer.from(hex, 'hex') };
  } catch {
    return undefined;
  }
}

function read(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (cause) {
    throw new SortlineError('DATA_UNREADABLE', `the capture ${path} cannot be read: ${reasonOf(cause)}`, { context: { path }, cause });
  }
}
