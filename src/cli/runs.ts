// `sortline runs`: what was imported, trained and evaluated, how it went, and what it left.
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Command } from 'commander';
import { Option } from 'commander';
import { systemClock } from '../base/clock.ts';
import { SortlineError } from '../base/errors.ts';
import type { Artifact, LearningStore, Run, RunKind } from '../learning/store/learning-store.ts';
import { wholeNumber } from './arguments.ts';
import type { StoreFlags } from './learning-store.ts';
import { withStore, withStoreOption } from './learning-store.ts';
import { durationText, momentText, percentText, sizeText, valueText } from './quantity-text.ts';

const KINDS: readonly RunKind[] = ['import', 'split', 'harvest', 'train', 'evaluate'];
const CONSOLE_SHOWN = 20;

interface RunsFlags extends StoreFlags {
  readonly kind?: RunKind;
  readonly sweep?: string;
  readonly limit: number;
  readonly json?: true;
}

export function addRunsCommand(program: Command): void {
  const runs = program.command('runs')
    .summary('list runs, show one, get its files')
    .description('Every import, split, training and evaluation is recorded as it goes. A run is named by its id, the beginning of it, or its name (the newest of that name).')
    .addHelpText('after', '\nExamples:\n  $ sortline runs\n  $ sortline runs show 20261124T0315\n  $ sortline runs files trashnet --to charts/');
  const add = (usage: string, summary: string, isDefault = false): Command => withStoreOption(runs.command(usage, { isDefault }).summary(summary).description(`${summary}.`));

  add('list', 'List runs, newest first', true)
    .addOption(new Option('--kind <kind>', 'only these').choices(KINDS))
    .option('--sweep <id>', 'only those of a sweep')
    .option('--limit <n>', 'how many', wholeNumber({ min: 1 }), 30)
    .option('--json', 'print [{id, kind, name, state, config, summary, …}]')
    .action((flags: RunsFlags) => withStore(flags, (store) => list(store, flags), { isReading: true }));
  add('show <run>', 'Show one run: settings, figures, inputs and outputs, the end of its console')
    .option('--json', 'print {…run, metrics: {<name>: [{step, epoch, value, atIso}]}, console, load, inputs, outputs, files}')
    .option('--console', 'print the whole console and nothing else')
    .action((reference: string, flags: RunsFlags & { console?: true }) => withStore(flags, (store) => show(store, store.run(reference), flags), { isReading: true }));
  add('files <run>', 'List the files kept with a run, or write them to a folder')
    .option('--to <dir>', 'write them below this folder')
    .option('--json', 'print [{path, sha256, bytes}]')
    .action((reference: string, flags: RunsFlags & { to?: string }) => withStore(flags, (store) => files(store, store.run(reference), flags), { isReading: true }));
}

async function list(store: LearningStore, flags: RunsFlags): Promise<void> {
  const { kind, sweep, limit } = flags;
  const runs = store.runs({ limit, ...(kind !== undefined && { kind }), ...(sweep !== undefined && { sweepId: sweep }) });
  if (flags.json === true) return void process.stdout.write(`${JSON.stringify(runs)}\n`);
  const { textTable } = await import('../learning/evaluate/text-table.ts');
  process.stdout.write(textTable(
    [{ heading: 'run' }, { heading: 'name' }, { heading: 'kind' }, { heading: 'state' }, { heading: 'accuracy', align: 'right' }, { heading: 'took', align: 'right' }, { heading: 'started' }, { heading: 'on' }],
    runs.map((run) => [run.id, run.name, run.kind, run.state, accuracyOf(run), tookOf(run), momentText(run.startedAtIso), run.host]),
  ));
}

function accuracyOf({ summary }: Run): string {
  return typeof summary.accuracy === 'number' ? percentText(summary.accuracy) : '';
}

/** A crashed run took until its last sign of life. */
function tookOf({ state, startedAtIso, endedAtIso, lastSignAtIso }: Run): string {
  const endMs = state === 'running' ? systemClock.wallMs() : Date.parse(endedAtIso ?? lastSignAtIso);
  return durationText(endMs - Date.parse(startedAtIso));
}

function show(store: LearningStore, run: Run, flags: RunsFlags & { console?: true }): void {
  const said = store.consoleOf(run.id);
  if (flags.console === true) return void process.stdout.write(said.map(({ line }) => `${line}\n`).join(''));
  const metrics = Object.fromEntries(store.metricKeys(run.id).map((key) => [key, store.metric(run.id, key)]));
  const inputs = store.inputsOf(run.id), outputs = store.outputsOf(run.id), kept = store.runFiles(run.id);
  if (flags.json === true) return void process.stdout.write(`${JSON.stringify({ ...run, metrics, console: said, load: store.loadOf(run.id), inputs, outputs, files: kept })}\n`);
  const lines = [
    `${run.name} (${run.id})`, `  ${run.kind}, ${run.state}${run.failure === undefined ? '' : `: ${run.failure}`}`,
    `  started ${momentText(run.startedAtIso)}, took ${tookOf(run)}, on ${run.host}`, `  code ${run.codeRevision}`, ...(run.sweepId === undefined ? [] : [`  sweep ${run.sweepId}`]),
    ...section('settings', Object.entries(run.config).map(([key, value]) => `${key}: ${valueText(value)}`)),
    ...section('results', Object.entries(run.summary).map(([key, value]) => `${key}: ${valueText(value)}`)),
    ...section('metrics', Object.entries(metrics).map(([key, points]) => `${key}: ${points.length} values, last ${valueText(points.at(-1)!.value)}, ${rangeText(points.map(({ value }) => value))}`)),
    ...section('read', inputs.map(nameOf)), ...section('made', outputs.map(nameOf)),
    ...section('files', kept.map(({ path, bytes }) => `${path}  ${sizeText(bytes)}`)),
    ...section(said.length > CONSOLE_SHOWN ? `console, last ${CONSOLE_SHOWN} of ${said.length} lines` : 'console', said.slice(-CONSOLE_SHOWN).map(({ line }) => line)),
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
}

function files(store: LearningStore, run: Run, flags: RunsFlags & { to?: string }): void {
  const kept = store.runFiles(run.id);
  const { to } = flags;
  if (to !== undefined) for (const { path } of kept) writeRunFile(join(to, path), store.runFile(run.id, path)!);
  if (flags.json === true) return void process.stdout.write(`${JSON.stringify(kept)}\n`);
  process.stdout.write(kept.map(({ path, bytes }) => `${to === undefined ? path : join(to, path)}  ${sizeText(bytes)}\n`).join(''));
}

function writeRunFile(path: string, content: Uint8Array): void {
  try {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
  } catch (cause) {
    throw new SortlineError('STORE_FAILED', `${path} cannot be written (${String(cause)}): name another folder with --to`, { context: { path }, cause });
  }
}

function section(heading: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : [`  ${heading}:`, ...lines.map((line) => `    ${line}`)];
}

/** Without what is no number. */
function rangeText(values: readonly number[]): string {
  const finite = values.filter(Number.isFinite);
  return finite.length === 0 ? 'none finite' : `from ${valueText(finite.reduce((a, b) => Math.min(a, b)))} to ${valueText(finite.reduce((a, b) => Math.max(a, b)))}`;
}

function nameOf({ name, version, type }: Artifact): string {
  return `${name}:v${version} (${type})`;
}
