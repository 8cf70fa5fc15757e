// The recorder of a line, as its configuration asks for it: what the files say of themselves, secrets hidden.
import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/logger.ts';
import type { Config } from '../config/schema.ts';
import { withoutSecrets } from '../config/secrets.ts';
import type { Calibration } from '../domain/calibration.ts';
import { LineRecorder } from '../record/line-recorder.ts';
import type { RecordingAbout } from '../record/record-entry.ts';
import { sortlineVersion } from './version.ts';

export interface RecorderSettings {
  readonly config: Config;
  readonly calibration: Calibration;
  readonly clock: Clock;
  readonly log: Logger;
  readonly runId: string;
  readonly source: RecordingAbout['source'];
  /** One file of this name, instead of the folder of the configuration. */
  readonly path?: string | undefined;
}

/** Opens its first file where it records from the start. Throws RECORD_WRITE_FAILED. */
export async function openRecorder({ config, calibration, clock, log, runId, source, path }: RecorderSettings): Promise<LineRecorder> {
  const recorder = new LineRecorder({
    clock, log, options: config.record, ...(path === undefined ? {} : { path }),
    about: { sortlineVersion: sortlineVersion(), runId, site: config.line.site, line: config.line.id, source, config: withoutSecrets(config), calibration },
  });
  await recorder.start();
  return recorder;
}
