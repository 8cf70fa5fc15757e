// A recording being read: what it is about, and its entries in the order of the file, one chunk in memory at a time. A file without its
// end (a process that was killed, a full disk) is read up to its last whole chunk, and says so. Files are read in this very turn: a replay in
// virtual time must not depend on when a disk answers.
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { z } from 'zod';
import { isSortlineError, reasonOf, SortlineError } from '../base/errors.ts';
import { parseCalibration } from '../calibrate/calibration-text.ts';
import { EntryDecoder, FORMAT_VERSION, PROFILE } from './channels.ts';
import type { McapRecord } from './mcap.ts';
import { McapParser } from './mcap.ts';
import type { RecordEntry, RecordingAbout } from './record-entry.ts';
import { ABOUT_METADATA, CALIBRATION_ATTACHMENT, CONFIG_ATTACHMENT } from './recording-writer.ts';

/** What reading all of it found about the file itself. */
export interface ReadingEnd {
  /** The file has its end and every message follows its schema. */
  readonly isWhole: boolean;
  /** What is missing or damaged, for people; empty where nothing is. */
  readonly problems: readonly string[];
}

export interface ReadOptions {
  /** `false` leaves the frames' data empty: quicker where only their times are wanted. */
  readonly pictures?: boolean;
}

const PIECE_BYTES = 1024 * 1024;

const aboutSchema = z.object({
  formatVersion: z.string(), sortlineVersion: z.string(), runId: z.string(), site: z.string(), line: z.string(),
  source: z.enum(['line', 'simulation', 'video']), wallOffsetNs: z.string().regex(/^-?\d+$/).transform(BigInt),
});

export class Recording {
  readonly path: string;
  readonly about: RecordingAbout;
  #end: ReadingEnd | undefined;

  private constructor(path: string, about: RecordingAbout) {
    this.path = path;
    this.about = about;
  }

  /**
   * Reads what it is about: it stands before the first entry, or behind the last where another tool rewrote the file. Throws RECORD_UNREADABLE (no such
   * file, no MCAP, cut off before its first entry), RECORD_FOREIGN
   * (another program's MCAP), RECORD_VERSION (a newer Sortline's) and the codes of a calibration.
   */
  static open(path: string): Recording {
    const facts: { about?: Record<string, string>; config?: string; calibrationText?: string } = {};
    for (const record of recordsOf(path, () => undefined)) {
      if (record.type === 'Header' && record.profile !== PROFILE) throw foreign(path, `it was written by '${record.library}'`);
      if (record.type === 'Metadata' && record.name === ABOUT_METADATA) facts.about = Object.fromEntries(record.metadata);
      if (record.type === 'Attachment' && record.name === CONFIG_ATTACHMENT) facts.config = textOf(record.data);
      if (record.type === 'Attachment' && record.name === CALIBRATION_ATTACHMENT) facts.calibrationText = textOf(record.data);
      const { about, config, calibrationText } = facts;
      if (about !== undefined) checkVersion(path, about);
      if (about !== undefined && config !== undefined && calibrationText !== undefined) return new Recording(path, aboutOf(path, { about, config, calibrationText }));
    }
    throw new SortlineError('RECORD_UNREADABLE', `the recording ${path} ends without saying what it is about: it was cut off as it began, or rewritten by another program that left that out`, { context: { path } });
  }

  /** What the last reading to the end found; undefined before one. */
  get end(): ReadingEnd | undefined {
    return this.#end;
  }

  /** Every entry, in the order of the file; each call reads it anew. What cannot be read is left out and told by {@link end}. */
  *entries(options: ReadOptions = {}): Generator<RecordEntry> {
    const decoder = new EntryDecoder({ pictures: options.pictures ?? true });
    const topicById = new Map<number, string>();
    const problems: string[] = [];
    let badCount = 0, firstBad = '', messageCount = 0, writtenCount: number | undefined;
    for (const record of recordsOf(this.path, (problem) => problems.push(problem))) {
      if (record.type === 'Channel') topicById.set(record.id, record.topic);
      if (record.type === 'Statistics') writtenCount = Number(record.messageCount);
      if (record.type !== 'Message') continue;
      messageCount++;
      const topic = topicById.get(record.channelId)!;
      let entry: RecordEntry | undefined;
      try {
        entry = decoder.decode({ topic, data: record.data });
      } catch (error) {
        if (!isSortlineError(error, 'RECORD_DAMAGED')) throw error;
        if (badCount++ === 0) firstBad = error.message;
      }
      if (entry !== undefined) yield entry;
    }
    if (badCount > 0) problems.push(`${badCount} messages cannot be used and were left out; the first: ${firstBad}`);
    // Damage to the head of a chunk can make it look like something to be passed over.
    if (problems.length === 0 && writtenCount !== undefined && writtenCount !== messageCount) problems.push(`the file is damaged: ${messageCount} messages were found, ${writtenCount} were written`);
    this.#end = { isWhole: problems.length === 0, problems };
  }
}

