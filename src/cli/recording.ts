// `sortline recording …`: looking into recordings, and making recordings from recordings and videos.
import { resolve } from 'node:path';
import type { Command } from 'commander';
import type { Recording } from '../record/open-recording.ts';
import type { RecordEntry } from '../record/record-entry.ts';
import type { RecordingInfo } from '../record/recording-info.ts';
import { decimalNumber, wholeNumber } from './arguments.ts';
import { addRecordingImport } from './recording-import.ts';

const second = decimalNumber({ min: 0, max: 1e7 });

export function addRecordingCommand(program: Command): void {
  const recording = program.command('recording')
    .summary('look into recordings, cut, merge, label, export and import them')
    .description('Works on recordings that `sortline record` made.')
    .addHelpText('after', '\nExamples:\n  $ sortline recording info minute.mcap\n  $ sortline recording cut minute.mcap --from 10 --to 20 --out piece.mcap\n  $ sortline recording label minute.mcap labels.csv --out labelled.mcap');
  addInfo(recording);
  addCut(recording);
  addMerge(recording);
  addLabel(recording);
  addExport(recording);
  addRecordingImport(recording);
  addBundle(recording);
  for (const command of recording.commands) command.showHelpAfterError(`See \`sortline recording ${command.name()} --help\`.`);
}

function addInfo(parent: Command): void {
  parent.command('info <recording>').description('Says what is in a recording, and whether it is whole.').option('--json', 'print one JSON document')
    .action(async (path: string, { json }: { json?: true }) => {
      const { Recording: Opened } = await import('../record/open-recording.ts');
      const { recordingInfo } = await import('../record/recording-info.ts');
      const info = recordingInfo(Opened.open(path));
      process.stdout.write(json ? `${JSON.stringify(info)}\n` : infoText(info));
    });
}

function addCut(parent: Command): void {
  parent.command('cut <recording>').description('Makes a recording of a piece of another.')
    .requiredOption('-o, --out <file>', 'file to write')
    .option('--from <s>', 'second at which the piece begins', second, 0)
    .option('--to <s>', 'second at which it ends; the end where absent', second)
    .action(async (path: string, { out, from, to }: { out: string; from: number; to?: number }) => {
      const { Recording: Opened } = await import('../record/open-recording.ts');
      const { cutEntries } = await import('../record/edit-recording.ts');
      const recording = Opened.open(path);
      await write(out, recording, cutEntries(recording, { fromS: from, toS: to ?? Infinity }));
    });
}

function addMerge(parent: Command): void {
  parent.command('merge <recordings...>').description('Puts the parts of one run together, in order of time.')
    .requiredOption('-o, --out <file>', 'file to write')
    .action(async (paths: string[], { out }: { out: string }) => {
      const { Recording: Opened } = await import('../record/open-recording.ts');
      const { mergedEntries } = await import('../record/edit-recording.ts');
      const parts = paths.map((path) => Opened.open(path));
      await write(out, parts[0]!, mergedEntries(parts));
    });
}

function addLabel(parent: Command): void {
  parent.command('label <recording> <labels>').description('Adds what the items truly are, from a CSV file with the columns item,material or second,material[,y_mm].')
    .requiredOption('-o, --out <file>', 'file to write; may be the recording itself')
    .action(async (path: string, labelsPath: string, { out }: { out: string }) => {
      const { Recording: Opened } = await import('../record/open-recording.ts');
      const { labelledEntries } = await import('../record/edit-recording.ts');
      const { readLabels } = await import('../record/labels-file.ts');
      const { placesIn } = await import('../record/recording-places.ts');
      const recording = Opened.open(path);
      const labels = readLabels(labelsPath, placesIn(recording));
      await write(out, recording, labelledEntries(recording, labels));
      process.stdout.write(`${labels.length} labels\n`);
    });
}

function addExport(parent: Command): void {
  parent.command('export <recording>').description('Writes pictures, tables and events as plain files.')
    .requiredOption('-o, --out <dir>', 'folder to make')
    .action(async (path: string, { out }: { out: string }) => {
      const { Recording: Opened } = await import('../record/open-recording.ts');
      const { exportRecording } = await import('../record/export-recording.ts');
      const recording = Opened.open(path);
      const pictures = await exportRecording(recording, resolve(out));
      warnOf(path, recording.end?.problems ?? []);
      process.stdout.write(`${out}: ${pictures} pictures, with tables of frames, belt, labels, serial bytes and events\n`);
    });
}

