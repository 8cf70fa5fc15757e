// Which calibration a configuration means: its own file, or the virtual belt's known geometry; and whether it is one of the camera
// and size that are configured.
import { fileURLToPath } from 'node:url';
import type { ActuatorOptions } from '../actuate/options.ts';
import { SortlineError } from '../base/errors.ts';
import { loadCalibration } from '../calibrate/load-calibration.ts';
import { cameraIdentity } from '../camera/camera-identity.ts';
import type { Config } from '../config/schema.ts';
import type { Calibration } from '../domain/calibration.ts';

const VIRTUAL_BELT_FILE = fileURLToPath(new URL('../../calibration/virtual-belt/calibration.yaml', import.meta.url));

/**
 * Throws CALIB_UNREADABLE or CALIB_INVALID, naming the file; CALIB_SIZE_MISMATCH and CALIB_OTHER_CAMERA where `config` names a
 * camera and the file is not of it.
 */
export function calibrationFor(config: Pick<Config, 'calibration'> & Partial<Pick<Config, 'camera'>>): Calibration {
  const { file } = config.calibration;
  const calibration = loadCalibration(file ?? VIRTUAL_BELT_FILE);
  if (file !== undefined && config.camera !== undefined) mustFit(calibration, config.camera.source, file);
  return calibration;
}

/** The actuators as the line drives them: measured offset and delay where there are any. */
export function measuredActuators(actuators: readonly ActuatorOptions[], { actuators: measured }: Pick<Calibration, 'actuators'>): ActuatorOptions[] {
  return actuators.map((actuator) => ({ ...actuator, ...measured?.[actuator.id] }));
}

/** Throws CALIB_OTHER_CAMERA where both cameras are known and differ. */
export function mustBeOf(connected: string | undefined, calibrated: string | undefined, file: string): void {
  if (connected === undefined || calibrated === undefined || connected === calibrated) return;
  throw new SortlineError('CALIB_OTHER_CAMERA', `${file} was measured with the camera ${calibrated}, but ${connected} is connected: calibrate this camera (\`sortline calibrate camera\`, then \`belt\`), or name its own file under calibration.file`, { context: { file, connected, calibrated } });
}

function mustFit({ camera, frameSize }: Calibration, source: Config['camera']['source'], file: string): void {
  mustBeOf(cameraIdentity(source), camera, file);
  if (!('width' in source) || (source.width === frameSize.width && source.height === frameSize.height)) return;
  throw new SortlineError('CALIB_SIZE_MISMATCH',
    `${file} was made for pictures of ${frameSize.width}x${frameSize.height} px, camera.source asks for ${source.width}x${source.height} px: set the camera to that size, or calibrate for this one`,
    { context: { file, found: { width: source.width, height: source.height }, expected: frameSize } });
}
