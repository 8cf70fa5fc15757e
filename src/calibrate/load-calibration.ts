// Reads and writes calibration files; what is in them is calibration-text.ts's.
import { readFileSync } from 'node:fs';
import { reasonOf, SortlineError } from '../base/errors.ts';
import { replaceFile } from '../base/replace-file.ts';
import type { Calibration } from '../domain/calibration.ts';
import { calibrationText, parseCalibration } from './calibration-text.ts';

/** The calibration in `file` (YAML). Throws CALIB_UNREADABLE where it cannot be read or is no YAML, CALIB_INVALID with every field that is wrong. */
export function loadCalibration(file: string): Calibration {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    throw new SortlineError('CALIB_UNREADABLE', `the calibration ${file} cannot be read: ${reasonOf(cause)}; name the file of this line under calibration.file`, { context: { file }, cause });
  }
  return parseCalibration(text, file);
}

/** Writes all of it or nothing. Throws CALIB_WRITE_FAILED; CALIB_INVALID for numbers that a reader would refuse. */
export function saveCalibration(file: string, calibration: Calibration): void {
  const text = calibrationText(calibration);
  parseCalibration(text, file);
  try {
    replaceFile(file, [Buffer.from(text)]);
  } catch (cause) {
    throw new SortlineError('CALIB_WRITE_FAILED', `the calibration cannot be written to ${file}: ${reasonOf(cause)}; name another file, or make room`, { context: { file }, cause });
  }
}
