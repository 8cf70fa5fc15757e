// `sortline report`: runs as one HTML file that opens anywhere.
import type { Command } from 'commander';
import { wallIso } from '../base/clock.ts';
import { SortlineError } from '../base/errors.ts';
import type { ReportRequest } from '../learning/report/report-page.ts';
import type { LearningStore } from '../learning/store/learning-store.ts';
import { decimalNumber, wholeNumber } from './arguments.ts';
import type { StoreFlags } from './learning-store.ts';
import { withStore, withStoreOption } from './learning-store.ts';

interface ReportFlags extends StoreFlags {
  readonly runs?: string;
  readonly sweep?: string;
  readonly last: number;
  readonly out: string;
  readonly title?: string;
  readonly purity: number;
}

export function addReportCommand(program: Command): void {
  const command = program.command('report')
    .summary('write an HTML report of runs')
    .description('Writes one HTML file with everything in it: runs held against the best, training curves, confusion matrices, calibration, purity against recovery, hyperparameters and their importance, lineage, the most confident mistakes. It needs no network, and reads well on a phone, in the dark and on paper.')
    .option('--runs <a,b>', 'runs to report, by id, beginning of an id or name; without it the last training and evaluation runs')
    .option('--sweep <sweep>', 'report the trials of this sweep')
    .option('--last <n>', 'how many of the last runs, where none are named', wholeNumber({ min: 1, max: 1000 }), 10)
    .requiredOption('--out <file>', 'HTML file to write')
    .option('--title <text>', 'title of the report')
    .option('--purity <p>', 'purity that the recovery is shown for', decimalNumber({ min: 0, max: 1 }), 0.98)
    .addHelpText('after', '\nExample:\n  $ sortline report --sweep learn-rates --out report.html')
    .action((flags: ReportFlags) => withStore(flags, (store) => report(flags, store), { isReading: true }));
  withStoreOption(command);
}

async function report(flags: ReportFlags, store: LearningStore): Promise<void> {
  if (flags.runs !== undefined && flags.sweep !== undefined) throw new SortlineError('USAGE', '--runs and --sweep name runs in two ways: give one of them');
  const [{ systemClock }, { reportPage }, { writeReport }] = await Promise.all([import('../base/clock.ts'), import('../learning/report/report-page.ts'), import('../learning/report/write-report.ts')]);
  const chosen = flags.sweep === undefined ? chosenRuns(flags, store) : await sweepRuns(flags.sweep, store);
  if (chosen.runs.length === 0) throw new SortlineError('STORE_NOT_FOUND', `there is nothing to report yet in ${store.folder}: run \`sortline train\`, or \`sortline evaluate --record\``, { context: { folder: store.folder } });
  writeReport(flags.out, reportPage({ ...chosen, title: flags.title ?? chosen.title, purity: flags.purity, atIso: wallIso(systemClock) }, store));
  process.stdout.write(`${flags.out}: ${chosen.runs.length} ${chosen.runs.length === 1 ? 'run' : 'runs'}\n`);
}

type Chosen = Pick<ReportRequest, 'title' | 'runs' | 'trials'>;

function chosenRuns({ runs, last }: ReportFlags, store: LearningStore): Chosen {
  if (runs === undefined) {
    const judged = store.runs().filter(({ kind }) => kind === 'train' || kind === 'evaluate').slice(0, last);
    return { title: judged.length === 1 ? judged[0]!.name : 'Training and evaluation', runs: judged };
  }
  const references = runs.split(',').map((name) => name.trim()).filter((name) => name !== '');
  if (references.length === 0) throw new SortlineError('USAGE', `--runs '${runs}' names no run: give ids or names with commas between them`);
  // Two references to one run show it once.
  const named = new Map(references.map((reference) => store.run(reference)).map((run) => [run.id, run]));
  return { title: [...named.values()].map(({ name }) => name).join(', '), runs: [...named.values()] };
}

async function sweepRuns(reference: string, store: LearningStore): Promise<Chosen> {
  const [{ systemClock }, { openSweepStore }, { metricOf }] = await Promise.all([import('../base/clock.ts'), import('../learning/sweep/open-sweep-store.ts'), import('../learning/sweep/sweep-config.ts')]);
  const sweeps = openSweepStore(store.folder, { clock: systemClock });
  try {
    const { id, name, config } = sweeps.sweep(reference);
    const trials = sweeps.trials(id), metric = metricOf(config);
    return {
      title: `Sweep ${name}`,
      runs: store.runs({ sweepId: id }),
      trials: {
        metric: metric.name, isHigherBetter: metric.goal === 'maximize',
        outcomes: trials.map(({ number, parameters, value }) => ({ name: `trial ${number}`, parameters, value: value ?? Number.NaN })),
      },
    };
  } finally {
    sweeps.close();
  }
}
