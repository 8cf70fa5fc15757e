// What is in a recording, in figures: for a person who wonders whether it is the right one, and whole.
import { statSync } from 'node:fs';
import { NS_PER_S } from '../base/units.ts';
import { spanOf } from './edit-recording.ts';
import type { ReadingEnd, Recording } from './open-recording.ts';

export interface RecordingInfo {
  readonly path: string;
  readonly bytes: number;
  readonly sortlineVersion: string;
  readonly runId: string;
  readonly site: string;
  readonly line: string;
  readonly source: string;
  readonly startedIso: string;
  readonly seconds: number;
  /** Entries of each kind; events by their own kind. */
  readonly counts: Readonly<Record<string, number>>;
  readonly framesPerSecond: number | undefined;
  readonly frameSize: string | undefined;
  /** Pictures that were not looked at: gaps in their numbers. */
  readonly framesMissing: number;
  readonly model: string | undefined;
  /** Alarms and notes, with the second at which they came. */
  readonly moments: readonly { readonly second: number; readonly what: string }[];
  readonly end: ReadingEnd;
}

export function recordingInfo(recording: Recording): RecordingInfo {
  const { path, about } = recording;
  const { firstNs, lastNs } = spanOf(recording);
  const counts: Record<string, number> = {};
  const moments: { second: number; what: string }[] = [];
  let model: string | undefined, frameSize: string | undefined, lastSequence: number | undefined, framesMissing = 0;
  for (const entry of recording.entries({ pictures: false })) {
    const name = entry.kind === 'event' ? entry.event.kind : entry.kind === 'serial' ? `serial.${entry.direction}` : entry.kind;
    counts[name] = (counts[name] ?? 0) + 1;
    const moment = (what: string): void => { moments.push({ second: (entry.atNs - firstNs) / NS_PER_S, what }); };
    if (entry.kind === 'frame') {
      const { sequence, size } = entry.frame;
      framesMissing += lastSequence === undefined ? 0 : Math.max(0, sequence - lastSequence - 1);
      lastSequence = sequence;
      frameSize = `${size.width}x${size.height}`;
    }
    if (entry.kind === 'note') moment(`note: ${entry.text}`);
    if (entry.kind !== 'event') continue;
    if (entry.event.kind === 'model.in-use') model = `${entry.event.model.model} (SHA-256 ${entry.event.model.sha256.slice(0, 12)}…)`;
    if (entry.event.kind === 'alarm.raised') moment(`alarm ${entry.event.alarm} (${entry.event.subject}): ${entry.event.message}`);
    if (entry.event.kind === 'operator.command' && entry.event.command === 'note') moment(`note by ${entry.event.by}: ${String(entry.event.detail['text'])}`);
  }
  const seconds = (lastNs - firstNs) / NS_PER_S;
  const frames = counts['frame'] ?? 0;
  return {
    path, bytes: statSync(path).size, sortlineVersion: about.sortlineVersion, runId: about.runId, site: about.site, line: about.line, source: about.source,
    startedIso: new Date(Number((about.wallOffsetNs + BigInt(Math.round(firstNs))) / 1_000_000n)).toISOString(),
    seconds, counts, framesPerSecond: seconds > 0 && frames > 1 ? frames / seconds : undefined, frameSize, framesMissing, model, moments, end: recording.end!,
  };
}
