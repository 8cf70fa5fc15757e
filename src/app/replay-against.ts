// A replay against what it should be: a golden file of events, or what a recorded line said itself.
import type { BeltPosition } from '../domain/item.ts';
import type { LineEvent } from '../domain/line-event.ts';
import { alignItems } from '../record/align-items.ts';
import type { Comparison } from '../record/compare-events.ts';
import { compareEvents } from '../record/compare-events.ts';
import type { CompareRules } from '../record/compare-rules.ts';
import { GOLDEN_RULES, RECORDING_RULES, withRules } from '../record/compare-rules.ts';
import { readEventFile } from '../record/event-file.ts';
import { Recording } from '../record/open-recording.ts';
import { readReplayInput } from './replay-input.ts';

export interface Reference {
  readonly events: readonly LineEvent[];
  readonly rules: CompareRules;
  /** Places of items that the recorded run had not ended when it stopped: a replay ends them, so they are compared in neither. */
  readonly unfinished: readonly BeltPosition[];
}

const GATE_MM = 40;

export function isRecordingPath(path: string): boolean {
  return path.endsWith('.mcap');
}

/** The events in `path`, a golden file or a recording, and what may differ from them. Throws the codes of reading either. */
export function readReference(path: string): Reference {
  if (!isRecordingPath(path)) return { events: readEventFile(path), rules: GOLDEN_RULES, unfinished: [] };
  const { events } = readReplayInput(Recording.open(path));
  const ended = new Set(events.flatMap((event) => (event.kind === 'item.settled' && event.cause !== 'cancelled' && event.cause !== 'paused' ? [event.itemId] : [])));
  return {
    events: events.filter((event) => isOf(event, (id) => ended.has(id))), rules: RECORDING_RULES,
    unfinished: events.flatMap((event) => (event.kind === 'item.seen' && !ended.has(event.itemId) ? [event.sighting.position] : [])),
  };
}

/** `more` are the rules of the person who asks. */
export function compareWith(reference: Reference, found: readonly LineEvent[], options: { readonly more: CompareRules; readonly countsPerMm: number }): Comparison {
  const { countsPerMm } = options;
  const seen = found.filter((event) => event.kind === 'item.seen');
  const leftOut = new Set(alignItems(reference.unfinished, seen.map(({ sighting }) => sighting.position), { countsPerMm, gateMm: GATE_MM }).map(([, index]) => seen[index]!.itemId));
  return compareEvents(reference.events, found.filter((event) => isOf(event, (id) => !leftOut.has(id))), { rules: withRules(reference.rules, options.more), countsPerMm });
}

/** Whether the event is of no item, or of one that is wanted. */
function isOf(event: LineEvent, isWanted: (itemId: string) => boolean): boolean {
  if (event.kind === 'item.decided') return isWanted(event.decision.itemId);
  return 'itemId' in event ? isWanted(event.itemId) : true;
}
