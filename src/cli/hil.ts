// `sortline hil`: a real microcontroller, or a stand-in for one, under the production line.
import { join } from 'node:path';
import type { Command } from 'commander';
import { systemClock } from '../base/clock.ts';
import { reasonOf, SortlineError } from '../base/errors.ts';
import { replaceFile } from '../base/replace-file.ts';
import type { HilCheck } from '../app/hil-checks.ts';
import type { HilProfile } from '../app/hil-profile.ts';
import { hilProfile } from '../app/hil-profile.ts';
import type { HilReport } from '../app/hil-report.ts';
import type { ItemsDeps } from '../app/hil-items.ts';
import { defaultConfig } from '../config/load-config.ts';
import { loadSchemaFile } from '../config/load-schema-file.ts';
import type { Config } from '../config/schema.ts';
import type { Calibration } from '../domain/calibration.ts';
import { decimalNumber, wholeNumber } from './arguments.ts';
import { configFrom } from './config-file.ts';

interface HilFlags {
  readonly port: string;
  readonly baud: number;
  readonly items: number;
  readonly seed: number;
  readonly rate?: number;
  readonly speed?: number;
  readonly config?: string;
  readonly profile?: string;
  readonly report?: string;
  readonly contractOnly?: true;
  readonly json?: true;
}

const LARGEST_PROFILE_PROBLEMS = 3;
/** The report is what a person reads; the vision process would tell of its start in the middle of it. */
const LOG_LEVEL = 'error';

export function addHilCommand(program: Command): void {
  program.command('hil')
    .argument('[recording]', 'recording whose pictures are shown; the virtual belt without')
    .summary('test a real board under the production line')
    .description('Runs the production line with pictures of a recording or of the virtual belt, while a real board fires for real. Every command is followed from acknowledgement to report; the host falls silent, the cable is pulled; the report says what held. The board\'s encoder sets the pace.')
    .requiredOption('--port <port>', 'serial device, tcp:HOST:PORT, `twin` (the simulated board), or `atmega328p` (the reference firmware in a simulator)')
    .option('--baud <n>', 'speed of a serial device, bits per second', wholeNumber({ min: 9600, max: 4_000_000 }), 115_200)
    .option('--items <n>', 'items on the virtual belt', wholeNumber({ min: 1, max: 1_000_000 }), 100)
    .option('--seed <n>', 'what lies on it follows from it', wholeNumber({ min: 0, max: 0xffff_ffff }), 7)
    .option('--rate <n>', 'items a second on it', decimalNumber({ min: 0.1, max: 50 }))
    .option('--speed <mm/s>', 'belt speed of a simulated board', decimalNumber({ min: 10, max: 4000 }))
    .option('-c, --config <file>', 'take actuators, recipe, timing and the rest from this file')
    .option('--profile <file>', 'what the board must reach, YAML; docs/hil.md has every key')
    .option('--report <dir>', 'write report.json, junit.xml and index.html there')
    .option('--contract-only', 'without the line: only what firmware-protocol.md promises, in about 15 s')
    .option('--json', 'print the report as one JSON document')
    .addHelpText('after', '\nExample:\n  $ sortline hil --port atmega328p --items 50 --report out/\n\nThe exit code is 1 where a check failed.')
    .action(runCommand);
}

async function runCommand(recording: string | undefined, flags: HilFlags): Promise<void> {
  const { openHilBoard } = await import('../app/hil-board.ts');
  const { runHil } = await import('../app/hil-run.ts');
  const { createLog } = await import('../app/log.ts');
  const log = createLog({ level: LOG_LEVEL, format: 'auto', to: 'stderr' });
  const profile = profileFrom(flags.profile);
  const tell = (line: string): void => { if (flags.json !== true) process.stdout.write(`${line}\n`); };
  const scene = await openScene(recording, flags);
  const { calibration } = scene;
  const config: Config = { ...scene.config, log: { ...scene.config.log, level: LOG_LEVEL } };
  const board = await openHilBoard({ port: flags.port, baudRate: flags.baud, clock: systemClock, log, twin: config.sim.twin });
  try {
    tell(`board on ${board.transport.description}${board.moves === undefined ? '; its pins are not observed' : ', pins observed'}`);
    const report = await runHil({
      clock: systemClock, log, config, calibration, board, profile, pictures: scene.pictures,
      onCheck: (check) => tell(checkText(check)),
      onProgress: (settled) => { if (settled % 50 === 0) tell(`         ${settled} items`); },
    });
    if (flags.report !== undefined) await writeReport(flags.report, report);
    process.stdout.write(flags.json === true ? `${JSON.stringify(report)}\n` : summaryText(report, flags.report));
    process.exitCode = report.passed ? 0 : 1;
  } finally {
    await board.close();
    await scene.close();
  }
}

