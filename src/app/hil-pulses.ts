// What the pins did, where somebody else than the firmware can say: the simulated board's bench, or the twin's plant. Each pulse must be
// one fired command's, at its count, as long as asked.
import type { EncoderCounts, MonotonicNs } from '../base/units.ts';
import type { CommandRecord } from './hil-book.ts';
import { firedCountsOf } from './hil-book.ts';

/** A pin moved. `counts` and `us` are the observer's own. */
export interface PinMove {
  readonly pin: number | 'relay';
  readonly on: boolean;
  readonly counts: EncoderCounts;
  readonly us: number;
  /** Time since the encoder edge before it, µs; undefined where the observer has no edges. */
  readonly afterEdgeUs: number | undefined;
  /** When it was heard of here. */
  readonly heardNs: MonotonicNs;
}

export interface Pulse {
  readonly output: number;
  readonly counts: EncoderCounts;
  readonly onMs: number;
  readonly afterEdgeUs: number | undefined;
}

export interface PulseFindings {
  /** Distance of each matched pulse from its command's target, counts. */
  readonly countErrors: readonly number[];
  readonly holdErrorsMs: readonly number[];
  readonly pulses: readonly Pulse[];
  /** Pulses that are nobody's, and commands said to have fired whose output did not move: described. */
  readonly wrong: readonly string[];
}

/** Pulses that matter are this close to the count at which the board says it fired. */
const MATCH_COUNTS = 20;

export function pulsesOf(moves: readonly PinMove[]): Pulse[] {
  const pulses: Pulse[] = [];
  const onByPin = new Map<number, PinMove>();
  for (const move of moves) {
    if (move.pin === 'relay') continue;
    const began = onByPin.get(move.pin);
    if (move.on) onByPin.set(move.pin, move);
    else if (began !== undefined) pulses.push({ output: move.pin, counts: began.counts, onMs: (move.us - began.us) / 1000, afterEdgeUs: began.afterEdgeUs });
    if (!move.on) onByPin.delete(move.pin);
  }
  for (const [output, { counts, afterEdgeUs }] of onByPin) pulses.push({ output, counts, onMs: Infinity, afterEdgeUs });
  return pulses;
}

/** `cutShort`: pulses may be shorter than asked, as they are when the board goes safe. */
export function matchPulses(moves: readonly PinMove[], records: readonly CommandRecord[], { cutShort }: { cutShort: boolean }): PulseFindings {
  const pulses = pulsesOf(moves);
  const free = new Set(pulses);
  const countErrors: number[] = [], holdErrorsMs: number[] = [], wrong: string[] = [];
  for (const record of records) {
    const { command } = record;
    // Of a command whose session ended nothing is told, but it may have fired.
    const firedCounts = firedCountsOf(record) ?? (record.sessionEnded ? command.fireAtCounts : undefined);
    if (firedCounts === undefined) continue;
    const pulse = nearest([...free].filter(({ output }) => output === command.output), firedCounts);
    if (pulse !== undefined) {
      free.delete(pulse);
      countErrors.push(pulse.counts - command.fireAtCounts);
      if (!cutShort) holdErrorsMs.push(pulse.onMs - command.holdMs);
    } else if (!record.sessionEnded) {
      wrong.push(`command ${command.commandId} was reported as fired at ${firedCounts}, but output ${command.output} did not switch`);
    }
  }
  // The graver first.
  const nobodys = [...free].map(({ output, counts }) => `output ${output} switched at ${counts}, for no command`);
  return { countErrors, holdErrorsMs, pulses, wrong: [...nobodys, ...wrong] };
}

function nearest(pulses: readonly Pulse[], counts: EncoderCounts): Pulse | undefined {
  const distance = (pulse: Pulse): number => Math.abs(pulse.counts - counts);
  const best = pulses.toSorted((a, b) => distance(a) - distance(b))[0];
  return best !== undefined && distance(best) <= MATCH_COUNTS ? best : undefined;
}