interface BundleFlags {
  readonly out: string;
  readonly at?: number;
  readonly alarm?: number;
  readonly before: number;
  readonly after: number;
  readonly note?: string;
  readonly model?: string;
}

function addBundle(parent: Command): void {
  parent.command('bundle <recording>').description('Makes a field bundle of one moment: a piece of the recording with config, calibration, versions and a golden run. A bundle in a folder of bundles is a test.')
    .requiredOption('-o, --out <dir>', 'folder to make')
    .option('--at <s>', 'second of the moment', second)
    .option('--alarm <n>', 'the moment of the n-th alarm or note that `recording info` lists', wholeNumber({ min: 1 }))
    .option('--before <s>', 'seconds before the moment', second, 10)
    .option('--after <s>', 'seconds after the moment', second, 10)
    .option('--note <text>', 'what is to be seen')
    .option('-m, --model <dir>', 'folder of the model, where it is not found by its digest')
    .action(async (path: string, { out, before, after, model, ...flags }: BundleFlags) => {
      const { Recording: Opened } = await import('../record/open-recording.ts');
      const { makeFieldBundle } = await import('../app/field-bundle.ts');
      const { createLog } = await import('../app/log.ts');
      const recording = Opened.open(path);
      const moment = await momentOf(recording, flags);
      const log = createLog({ level: 'warn', format: 'auto', to: 'stderr' });
      await makeFieldBundle({
        recording, fromS: Math.max(0, moment.second - before), toS: moment.second + after, note: flags.note ?? moment.what, out: resolve(out), log, model: model === undefined ? undefined : resolve(model),
      });
      process.stdout.write(`${out}: recording, golden run and facts of second ${moment.second.toFixed(1)}; look through its pictures before you give it away\n`);
    });
}

async function momentOf(recording: Recording, { at, alarm }: Pick<BundleFlags, 'at' | 'alarm'>): Promise<{ second: number; what: string }> {
  const { SortlineError } = await import('../base/errors.ts');
  if ((at === undefined) === (alarm === undefined)) throw new SortlineError('USAGE', 'name the moment: --at SECOND, or --alarm N for an alarm or note that `sortline recording info` lists');
  if (at !== undefined) return { second: at, what: '' };
  const { recordingInfo } = await import('../record/recording-info.ts');
  const { moments, path } = recordingInfo(recording);
  const moment = moments[alarm! - 1];
  if (moment === undefined) throw new SortlineError('RECORD_REFUSED', `${path} has ${moments.length} alarms and notes, there is no number ${alarm}; \`sortline recording info\` lists them`);
  return moment;
}

async function write(out: string, like: Recording, entries: Iterable<RecordEntry>): Promise<void> {
  const { writeRecording } = await import('../record/write-recording.ts');
  const { entries: count, frames, bytes } = await writeRecording(resolve(out), like.about, entries);
  warnOf(like.path, like.end?.problems ?? []);
  process.stdout.write(`${out}: ${frames} pictures, ${count} entries, ${(bytes / 1e6).toFixed(1)} MB\n`);
}

function warnOf(path: string, problems: readonly string[]): void {
  for (const problem of problems) process.stderr.write(`warning: ${path}: ${problem}\n`);
}

function infoText(info: RecordingInfo): string {
  const { path, bytes, seconds, counts, framesPerSecond, moments, end } = info;
  return [
    `${path}: ${(bytes / 1e6).toFixed(1)} MB, ${seconds.toFixed(1)} s from ${info.startedIso}`,
    `line       ${info.line} at ${info.site}, run ${info.runId} (${info.source}), Sortline ${info.sortlineVersion}`,
    `pictures   ${counts['frame'] ?? 0} of ${info.frameSize ?? '-'}${framesPerSecond === undefined ? '' : `, ${framesPerSecond.toFixed(1)} a second`}; ${info.framesMissing} were not looked at or dropped`,
    `model      ${info.model ?? '-'}`,
    `entries    ${Object.entries(counts).toSorted(([a], [b]) => a.localeCompare(b)).map(([name, count]) => `${name} ${count}`).join(', ')}`,
    ...moments.map(({ second: at, what }, index) => `${String(index + 1).padStart(4)}  ${at.toFixed(1).padStart(8)} s  ${what}`),
    end.isWhole ? 'whole' : `not whole: ${end.problems.join('; ')}`,
    '',
  ].join('\n');
}
