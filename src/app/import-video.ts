// A plain video of the belt as a recording: its pictures at their times, over a belt that moves evenly, or as a table of encoder counts says. What a
// real line would have seen is then replayed like any recording.
import { readFileSync } from 'node:fs';
import { isSortlineError, reasonOf, SortlineError } from '../base/errors.ts';
import { ManualClock } from '../base/manual-clock.ts';
import type { MonotonicNs } from '../base/units.ts';
import { NS_PER_MS, NS_PER_S } from '../base/units.ts';
import { createCamera } from '../camera/create-camera.ts';
import type { Config } from '../config/schema.ts';
import { withoutSecrets } from '../config/secrets.ts';
import { BeltClock } from '../domain/belt-clock.ts';
import type { Calibration } from '../domain/calibration.ts';
import type { BeltSample } from '../domain/frame.ts';
import { encodeJpeg } from '../image/decode.ts';
import type { ItemLabel, RecordEntry, RecordingAbout } from '../record/record-entry.ts';
import { readLabels } from '../record/labels-file.ts';
import { sortlineVersion } from './version.ts';
import { inVirtualTime } from './virtual-time.ts';

export interface ImportOptions {
  readonly video: string;
  readonly config: Config;
  readonly calibration: Calibration;
  /** Even speed of the belt, mm/s; or a CSV file with the columns second,counts. */
  readonly belt: { readonly mmPerSecond: number } | { readonly file: string };
  readonly labels?: string | undefined;
  readonly framesPerSecond?: number | undefined;
  readonly quality: number;
  /** Wall time at which the video began, ms since 1970. */
  readonly wallMs: number;
}

const SAMPLE_S = 0.02;

export function aboutVideo({ config, calibration, wallMs, video }: ImportOptions): RecordingAbout {
  return {
    sortlineVersion: sortlineVersion(), runId: `video-${Buffer.from(video.split('/').at(-1) ?? '').toString('hex').slice(0, 16)}`, site: config.line.site, line: config.line.id, source: 'video',
    wallOffsetNs: BigInt(Math.round(wallMs * NS_PER_MS)), config: withoutSecrets(config), calibration,
  };
}

/** Throws the codes of a camera, RECORD_REFUSED where the pictures are not of the calibrated size, RECORD_LABELS_INVALID. */
export async function* videoEntries(options: ImportOptions): AsyncGenerator<RecordEntry> {
  const { video, calibration, quality, framesPerSecond } = options;
  const clock = new ManualClock();
  const camera = createCamera({ kind: 'video-file', path: video, loop: false, ...(framesPerSecond === undefined ? {} : { framesPerSecond }) }, clock);
  const belt = beltOf(options);
  await camera.open();
  try {
    yield { kind: 'event', atNs: 0, event: { kind: 'line.state', atNs: 0, state: 'running', reason: 'imported', by: 'import' } };
    for (const label of labelsOf(options, belt)) yield { kind: 'label', atNs: 0, label };
    let toldNs: MonotonicNs = -NS_PER_S;
    for (let sequence = 0; ; sequence++) {
      const raw = await inVirtualTime(clock, camera.read()).catch((error: unknown) => { if (isSortlineError(error, 'CAMERA_ENDED')) return undefined; throw error; });
      if (raw === undefined) return;
      const { capturedAtNs, image } = raw;
      try {
        const size = { width: image.cols, height: image.rows };
        if (size.width !== calibration.frameSize.width || size.height !== calibration.frameSize.height) throw otherSize(video, size, calibration);
        for (const sample of belt.samplesBetween(toldNs, capturedAtNs)) yield { kind: 'belt', atNs: sample.atNs, sample };
        toldNs = capturedAtNs;
        const encoderCounts = belt.countsAt(capturedAtNs);
        yield { kind: 'frame', atNs: capturedAtNs, frame: { sequence, capturedAtNs, encoderCounts, size, format: 'jpeg', data: encodeJpeg(image, quality) } };
      } finally {
        image.release();
      }
    }
  } finally {
    await camera.close();
  }
}

