// `sortline evaluate`: how good a model is on labelled pictures.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { wallIso } from '../base/clock.ts';
import { storeFolder } from '../classify/store-folder.ts';
import { defaultConfig } from '../config/load-config.ts';
import type { Judged } from '../learning/evaluate/judge-model.ts';
import type { LearningStore } from '../learning/store/learning-store.ts';
import { decimalNumber } from './arguments.ts';
import { EXIT_OK, EXIT_REFUSED } from './failure.ts';
import type { StoreFlags } from './learning-store.ts';
import { withStore, withStoreOption } from './learning-store.ts';

interface EvaluateFlags extends StoreFlags {
  readonly model: string;
  readonly images: string;
  readonly list?: string;
  readonly json?: true;
  readonly html?: string;
  readonly purity: number;
  readonly record?: boolean;
}

export function addEvaluateCommand(program: Command): void {
  const command = program.command('evaluate')
    .summary('measure a model on labelled pictures')
    .description('Says how good a model is: accuracy with its 95 % interval, precision, recall and F1 of each material, the confusion matrix (rows predicted, columns actual), calibration, what a threshold buys in purity and costs in recovery, and the most confident mistakes. A picture that cannot be read is reported on stderr, the others count all the same, and the exit code is 1.')
    .option('--model <model>', 'model folder, name in the registry (name, name:v3, name:alias), or `champion`; where none was promoted that is the model shipped with Sortline', 'champion')
    .requiredOption('--images <dir>', 'folder with a folder of pictures per material, or a data set in the learning store')
    .option('--list <file>', 'judge only the pictures that this file names, one material/file.jpg a line')
    .option('--purity <p>', 'share of a bin that should be of its material; a threshold is given for each', decimalNumber({ min: 0, max: 1 }), 0.98)
    .option('--json', 'print {n, accuracy, interval, perMaterial, confusion: {labels, rows[predicted][actual]}, ece, msPerImage, …}')
    .option('--html <file>', 'write a page with charts and the pictures that were mistaken')
    .option('--record', 'record it as a run in the learning store (the default for a model from there)')
    .option('--no-record', 'record nothing')
    .addHelpText('after', '\nExample:\n  $ sortline evaluate --images photographs/ --list val.txt --html evaluation.html')
    .action(async (flags: EvaluateFlags) => {
      const work = (store: LearningStore | undefined): Promise<number> => evaluate(flags, store);
      process.exitCode = isStoreWanted(flags) ? await withStore(flags, work) : await work(undefined);
    });
  withStoreOption(command);
}

/** Judging a folder must not leave a store behind. */
function isStoreWanted({ record, store, model, images }: EvaluateFlags): boolean {
  if (record !== undefined) return record || existsSync(storeFolder(store));
  const needsNone = existsSync(join(model, 'manifest.json')) && existsSync(images);
  return !needsNone && existsSync(storeFolder(store));
}

async function evaluate(flags: EvaluateFlags, store: LearningStore | undefined): Promise<number> {
  const [{ systemClock }, { createLog }, { judgeModel }] = await Promise.all([import('../base/clock.ts'), import('../app/log.ts'), import('../learning/evaluate/judge-model.ts')]);
  const judged = await judgeModel({ ...flags, isRecorded: flags.record }, {
    store, classifier: defaultConfig().classifier, log: createLog({ level: 'warn', format: 'auto', to: 'stderr' }),
    onUnreadable: ({ code, message }) => process.stderr.write(`error ${code}: ${message}\n`),
    onProgress: process.stderr.isTTY ? progressLine : undefined,
  });
  await show(judged, flags, wallIso(systemClock));
  return judged.judged.unreadable.length > 0 ? EXIT_REFUSED : EXIT_OK;
}

async function show({ judged, mistakes }: Judged, flags: EvaluateFlags, atIso: string): Promise<void> {
  if (flags.html !== undefined) {
    const [{ evaluationPage }, { writeReport }] = await Promise.all([import('../learning/report/evaluation-page.ts'), import('../learning/report/write-report.ts')]);
    writeReport(flags.html, evaluationPage({ judged, mistakes, atIso }));
  }
  if (flags.json === true) {
    const { judgedDocument } = await import('../learning/evaluate/judged-model.ts');
    process.stdout.write(`${JSON.stringify(judgedDocument(judged))}\n`);
    return;
  }
  const { judgedText } = await import('../learning/evaluate/judged-text.ts');
  process.stdout.write(judgedText(judged));
  if (judged.runId !== undefined) process.stdout.write(`recorded as run ${judged.runId}\n`);
}

function progressLine(judged: number, of: number): void {
  process.stderr.write(judged === of ? '\r\x1b[K' : `\r${judged} of ${of} pictures`);
}
