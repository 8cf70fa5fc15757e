// Reads and writes calibration files; what is in them is calibration-text.ts's.
import { readFileSync } from 'node:fs';
import { reasonOf, SortlineError } from '../base/errors.ts';
import { replaceFile } from '../base/replace-file.ts';
import type { Calibration } from '../domain/calibration.ts';
import type { LensCalibration } from './calibration-text.ts';
import { calibrationText, lensText, parseCalibration, parseLens } from './calibration-text.ts';

/** The calibration in `file` (YAML). Throws CALIB_UNREADABLE where it cannot be read or is no YAML, CALIB_INVALID with every field that is wrong. */
export function loadCalibration(file: string): Calibration {
  return parseCalibration(textOf(file, 'name the file of this line under calibration.file'), file);
}

/** The lens that `sortline calibrate camera` measured; throws as {@link loadCalibration}. */
export function loadLens(file: string): LensCalibration {
  return parseLens(textOf(file, 'run `sortline calibrate camera` first'), file);
}

/** Writes all of it or nothing. Throws CALIB_WRITE_FAILED; CALIB_INVALID for numbers that a reader would refuse. */
export function saveCalibration(file: string, calibration: Calibration): void {
  const text = calibrationText(calibration);
  parseCalibration(text, file);
  writeMeasured(file, Buffer.from(text));
}

/** As {@link saveCalibration}, for the lens alone. */
export function saveLens(file: string, calibration: LensCalibration): void {
  const text = lensText(calibration);
  parseLens(text, file);
  writeMeasured(file, Buffer.from(text));
}

/** A picture or report beside a calibration. Throws CALIB_WRITE_FAILED. */
export function writeMeasured(file: string, bytes: Uint8Array): void {
  try {
    replaceFile(file, [bytes]);
  } catch (cause) {
    throw new SortlineError('CALIB_WRITE_FAILED', `${file} cannot be written: ${reasonOf(cause)}; name another folder, or make room`, { context: { file }, cause });
  }
}

function textOf(file: string, whatToDo: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new SortlineError('CALIB_UNREADABLE', `the calibration ${file} cannot be read: ${reasonOf(cause)}; ${whatToDo}`, { context: { file }, cause });
  }
}