/** Every whole record. Throws RECORD_UNREADABLE where the file is none; damage behind its beginning ends it and is told. */
function* recordsOf(path: string, onProblem: (problem: string) => void): Generator<McapRecord> {
  const file = opened(path);
  try {
    const parser = new McapParser();
    let readBytes = 0, recordCount = 0;
    for (;;) {
      const buffer = Buffer.allocUnsafe(PIECE_BYTES);
      const bytesRead = readSync(file, buffer, 0, PIECE_BYTES, null);
      if (bytesRead === 0) break;
      readBytes += bytesRead;
      try {
        for (const record of parser.feed(buffer.subarray(0, bytesRead))) {
          recordCount++;
          yield record;
        }
      } catch (cause) {
        if (isSortlineError(cause)) throw cause;
        if (recordCount === 0) throw new SortlineError('RECORD_UNREADABLE', `${path} is no recording: ${reasonOf(cause).split('\n')[0]}; expected an MCAP file that \`sortline record\` wrote`, { context: { path }, cause });
        onProblem(`the file is damaged about ${readBytes - parser.unreadBytes} bytes from its beginning (${reasonOf(cause)}): what stands behind was left out`);
        return;
      }
    }
    if (readBytes === 0) throw new SortlineError('RECORD_UNREADABLE', `the recording ${path} is empty: it was cut off as it began`, { context: { path } });
    if (!parser.isComplete) onProblem(`the file has no end: it was cut off (a killed process, a full disk) behind its last whole chunk${parser.unreadBytes === 0 ? '' : `; ${parser.unreadBytes} bytes of the next were left out`}`);
  } finally {
    closeSync(file);
  }
}

function opened(path: string): number {
  try {
    const file = openSync(path, 'r');
    if (fstatSync(file).isFile()) return file;
    closeSync(file);
  } catch (cause) {
    throw new SortlineError('RECORD_UNREADABLE', `the recording ${path} cannot be opened: ${reasonOf(cause)}`, { context: { path }, cause });
  }
  throw new SortlineError('RECORD_UNREADABLE', `the recording ${path} is no file`, { context: { path } });
}

function checkVersion(path: string, about: Record<string, string>): void {
  const version = Number(about['formatVersion']);
  if (version === FORMAT_VERSION) return;
  throw new SortlineError('RECORD_VERSION', `the recording ${path} has format ${about['formatVersion']} (written by Sortline ${about['sortlineVersion']}), this Sortline reads format ${FORMAT_VERSION}: use the version that wrote it, or record anew`, { context: { path, found: about['formatVersion'], expected: FORMAT_VERSION } });
}

function aboutOf(path: string, facts: { about: Record<string, string>; config: string; calibrationText: string }): RecordingAbout {
  const about = aboutSchema.safeParse(facts.about);
  if (!about.success) throw foreign(path, `its metadata '${ABOUT_METADATA}' lacks ${about.error.issues.map((issue) => issue.path.join('.')).join(', ')}`);
  const { sortlineVersion, runId, site, line, source, wallOffsetNs } = about.data;
  let config: unknown;
  try {
    config = JSON.parse(facts.config);
  } catch (cause) {
    throw foreign(path, `its ${CONFIG_ATTACHMENT} is no JSON: ${reasonOf(cause)}`);
  }
  return { sortlineVersion, runId, site, line, source, wallOffsetNs, config, calibration: parseCalibration(facts.calibrationText, `in ${path}`) };
}

function foreign(path: string, why: string): SortlineError {
  return new SortlineError('RECORD_FOREIGN', `${path} is an MCAP file, but no recording of Sortline: ${why}; a video can be brought in with \`sortline recording import\``, { context: { path } });
}

function textOf(data: Uint8Array): string {
  return Buffer.from(data).toString('utf8');
}
