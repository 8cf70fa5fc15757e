// Events as a text file, one JSON object a line: what a replay gives, and what a golden run is compared with. The order of keys is that in which the
// line tells them, so the same run gives the same bytes.
import { readFileSync } from 'node:fs';
import { reasonOf, SortlineError } from '../base/errors.ts';
import { replaceFile } from '../base/replace-file.ts';
import type { LineEvent } from '../domain/line-event.ts';
import { LINE_EVENT_SCHEMAS } from './event-schemas.ts';

export function eventText(events: readonly LineEvent[]): string {
  return events.map((event) => `${JSON.stringify(event)}\n`).join('');
}

/** Throws RECORD_WRITE_FAILED; a file that was there stays then. */
export function writeEventFile(path: string, events: readonly LineEvent[]): void {
  try {
    replaceFile(path, [Buffer.from(eventText(events))]);
  } catch (cause) {
    throw new SortlineError('RECORD_WRITE_FAILED', `the events cannot be written to ${path}: ${reasonOf(cause)}; name another file, or make room`, { context: { path }, cause });
  }
}

/** Throws RECORD_UNREADABLE where the file cannot be read, RECORD_DAMAGED with the line that is no event. */
export function readEventFile(path: string): LineEvent[] {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    throw new SortlineError('RECORD_UNREADABLE', `the events in ${path} cannot be read: ${reasonOf(cause)}`, { context: { path }, cause });
  }
  return text.split('\n').flatMap((line, index) => (line.trim() === '' ? [] : [eventOf(line, `${path}:${index + 1}`)]));
}

function eventOf(line: string, where: string): LineEvent {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (cause) {
    throw new SortlineError('RECORD_DAMAGED', `${where} is no JSON (${reasonOf(cause)}): expected one event a line, as \`sortline replay --out\` writes them`, { cause });
  }
  const schema = LINE_EVENT_SCHEMAS[(value as LineEvent | null)?.kind ?? ('' as LineEvent['kind'])];
  const parsed = schema?.safeParse(value);
  if (parsed?.success === true) return value as LineEvent;
  const issue = parsed?.error.issues[0];
  throw new SortlineError('RECORD_DAMAGED', `${where} is no event of the line: ${issue === undefined ? 'its kind is unknown' : `${issue.path.join('.')}: ${issue.message}`}`);
}
