// Reads a calibration file: the measured geometry of one camera over one belt. Numbers only; it fits and measures nothing.
//
//   line: north-hall-2                    pixelToBelt maps (u, v, 1) in pixels, edges of the picture at 0 and at its
//   measuredOn: 2026-03-04                width or height, to (x, y, 1) in mm up to scale
//   method: checkerboard 9x6, 40 mm
//   frameSize: {width: 1280, height: 720}
//   pixelToBelt: [[0.625, 0, 0], [0, 0.625, 0], [0, 0, 1]]
//   countsPerMm: 5
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { z } from 'zod';
import { reasonOf, SortlineError } from '../base/errors.ts';
import type { Calibration } from '../domain/calibration.ts';
import { pixelToBeltMm } from '../domain/calibration.ts';

const finite = z.number().refine(Number.isFinite, 'must be a finite number');
const row = z.array(finite).length(3);
const pixels = z.int().min(16).max(20_000);

const calibrationFile = z.strictObject({
  line: z.string().min(1).describe('Name of the line it was measured on.'),
  measuredOn: z.iso.date().describe('Day of the measurement, YYYY-MM-DD.'),
  method: z.string().min(1).describe('How it was measured.'),
  frameSize: z.strictObject({ width: pixels, height: pixels }).describe('Size of the pictures it holds for, px.'),
  pixelToBelt: z.array(row).length(3).describe('Three rows of the homography from pixels to belt mm.'),
  countsPerMm: z.number().positive().max(10_000).describe('Encoder counts per mm of belt travel.'),
});

/**
 * The calibration in `file` (YAML). Throws CALIB_UNREADABLE where it cannot be read or is no YAML, CALIB_INVALID with every
 * field that is wrong.
 */
export function loadCalibration(file: string): Calibration {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    throw new SortlineError('CALIB_UNREADABLE', `the calibration ${file} cannot be read: ${reasonOf(cause)}; name the file of this line under calibration.file`, { context: { file }, cause });
  }
  return parseCalibration(text, file);
}

/** As {@link loadCalibration}, from the file's text. */
export function parseCalibration(text: string, file: string): Calibration {
  let data: unknown;
  try {
    // The core schema would turn a date into text anyway; `strict` refuses duplicate keys.
    data = parse(text, { strict: true, uniqueKeys: true, maxAliasCount: 0 });
  } catch (cause) {
    throw new SortlineError('CALIB_UNREADABLE', `the calibration ${file} is not YAML: ${reasonOf(cause).split('\n')[0]}`, { context: { file }, cause });
  }
  const parsed = calibrationFile.safeParse(data);
  if (!parsed.success) {
    const problems = parsed.error.issues.map((issue) => `${issue.path.join('.') || '(whole file)'}: ${issue.message}`);
    throw invalid(file, problems);
  }
  const { pixelToBelt, ...rest } = parsed.data;
  const calibration: Calibration = { ...rest, pixelToBelt: pixelToBelt.flat() };
  const problem = geometryProblem(calibration);
  if (problem !== undefined) throw invalid(file, [problem]);
  return calibration;
}

/** Why the homography cannot be a camera over a belt; undefined where it can. */
function geometryProblem(calibration: Calibration): string | undefined {
  const [a, b, c, d, e, f, g, h, i] = calibration.pixelToBelt as [number, number, number, number, number, number, number, number, number];
  const determinant = a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g);
  if (Math.abs(determinant) < 1e-12) return 'pixelToBelt: the matrix has no inverse, so pixels do not map to belt places';
  const { width, height } = calibration.frameSize;
  const corners = [[0, 0], [width, 0], [0, height], [width, height]] as const;
  // A horizon inside the picture puts part of it behind the camera.
  const depths = corners.map(([u, v]) => g * u + h * v + i);
  if (depths.some((depth) => Math.sign(depth) !== Math.sign(depths[0]!) || depth === 0)) return 'pixelToBelt: the horizon of the belt runs through the picture';
  const spans = corners.map(([u, v]) => pixelToBeltMm(calibration, u, v));
  const extentMm = Math.max(...spans.map(({ xMm }) => xMm)) - Math.min(...spans.map(({ xMm }) => xMm));
  return extentMm >= 10 && extentMm <= 100_000 ? undefined : `pixelToBelt: the picture would show ${extentMm.toPrecision(3)} mm of belt, allowed are 10 to 100000 mm`;
}

function invalid(file: string, problems: readonly string[]): SortlineError {
  return new SortlineError('CALIB_INVALID', `the calibration ${file} is not valid: ${problems.join('; ')}`, { context: { file, problems } });
}
