// The calibration file's form: YAML with every number that was measured, how and when, and a hash over all of it, so that a
// slip of the editor does not pass for a measurement. Text to values and back; it touches no file.
//
//   line: north-hall-2                    pixelToBelt maps (u, v, 1) in pixels, edges of the picture at 0 and at its
//   camera: 8A24F1                        width or height, straightened by `lens` first, to (x, y, 1) in mm up to scale
//   measuredOn: 2026-03-04
//   expiresOn: 2026-09-04
//   method: chessboard 9x6, 40 mm
//   frameSize: {width: 1280, height: 720}
//   lens: {focalPx: [1441.2, 1440.8], centrePx: [641.0, 358.2], distortion: [-0.21, 0.07, 0, 0, 0]}
//   pixelToBelt: [[0.625, 0, 0], [0, 0.625, 0], [0, 0, 1]]
//   countsPerMm: 5
//   sha256: …
import { createHash } from 'node:crypto';
import { parse, stringify } from 'yaml';
import { z } from 'zod';
import { reasonOf, SortlineError } from '../base/errors.ts';
import type { Calibration } from '../domain/calibration.ts';
import { geometryProblem } from './geometry-problem.ts';

const finite = z.number().refine(Number.isFinite, 'must be a finite number');
const row = z.tuple([finite, finite, finite]);
const pair = z.tuple([finite, finite]);
const pixels = z.int().min(16).max(20_000);
const name = z.string().min(1).max(200);

const calibrationFile = z.strictObject({
  line: name.describe('Name of the line it was measured on.'),
  camera: name.optional().describe('Serial number or name of the camera it was measured with.'),
  measuredOn: z.iso.date().describe('Day of the latest measurement, YYYY-MM-DD.'),
  expiresOn: z.iso.date().optional().describe('Last day on which it is trusted without a warning, YYYY-MM-DD.'),
  method: z.string().min(1).describe('How it was measured.'),
  frameSize: z.strictObject({ width: pixels, height: pixels }).describe('Size of the pictures it holds for, px.'),
  lens: z.strictObject({
    focalPx: z.tuple([finite.positive(), finite.positive()]), centrePx: pair, distortion: z.tuple([finite, finite, finite, finite, finite]),
  }).optional().describe('Focal lengths and centre in px, and k1, k2, p1, p2, k3.'),
  pixelToBelt: z.tuple([row, row, row]).describe('Three rows of the homography from straightened pixels to belt mm.'),
  countsPerMm: z.number().positive().max(10_000).describe('Encoder counts per mm of belt travel.'),
  actuators: z.record(name, z.strictObject({ offsetMm: finite, leadMs: finite.min(0).max(60_000) })).optional().describe('Measured place and delay by actuator id.'),
  colour: z.strictObject({ gains: z.tuple([finite.positive(), finite.positive(), finite.positive()]), beltBgr: row }).optional().describe('White balance, and the colour of the empty belt.'),
  measured: z.record(name, z.strictObject({ on: z.iso.date(), how: z.string().min(1), figures: z.record(name, finite) })).optional().describe('How, when and how well each part was measured.'),
  sha256: z.string().regex(/^[0-9a-f]{64}$/).optional().describe('Hash over everything else.'),
});

/** `text` as a calibration; `file` is what errors call it. Throws CALIB_UNREADABLE where it is no YAML, CALIB_INVALID with every field that is wrong. */
export function parseCalibration(text: string, file: string): Calibration {
  let data: unknown;
  try {
    // The core schema would turn a date into text anyway; `strict` refuses duplicate keys.
    data = parse(text, { strict: true, uniqueKeys: true, maxAliasCount: 0 });
  } catch (cause) {
    throw new SortlineError('CALIB_UNREADABLE', `the calibration ${file} is not YAML: ${reasonOf(cause).split('\n')[0]}`, { context: { file }, cause });
  }
  const parsed = calibrationFile.safeParse(data);
  if (!parsed.success) throw invalid(file, parsed.error.issues.map((issue) => `${issue.path.join('.') || '(whole file)'}: ${issue.message}`));
  const { pixelToBelt, sha256, ...rest } = parsed.data;
  const calibration: Calibration = { ...rest, pixelToBelt: pixelToBelt.flat() };
  const problem = geometryProblem(calibration);
  if (problem !== undefined) throw invalid(file, [problem]);
  if (sha256 !== undefined && sha256 !== hashOf(calibration)) {
    throw invalid(file, ['sha256: the file was changed after it was measured; calibrate again, or take the line `sha256` out to answer for the numbers yourself']);
  }
  return calibration;
}

/** The file's text, with its hash; a reader gets the same calibration back. */
export function calibrationText(calibration: Calibration): string {
  const { pixelToBelt, ...rest } = calibration;
  const content = { ...rest, pixelToBelt: [pixelToBelt.slice(0, 3), pixelToBelt.slice(3, 6), pixelToBelt.slice(6)], sha256: hashOf(calibration) };
  return `# Measured by \`sortline calibrate\`; a change by hand is refused by the hash at the end.\n${stringify(content, { collectionStyle: 'any', flowCollectionPadding: false, lineWidth: 0 })}`;
}

/** SHA-256 over the content in an order of its own, hex: the same however the file is laid out. */
export function hashOf(calibration: Calibration): string {
  return createHash('sha256').update(JSON.stringify(ordered(calibration))).digest('hex');
}

function ordered(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(ordered);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(([, each]) => each !== undefined).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, each]) => [key, ordered(each)]));
}

function invalid(file: string, problems: readonly string[]): SortlineError {
  return new SortlineError('CALIB_INVALID', `the calibration ${file} is not valid: ${problems.join('; ')}`, { context: { file, problems } });
}
