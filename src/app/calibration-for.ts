// Which calibration a configuration means: its own file, or the virtual belt's known geometry.
import { fileURLToPath } from 'node:url';
import { loadCalibration } from '../calibrate/load-calibration.ts';
import type { Config } from '../config/schema.ts';
import type { Calibration } from '../domain/calibration.ts';

const VIRTUAL_BELT_FILE = fileURLToPath(new URL('../../calibration/virtual-belt/calibration.yaml', import.meta.url));

/** Throws CALIB_UNREADABLE or CALIB_INVALID, naming the file. */
export function calibrationFor(config: Pick<Config, 'calibration'>): Calibration {
  return loadCalibration(config.calibration.file ?? VIRTUAL_BELT_FILE);
}
