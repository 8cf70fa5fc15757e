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
import { Document, isScalar, parse, visit } from 'yaml';
import { z } from 'zod';
import { reasonOf, SortlineError } from '../base/errors.ts';
import type { Calibration } from '../domain/calibration.ts';
import { geometryProblem, isInvertible } from './geometry-problem.ts';

const finite = z.number().refine(Number.isFinite, 'must be a finite number');
const row = z.tuple([finite, finite, finite]);
const pair = z.tuple([finite, finite]);
const pixels = z.int().min(16).max(20_000);
const name = z.string().min(1).max(200);

const date = z.iso.date();
const lens = z.strictObject({ focalPx: z.tuple([finite.positive(), finite.positive()]), centrePx: pair, distortion: z.tuple([finite, finite, finite, finite, finite]) });
const frameSize = z.strictObject({ width: pixels, height: pixels });
const measured = z.record(name, z.strictObject({ on: date, how: z.string().min(1), figures: z.record(name, finite) }));
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);

const calibrationFile = z.strictObject({
  line: name.describe('Name of the line it was measured on.'),
  camera: name.optional().describe('Serial number or name of the camera it was measured with.'),
  measuredOn: date.describe('Day of the latest measurement, YYYY-MM-DD.'),
  expiresOn: date.optional().describe('Last day on which it is trusted without a warning, YYYY-MM-DD.'),
  method: z.string().min(1).describe('How it was measured.'),
  frameSize: frameSize.describe('Size of the pictures it holds for, px.'),
  lens: lens.optional().describe('Focal lengths and centre in px, and k1, k2, p1, p2, k3.'),
  pixelToBelt: z.tuple([row, row, row]).describe('Three rows of the homography from straightened pixels to belt mm.'),
  countsPerMm: z.number().positive().max(10_000).describe('Encoder counts per mm of belt travel.'),
  actuators: z.record(name, z.strictObject({ offsetMm: finite, leadMs: finite.min(0).max(60_000) })).optional().describe('Measured place and delay by actuator id.'),
  colour: z.strictObject({ gains: z.tuple([finite.positive(), finite.positive(), finite.positive()]), beltBgr: row }).optional().describe('White balance, and the colour of the empty belt.'),
  measured: measured.optional().describe('How, when and how well each part was measured.'),
  sha256: sha256.optional().describe('Hash over everything else.'),
});

/** What `calibrate camera` leaves for `calibrate belt`: a lens over no belt yet. */
const lensFile = z.strictObject({ line: name, camera: name.optional(), measuredOn: date, frameSize, lens, measured: measured.optional(), sha256: sha256.optional() });

export type LensCalibration = Required<Pick<Calibration, 'lens'>> & Pick<Calibration, 'line' | 'camera' | 'measuredOn' | 'frameSize' | 'measured'>;

/** `text` as a calibration; `file` is what errors call it. Throws CALIB_UNREADABLE where it is no YAML, CALIB_INVALID with every field that is wrong. */
export function parseCalibration(text: string, file: string): Calibration {
  const { pixelToBelt, sha256: hash, ...rest } = parsed(text, file, calibrationFile);
  const calibration: Calibration = { ...rest, pixelToBelt: pixelToBelt.flat() };
  const problem = geometryProblem(calibration);
  if (problem !== undefined) throw invalid(file, [problem]);
  mustBeUnchanged(calibration, hash, file);
  return calibration;
}

/** As {@link parseCalibration}, for the lens alone. */
export function parseLens(text: string, file: string): LensCalibration {
  const { sha256: hash, ...calibration } = parsed(text, file, lensFile);
  if (!isInvertible(calibration.lens, calibration.frameSize)) throw invalid(file, ['lens: the distortion folds the picture over within its edges, which no lens does']);
  mustBeUnchanged(calibration, hash, file);
  return calibration;
}

/** The file's text, with its hash; a reader gets the same calibration back. */
export function calibrationText(calibration: Calibration): string {
  const { pixelToBelt, ...rest } = calibration;
  return withHash({ ...rest, pixelToBelt: [pixelToBelt.slice(0, 3), pixelToBelt.slice(3, 6), pixelToBelt.slice(6)] }, calibration);
}

export function lensText(calibration: LensCalibration): string {
  return withHash(calibration, calibration);
}

function parsed<Schema extends z.ZodType>(text: string, file: string, schema: Schema): z.output<Schema> {
  let data: unknown;
  try {
    // The core schema would turn a date into text anyway; `strict` refuses duplicate keys.
    data = parse(text, { strict: true, uniqueKeys: true, maxAliasCount: 0 });
  } catch (cause) {
    throw new SortlineError('CALIB_UNREADABLE', `the calibration ${file} is not YAML: ${reasonOf(cause).split('\n')[0]}`, { context: { file }, cause });
  }
  const result = schema.safeParse(data);
  if (result.success) return result.data;
  throw invalid(file, result.error.issues.map((issue) => `${issue.path.join('.') || '(whole file)'}: ${issue.message}`));
}

function withHash(content: object, hashed: object): string {
  const document = new Document({ ...content, sha256: hashOf(hashed) });
  // Rows of numbers in one line, as a person would write them.
  visit(document, { Seq: (_, node) => { node.flow = true; }, Map: (_, node) => { node.flow = node.items.every(({ value }) => isScalar(value)) && node !== document.contents; } });
  const body = document.toString({ flowCollectionPadding: false, lineWidth: 0 });
  return `# Measured by \`sortline calibrate\`; a change by hand is refused by the hash at the end.\n${body}`;
}

function mustBeUnchanged(calibration: object, hash: string | undefined, file: string): void {
  if (hash === undefined || hash === hashOf(calibration)) return;
  throw invalid(file, ['sha256: the file was changed after it was measured; calibrate again, or take the line `sha256` out to answer for the numbers yourself']);
}

/** SHA-256 over the content in an order of its own, hex: the same however the file is laid out. */
export function hashOf(calibration: object): string {
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