interface OpenScene {
  readonly config: Config;
  readonly calibration: Calibration;
  readonly pictures: ItemsDeps['pictures'] | undefined;
  close(): Promise<void>;
}

async function openScene(recording: string | undefined, flags: HilFlags): Promise<OpenScene> {
  const { calibrationFor } = await import('../app/calibration-for.ts');
  const given = flags.config === undefined ? undefined : configFrom(flags.config);
  if (recording === undefined || flags.contractOnly === true) {
    const config = paced(given ?? defaultConfig(), flags);
    const pictures = flags.contractOnly === true ? undefined : { kind: 'virtual' as const, items: flags.items, seed: flags.seed };
    return { config, calibration: calibrationFor(config), pictures, close: async () => undefined };
  }
  const { Recording } = await import('../record/open-recording.ts');
  const { readReplayInput } = await import('../app/replay-input.ts');
  const { modelFolderFor, recordedConfig } = await import('../app/replay-setup.ts');
  const { openClassifier } = await import('../classify/open-classifier.ts');
  const { withOneSession } = await import('../classify/options.ts');
  const { createLog } = await import('../app/log.ts');
  const input = readReplayInput(Recording.open(recording));
  const config = paced(given ?? recordedConfig(input.recording), flags);
  const model = given === undefined ? modelFolderFor(input, config) : config.classifier.model;
  const classifier = await openClassifier({ ...withOneSession(config.classifier), model }, createLog({ level: LOG_LEVEL, format: 'auto', to: 'stderr' }));
  return { config, calibration: input.recording.about.calibration, pictures: { kind: 'recording', input, classifier }, close: () => classifier.close() };
}

function paced(config: Config, { rate, speed }: HilFlags): Config {
  const { twin, world } = config.sim;
  return { ...config, sim: { ...config.sim, twin: { ...twin, beltMmPerSecond: speed ?? twin.beltMmPerSecond }, world: { ...world, itemsPerSecond: rate ?? world.itemsPerSecond } } };
}

/** Throws CONFIG_INVALID, with the place of each problem. */
function profileFrom(path: string | undefined): HilProfile {
  if (path === undefined) return hilProfile.parse({});
  const loaded = loadSchemaFile(path, { schema: hilProfile, environment: process.env });
  if (loaded.ok) return loaded.value;
  const problems = loaded.problems.slice(0, LARGEST_PROFILE_PROBLEMS).map(({ line, column, message }) => `${path}:${line}:${column} ${message}`);
  throw new SortlineError('CONFIG_INVALID', `the profile cannot be used: ${problems.join('; ')}`, { context: { path } });
}

async function writeReport(folder: string, report: HilReport): Promise<void> {
  const { junitOf } = await import('../app/hil-report.ts');
  const { pageOf } = await import('../app/hil-page.ts');
  const texts = { 'report.json': `${JSON.stringify(report, undefined, 1)}\n`, 'junit.xml': junitOf(report), 'index.html': pageOf(report) };
  try {
    for (const [name, text] of Object.entries(texts)) replaceFile(join(folder, name), [Buffer.from(text)]);
  } catch (cause) {
    throw new SortlineError('REPORT_WRITE_FAILED', `the report cannot be written to ${folder}: ${reasonOf(cause)}; name a folder that can be written with --report`, { context: { folder }, cause });
  }
}

function checkText({ passed, title, found }: HilCheck): string {
  return `${passed ? 'ok      ' : 'FAILED  '} ${title}: ${found}`;
}

function summaryText({ passed, checks, commands }: HilReport, folder: string | undefined): string {
  const failed = checks.filter((check) => !check.passed).length;
  const verdict = passed ? `passed, ${checks.length} checks` : `${failed} of ${checks.length} checks failed`;
  return `${verdict}; ${commands.asked} commands, ${commands.fired} fired, ${commands.wrong} wrong\n${folder === undefined ? '' : `report: ${join(folder, 'index.html')}\n`}`;
}
