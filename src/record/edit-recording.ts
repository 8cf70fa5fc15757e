// Recordings from recordings: a piece cut out, parts of one run put together, labels added. Each result stands for itself: it begins with what held at
// its first moment.
import { SortlineError } from '../base/errors.ts';
import type { EncoderCounts, MonotonicNs } from '../base/units.ts';
import { NS_PER_S } from '../base/units.ts';
import type { Recording } from './open-recording.ts';
import { OpeningState } from './opening-state.ts';
import type { ItemLabel, RecordEntry } from './record-entry.ts';

export interface Span {
  readonly firstNs: MonotonicNs;
  readonly lastNs: MonotonicNs;
}

/** An item in the picture has passed the camera origin by at most this much, mm. */
const LONGEST_VIEW_MM = 3000;

/** From the first to the last picture or encoder sample: what is told of earlier times at the beginning of a file does not count. Throws RECORD_REFUSED where there is none. */
export function spanOf(recording: Recording): Span {
  let firstNs = Infinity, lastNs = -Infinity;
  for (const { kind, atNs } of recording.entries({ pictures: false })) {
    if (kind !== 'frame' && kind !== 'belt') continue;
    firstNs = Math.min(firstNs, atNs);
    lastNs = Math.max(lastNs, atNs);
  }
  if (firstNs <= lastNs) return { firstNs, lastNs };
  throw new SortlineError('RECORD_REFUSED', `the recording ${recording.path} holds neither pictures nor encoder samples`, { context: { path: recording.path } });
}

/** The entries from `fromS` to `toS` seconds after the first, and what held before. Throws RECORD_REFUSED where no picture lies in between. */
export function* cutEntries(recording: Recording, { fromS, toS }: { readonly fromS: number; readonly toS: number }): Generator<RecordEntry> {
  const { firstNs, lastNs } = spanOf(recording);
  // What was told before the first picture belongs to the beginning.
  const fromNs = fromS <= 0 ? -Infinity : firstNs + fromS * NS_PER_S, toNs = firstNs + toS * NS_PER_S;
  if (!(fromS < toS) || fromNs > lastNs || toNs < firstNs) {
    throw new SortlineError('RECORD_REFUSED', `from ${fromS} s to ${toS} s there is nothing in ${recording.path}: it lasts ${((lastNs - firstNs) / NS_PER_S).toFixed(1)} s`, { context: { path: recording.path } });
  }
  const before = new OpeningState();
  const { lowest, highest, labels } = beltIn(recording, fromNs, toNs);
  let hasBegun = false;
  for (const entry of recording.entries()) {
    if (entry.kind === 'label' || entry.atNs > toNs) continue;
    if (entry.atNs < fromNs) {
      before.observe(entry);
      continue;
    }
    if (!hasBegun) {
      yield* before.entries();
      for (const label of labels) if (label.label.positionCounts >= lowest && label.label.positionCounts <= highest) yield label;
    }
    hasBegun = true;
    yield entry;
  }
}

/** Which places of the belt the camera may have seen between two times, and every label. */
function beltIn(recording: Recording, fromNs: MonotonicNs, toNs: MonotonicNs): { lowest: EncoderCounts; highest: EncoderCounts; labels: Extract<RecordEntry, { kind: 'label' }>[] } {
  const labels: Extract<RecordEntry, { kind: 'label' }>[] = [];
  let lowest = Infinity, highest = -Infinity;
  for (const entry of recording.entries({ pictures: false })) {
    if (entry.kind === 'label') labels.push(entry);
    if (entry.kind !== 'belt' || entry.atNs < fromNs || entry.atNs > toNs) continue;
    lowest = Math.min(lowest, entry.sample.counts);
    highest = Math.max(highest, entry.sample.counts);
  }
  return { lowest: lowest - LONGEST_VIEW_MM * recording.about.calibration.countsPerMm, highest, labels };
}

/** The entries of all parts in order of time. Throws RECORD_REFUSED where they are not of one run: their clocks have nothing in common. */
export function* mergedEntries(parts: readonly Recording[]): Generator<RecordEntry> {
  const [first] = parts;
  for (const part of parts) {
    if (part.about.runId === first!.about.runId) continue;
    throw new SortlineError('RECORD_REFUSED', `${part.path} is of run ${part.about.runId}, ${first!.path} of run ${first!.about.runId}: only parts of one run can be merged, as clock and encoder begin anew with each`, { context: { paths: parts.map(({ path }) => path) } });
  }
  const inOrder = parts.map((part) => ({ part, ...spanOf(part) })).sort((a, b) => a.firstNs - b.firstNs);
  // What a part tells again at its beginning was told before.
  const told = new Set<string>();
  for (const { part, firstNs } of inOrder) {
    for (const entry of part.entries()) {
      const isState = entry.kind === 'event' || entry.kind === 'board' || entry.kind === 'label';
      const text = isState ? JSON.stringify(entry) : '';
      if (isState && entry.atNs <= firstNs && told.has(text)) continue;
      if (isState) told.add(text);
      yield entry;
    }
  }
}

/** The entries with `labels` in front; a label takes the place of one for the same item. */
export function* labelledEntries(recording: Recording, labels: readonly ItemLabel[]): Generator<RecordEntry> {
  const { firstNs } = spanOf(recording);
  const places = new Set(labels.map(({ positionCounts }) => positionCounts));
  for (const label of labels) yield { kind: 'label', atNs: firstNs, label };
  for (const entry of recording.entries()) if (entry.kind !== 'label' || !places.has(entry.label.positionCounts)) yield entry;
}
