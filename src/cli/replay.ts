// `sortline replay`: the line on a recording, compared with what it was, or with what another configuration or model would do.
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import type { Config } from '../config/schema.ts';
import type { CompareRules } from '../record/compare-rules.ts';
import { refuseValue } from './arguments.ts';
import { configFrom } from './config-file.ts';
import { EXIT_REFUSED } from './failure.ts';
import { comparisonText, movedText, summaryTable } from './replay-text.ts';

interface ReplayFlags {
  readonly config?: string;
  readonly model?: string;
  readonly out?: string;
  readonly against?: string;
  readonly accept?: true;
  readonly ignore: readonly string[];
  readonly tolerance: Readonly<Record<string, number>>;
  readonly json?: true;
}

export function addReplayCommand(program: Command): void {
  program.command('replay <recording>')
    .summary('run the line on a recording, in virtual time')
    .description('Runs the production line on a recording in virtual time and prints what would have gone where. The same recording gives the same events on every run. With another config or model both are run and shown side by side.')
    .option('-c, --config <file>', 'another config: its recipe, thresholds, actuators; camera, calibration and board stay the recording\'s')
    .option('-m, --model <dir>', 'another model')
    .option('-o, --out <file>', 'write the events, one JSON object a line')
    .option('--against <file>', 'compare with a golden file of events (.jsonl) or with what a recording says (.mcap); exit code 1 where it differs')
    .option('--accept', 'with --against FILE.jsonl: make this run the golden file')
    .option('--ignore <path>', 'leave out of the comparison, such as `item.look` or `*.confidence`; may be repeated', (path: string, all: string[]) => [...all, path], [])
    .option('--tolerance <path=n>', 'room for a number, such as `*.positionCounts=3`; may be repeated', tolerance, {})
    .option('--json', 'print one JSON document')
    .addHelpText('after', '\nExamples:\n  $ sortline replay minute.mcap --against minute.mcap\n  $ sortline replay minute.mcap --against golden.jsonl\n  $ sortline replay minute.mcap --config stricter.yaml')
    .action(async (path: string, flags: ReplayFlags) => {
      process.exitCode = await replay(path, flags);
    });
}

async function replay(path: string, flags: ReplayFlags): Promise<number> {
  const { SortlineError } = await import('../base/errors.ts');
  const { Recording } = await import('../record/open-recording.ts');
  const { readReplayInput } = await import('../app/replay-input.ts');
  const { replayRun } = await import('../app/replay-run.ts');
  const { compareWith, isRecordingPath, readReference } = await import('../app/replay-against.ts');
  const { movedItems } = await import('../app/moved-items.ts');
  const { writeEventFile } = await import('../record/event-file.ts');
  const { createLog } = await import('../app/log.ts');
  const { against, accept, json } = flags;
  if (accept === true && (against === undefined || isRecordingPath(against))) throw new SortlineError('USAGE', '--accept replaces a golden file: name it with --against FILE.jsonl');
  const log = createLog({ level: 'warn', format: 'auto', to: 'stderr' });
  const recording = Recording.open(path);
  const input = readReplayInput(recording);
  for (const problem of recording.end?.problems ?? []) log.warn(`${path}: ${problem}`);
  // Before the long run: a reference that cannot be read is found at once.
  const reference = against === undefined || (accept === true && !existsSync(against)) ? undefined : readReference(against);
  const other = otherThanRecorded(flags);
  const result = await replayRun({ input, log, ...other });
  const baseline = other === undefined || against !== undefined ? undefined : await replayRun({ input, log });
  const moved = baseline === undefined ? undefined : movedItems(baseline.events, result.events, recording.about.calibration.countsPerMm);
  if (flags.out !== undefined) writeEventFile(flags.out, result.events);
  const comparison = reference === undefined ? undefined : compareWith(reference, result.events, { more: { ignore: flags.ignore, tolerances: flags.tolerance }, countsPerMm: recording.about.calibration.countsPerMm });
  if (accept === true) writeEventFile(against!, result.events);
  if (json === true) {
    process.stdout.write(`${JSON.stringify({ recording: path, problems: recording.end?.problems ?? [], model: result.model, virtualSeconds: result.virtualSeconds, summary: result.summary, recorded: baseline?.summary, moved, comparison })}\n`);
  } else {
    const runs = [...(baseline === undefined ? [] : [{ name: 'as recorded', summary: baseline.summary }]), { name: flags.config ?? flags.model ?? 'as recorded', summary: result.summary }];
    process.stdout.write(summaryTable(runs));
    if (moved !== undefined) process.stdout.write(movedText(moved));
    if (comparison !== undefined) process.stdout.write(comparisonText(comparison, { against: against!, replayed: path }));
    if (accept === true) process.stdout.write(`accepted: ${against} now holds the ${result.events.length} events of this run\n`);
  }
  return comparison === undefined || comparison.isSame || accept === true ? 0 : EXIT_REFUSED;
}

function otherThanRecorded({ config, model }: ReplayFlags): { config?: Config; model?: string } | undefined {
  if (config === undefined && model === undefined) return undefined;
  return { ...(config === undefined ? {} : { config: configFrom(config) }), ...(model === undefined ? {} : { model: resolve(model) }) };
}

function tolerance(text: string, all: CompareRules['tolerances']): CompareRules['tolerances'] {
  const at = text.lastIndexOf('=');
  const value = Number(text.slice(at + 1));
  if (at < 1 || text.slice(at + 1).trim() === '' || !(value >= 0)) refuseValue(text, 'PATH=NUMBER, such as *.positionCounts=3');
  return { ...all, [text.slice(0, at)]: value };
}