interface ImportedBelt {
  countsAt(atNs: MonotonicNs): number;
  /** After `fromNs`, up to `toNs`. */
  samplesBetween(fromNs: MonotonicNs, toNs: MonotonicNs): readonly BeltSample[];
}

function beltOf({ belt, calibration }: ImportOptions): ImportedBelt {
  if ('file' in belt) return beltFrom(belt.file);
  const countsPerSecond = belt.mmPerSecond * calibration.countsPerMm;
  // A second ahead, so that no count before the first picture is below 0.
  const countsAt = (atNs: MonotonicNs): number => ((atNs + NS_PER_S) / NS_PER_S) * countsPerSecond;
  return {
    countsAt,
    samplesBetween: (fromNs, toNs) => {
      const first = Math.floor(fromNs / NS_PER_S / SAMPLE_S) + 1, last = Math.floor(toNs / NS_PER_S / SAMPLE_S);
      return Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => {
        const atNs = (first + index) * SAMPLE_S * NS_PER_S;
        return { atNs, counts: Math.floor(countsAt(atNs)), countsPerSecond };
      });
    },
  };
}

function beltFrom(path: string): ImportedBelt {
  const samples = samplesFrom(path);
  return {
    countsAt: (atNs) => {
      const near = new BeltClock();
      for (const sample of samples) if (Math.abs(sample.atNs - atNs) < 2 * NS_PER_S) near.add(sample);
      return near.countsAt(atNs) ?? samples.at(atNs < samples[0]!.atNs ? 0 : -1)!.counts;
    },
    samplesBetween: (fromNs, toNs) => samples.filter(({ atNs }) => atNs > fromNs && atNs <= toNs),
  };
}

function samplesFrom(path: string): BeltSample[] {
  let lines: string[];
  try {
    lines = readFileSync(path, 'utf8').trim().split(/\r?\n/);
  } catch (cause) {
    throw new SortlineError('RECORD_UNREADABLE', `the encoder counts ${path} cannot be read: ${reasonOf(cause)}`, { context: { path }, cause });
  }
  const rows = lines.slice(1).map((line) => line.split(/[,;]/).map(Number));
  const wrong = rows.findIndex(([second, counts], index) => !Number.isFinite(second) || !Number.isFinite(counts) || (index > 0 && !(second! > rows[index - 1]![0]!)));
  if (!/^second[,;]counts$/i.test(lines[0]?.replaceAll(' ', '') ?? '') || rows.length < 2 || wrong >= 0) {
    throw new SortlineError('RECORD_REFUSED', `the encoder counts ${path} cannot be used${wrong >= 0 ? `: line ${wrong + 2} holds no number, or a time that does not grow` : ''}; expected the columns second,counts and at least two lines`, { context: { path } });
  }
  return rows.map(([second, counts], index) => {
    const [a, b] = [rows[Math.max(0, index - 1)]!, rows[Math.min(rows.length - 1, index + 1)]!];
    return { atNs: second! * NS_PER_S, counts: counts!, countsPerSecond: (b[1]! - a[1]!) / (b[0]! - a[0]!) };
  });
}

function labelsOf({ labels }: ImportOptions, belt: ImportedBelt): ItemLabel[] {
  return labels === undefined ? [] : readLabels(labels, { positionOf: () => undefined, countsAt: (second) => belt.countsAt(second * NS_PER_S) });
}

function otherSize(video: string, size: { width: number; height: number }, { frameSize, line }: Calibration): SortlineError {
  return new SortlineError('RECORD_REFUSED', `the video ${video} has ${size.width}x${size.height} px, the calibration of ${line} was made for ${frameSize.width}x${frameSize.height} px: name the calibration of the camera that took it`, { context: { video, found: size, expected: frameSize } });
}
