// Which camera it is, as far as it can be told without opening it: what a calibration carries, so that a replaced camera is
// noticed before it places items wrongly.
import { readFileSync, realpathSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { CameraSourceOptions } from './options.ts';
import { urlWithoutSecrets } from './descriptions.ts';

const SYSFS = '/sys/class/video4linux';

/** Serial number of a USB camera, or the name or address it is reached by; undefined for files, which show whatever was recorded. */
export function cameraIdentity(source: CameraSourceOptions, sysfs = SYSFS): string | undefined {
  switch (source.kind) {
    case 'v4l2': return usbSerial(source.device, sysfs) ?? stableName(source.device);
    case 'url': return urlWithoutSecrets(source.url);
    case 'virtual-belt': return 'virtual-belt';
    default: return undefined;
  }
}

/** From the USB device behind /dev/videoN; undefined where it has none or is no USB camera. */
function usbSerial(device: string, sysfs: string): string | undefined {
  try {
    const node = basename(realpathSync(device));
    return readFileSync(join(sysfs, node, 'device', '..', 'serial'), 'utf8').trim() || undefined;
  } catch {
    return undefined;
  }
}

/** The names under /dev/v4l/by-id/ carry maker, model and often the serial number; /dev/video0 says nothing. */
function stableName(device: string): string | undefined {
  return device.startsWith('/dev/v4l/') ? basename(device) : undefined;
}
