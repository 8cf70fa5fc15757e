// What a replay takes from a recording, but for the pictures: how the belt moved, when pictures were taken, what people and sensors did, what
// the line said then, and what is known to be true of the items.
import type { MonotonicNs } from '../base/units.ts';
import { SortlineError } from '../base/errors.ts';
import { framesPerSecondOf } from '../camera/recording-camera.ts';
import type { BeltSample } from '../domain/frame.ts';
import type { LineEvent } from '../domain/line-event.ts';
import type { LinkEvent } from '../link/link.ts';
import type { Recording } from '../record/open-recording.ts';
import type { ItemLabel } from '../record/record-entry.ts';

/** Something from outside that happened to the line, at the moment it was told. */
export type OutsideEvent =
  | { readonly atNs: MonotonicNs; readonly kind: 'event'; readonly event: LineEvent }
  | { readonly atNs: MonotonicNs; readonly kind: 'board'; readonly event: LinkEvent };

export interface ReplayInput {
  readonly recording: Recording;
  readonly firstFrameNs: MonotonicNs;
  readonly lastFrameNs: MonotonicNs;
  readonly frameCount: number;
  readonly framesPerSecond: number;
  readonly belt: readonly BeltSample[];
  readonly outside: readonly OutsideEvent[];
  /** Every event of the recorded run, once, in order. */
  readonly events: readonly LineEvent[];
  /** By people, or by the simulator that was recorded. */
  readonly labels: readonly ItemLabel[];
}

const DEFAULT_FPS = 15;
/** The board's counter has 32 bits. */
const COUNTER_SPAN = 2 ** 32;
const PLACES: ReadonlySet<string> = new Set(['positionCounts', 'fireAtCounts', 'firedAtCounts']);

/** Throws RECORD_REFUSED where there is nothing to replay, or the pictures are not of the size of the calibration. */
export function readReplayInput(recording: Recording): ReplayInput {
  const frameTimes: MonotonicNs[] = [];
  const belt: BeltSample[] = [];
  const outside: OutsideEvent[] = [];
  const events: LineEvent[] = [];
  const labels: ItemLabel[] = [];
  for (const entry of recording.entries({ pictures: false })) {
    switch (entry.kind) {
      case 'frame':
        checkSize(recording, entry.frame);
        frameTimes.push(entry.atNs);
        break;
      case 'belt':
        if (entry.atNs > (belt.at(-1)?.atNs ?? -Infinity)) belt.push(entry.sample);
        break;
      case 'event':
        events.push(entry.event);
        outside.push({ atNs: entry.atNs, kind: 'event', event: entry.event });
        break;
      case 'board': outside.push({ atNs: entry.atNs, kind: 'board', event: entry.event }); break;
      case 'label': labels.push(entry.label); break;
      default: break;
    }
  }
  const [first] = frameTimes;
  if (first === undefined) throw nothing(recording, 'no picture');
  if (belt.length === 0) throw nothing(recording, 'no encoder sample: where the belt was is unknown');
  const baseCounts = Math.floor(belt[0]!.counts / COUNTER_SPAN) * COUNTER_SPAN;
  return atBase(baseCounts, {
    recording, firstFrameNs: first, lastFrameNs: frameTimes.at(-1)!, frameCount: frameTimes.length, framesPerSecond: framesPerSecondOf(frameTimes) ?? DEFAULT_FPS,
    belt, outside: outside.sort((a, b) => a.atNs - b.atNs), events, labels: [...labels, ...truthsIn(events)],
  });
}

/** A board that is connected anew counts within 32 bits; a line that had run for weeks counted further. */
function atBase(baseCounts: number, input: ReplayInput): ReplayInput {
  if (baseCounts === 0) return input;
  return {
    ...input,
    belt: input.belt.map((sample) => ({ ...sample, counts: sample.counts - baseCounts })),
    events: input.events.map((event) => movedCounts(event, baseCounts) as LineEvent),
    labels: input.labels.map((label) => ({ ...label, positionCounts: label.positionCounts - baseCounts })),
  };
}

function movedCounts(value: unknown, baseCounts: number): unknown {
  if (Array.isArray(value)) return value.map((each) => movedCounts(each, baseCounts));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, PLACES.has(key) && typeof inner === 'number' ? inner - baseCounts : movedCounts(inner, baseCounts)]));
}

/** What the recorded simulator knew, as labels. */
function truthsIn(events: readonly LineEvent[]): ItemLabel[] {
  const seenById = new Map(events.flatMap((event) => (event.kind === 'item.seen' ? [[event.itemId, event.sighting.position] as const] : [])));
  return events.flatMap((event): ItemLabel[] => {
    const position = event.kind === 'item.truth' ? seenById.get(event.itemId) : undefined;
    if (event.kind !== 'item.truth' || position === undefined) return [];
    return [{ material: event.truth.material, positionCounts: position.positionCounts, yMm: position.yMm, itemId: event.itemId }];
  });
}

function checkSize({ path, about: { calibration } }: Recording, { sequence, size }: { sequence: number; size: { width: number; height: number } }): void {
  const { frameSize } = calibration;
  if (size.width === frameSize.width && size.height === frameSize.height) return;
  throw new SortlineError('RECORD_REFUSED', `frame ${sequence} of ${path} has ${size.width}x${size.height} px, but the calibration in it was made for ${frameSize.width}x${frameSize.height} px: the camera was not set as it was calibrated, nothing in it can be placed on the belt`, { context: { path, found: size, expected: frameSize } });
}

function nothing({ path, end }: Recording, what: string): SortlineError {
  const why = end === undefined || end.isWhole ? '' : ` (${end.problems.join('; ')})`;
  return new SortlineError('RECORD_REFUSED', `the recording ${path} holds ${what}: there is nothing to replay${why}`, { context: { path } });
}
