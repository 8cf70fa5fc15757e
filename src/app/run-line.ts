// The service: `sortline run` and `sortline demo`. Opens what shows and stores (ledger, MQTT, dashboard, log), then the
// line; says where everything is; on a signal ends it all in order and prints the ledger.
import { delay, systemClock } from '../base/clock.ts';
import type { SortlineErrorCode } from '../base/errors.ts';
import { SortlineError } from '../base/errors.ts';
import type { Config } from '../config/schema.ts';
import type { LineEvent, LineSink } from '../domain/line-event.ts';
import { summaryText } from '../ledger/summary-text.ts';
import { calibrationFor } from './calibration-for.ts';
import { followConfig } from './live-config.ts';
import type { LiveLine } from './live-line.ts';
import { openLiveLine } from './live-line.ts';
import { createLog } from './log.ts';
import { openOutlets } from './outlets.ts';
import { openRecorder } from './open-recorder.ts';
import { newRunId } from './run-id.ts';
import { SystemdNotice } from './systemd-notice.ts';
import { beforeFatal, untilSignal } from './signals.ts';

const MS_PER_S = 1000;

export interface RunOptions {
  config: Config;
  /** Watched for changes of recipe and bins. */
  configPath?: string;
  /** `demo` takes free ports where the usual ones are taken. */
  mode: 'run' | 'demo';
  /** Where `record.enabled`: one file of this name instead of the folder of the configuration. */
  recordTo?: string | undefined;
  /** Stops by itself after so long. */
  seconds?: number | undefined;
}

/** Runs until a signal, or as long as was asked for; the exit code. Throws what cannot be opened at the start. */
export async function runLine(options: RunOptions): Promise<number> {
  const { config, configPath, mode, recordTo, seconds } = options;
  const clock = systemClock;
  const log = createLog({ ...config.log, to: 'stdout' });
  // Whoever asks for JSON reads standard output with a program.
  const forPeople = config.log.format === 'json' ? process.stderr : process.stdout;
  const calibration = calibrationFor(config);
  const runId = newRunId(clock);
  let refuse: (code: string, message: string) => void = () => undefined;
  // A model or camera that cannot be used as configured stops the service only while it starts: later the line holds itself safe.
  const refused = new Promise<SortlineError>((resolve) => {
    refuse = (code, message) => { if (live.line.state === 'starting') resolve(new SortlineError(code as SortlineErrorCode, message)); };
  });
  const recorder = config.record.enabled ? await openRecorder({ config, calibration, clock, log, runId, source: 'line', path: recordTo }) : undefined;
  // The line first, at rest: from the moment one of its outlets is open, somebody may ask it something, or the ledger raise an alarm.
  const early: LineEvent[] = [];
  let tell: LineSink = (event) => void early.push(event);
  const live: LiveLine = openLiveLine({
    config, calibration, clock, log, runId, recorder,
    sink: (event) => tell(event),
    onSnapshot: (jpeg, marks) => outlets.showSnapshot(jpeg, marks),
    onCrop: (itemId, jpeg) => outlets.keepCrop(itemId, jpeg),
    onVisionRefused: (code, message) => refuse(code, message),
  });
  const outlets = await openOutlets({ clock, log, config, calibration, runId, takeFreePorts: mode === 'demo', line: () => live.line })
    .catch(async (error: unknown) => {
      await recorder?.close();
      throw error;
    });
  tell = outlets.sink;
  for (const event of early.splice(0)) tell(event);
  beforeFatal(() => live.stop('internal error'));
  const stopAsked = Promise.race([untilSignal(clock, () => process.exit(130)), refused, ...(seconds === undefined ? [] : [delay(clock, seconds * MS_PER_S).then(() => `the clock, after ${seconds} s`)])]);
  forPeople.write(banner({ config, configPath, recordTo, addresses: outlets.addresses, plant: live.plant !== undefined }));
  const watch = configPath === undefined ? undefined : followConfig(configPath, { running: config, line: live.line, log });
  const systemd = new SystemdNotice({ clock, log, environment: process.env });
  await live.start();
  systemd.ready(`line ${config.line.id} at ${config.line.site}`);
  const stopped = await stopAsked;
  void systemd.stopping();
  watch?.close();
  await live.stop(typeof stopped === 'string' ? `stopped by ${stopped}` : stopped.message);
  await recorder?.close();
  const summary = await outlets.close();
  if (stopped instanceof SortlineError) throw stopped;
  forPeople.write(`\n${summaryText(summary)}\n`);
  return 0;
}

interface BannerFacts {
  config: Config;
  configPath: string | undefined;
  recordTo: string | undefined;
  addresses: { readonly mqtt: string; readonly dashboard: string | undefined };
  plant: boolean;
}

function banner({ config, configPath, recordTo, addresses, plant }: BannerFacts): string {
  const { line, ledger, camera, link, classifier } = config;
  return [
    '',
    `Sortline: line ${line.id} at ${line.site}${plant ? ', on a simulated board' : ''}`,
    `  config     ${configPath ?? 'embedded defaults (print them with `npx sortline config`)'}`,
    `  dashboard  ${addresses.dashboard ?? 'off'}`,
    `  MQTT       ${addresses.mqtt}, topics sortline/${line.site}/${line.id}/#`,
    `  ledger     ${ledger.path}`,
    `  camera     ${camera.source.kind}   board  ${link.connection.kind}   model  ${classifier.model}`,
    ...(config.record.enabled ? [`  recording  ${recordTo ?? `into ${config.record.folder} (${config.record.mode})`}`] : []),
    `  Ctrl-C     stops the line and prints the ledger`,
    '', '',
  ].join('\n');
}
