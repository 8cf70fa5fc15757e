// `sortline compare`: runs or models side by side, with how sure a difference is.
import { existsSync } from 'node:fs';
import type { Command } from 'commander';
import type { SortlineError } from '../base/errors.ts';
import { storeFolder } from '../classify/store-folder.ts';
import { defaultConfig } from '../config/load-config.ts';
import type { Comparison, Contender } from '../learning/evaluate/comparison.ts';
import type { LearningStore } from '../learning/store/learning-store.ts';
import { EXIT_OK, EXIT_REFUSED } from './failure.ts';
import type { StoreFlags } from './learning-store.ts';
import { withStore, withStoreOption } from './learning-store.ts';

interface CompareFlags extends StoreFlags {
  readonly images?: string;
  readonly list?: string;
  readonly json?: true;
}

export function addCompareCommand(program: Command): void {
  const command = program.command('compare')
    .summary('put runs or models side by side')
    .description('Holds each run or model against the first: accuracy, recall of each material, settings that differ, and the difference with its 95 % interval. Where both judged the same pictures the difference is taken picture by picture (McNemar\'s test); otherwise it says why not. A model stands for the run that judged it last; with --images all are models, judged now.')
    .argument('<first>', 'run (id, beginning of an id, name) or model (name:v3, name:alias); with --images also a folder or `champion`')
    .argument('<others...>', 'what to hold against it')
    .option('--images <dir>', 'judge the models now, on these pictures')
    .option('--list <file>', 'only those that this file names, one material/file.jpg a line')
    .option('--json', 'print {contenders, differences: [{of, against, accuracy, interval, method, …}], settings}')
    .addHelpText('after', '\nExamples:\n  $ sortline compare trashnet:v3 trashnet:champion\n  $ sortline compare models/resnet18 trashnet:v3 --images photographs/ --list val.txt')
    .action(async (first: string, others: string[], flags: CompareFlags) => {
      process.exitCode = await runCompare([first, ...others], flags);
    });
  withStoreOption(command);
}

async function runCompare(references: readonly string[], flags: CompareFlags): Promise<number> {
  const { images, list } = flags;
  const { compare } = await import('../learning/evaluate/comparison.ts');
  if (images === undefined) {
    const { contenderOf } = await import('../learning/evaluate/contenders.ts');
    const contenders = await withStore(flags, (store) => references.map((reference) => contenderOf(reference, store)), { isReading: true });
    await show(compare(contenders), flags);
    return EXIT_OK;
  }
  const problems = new Map<string, SortlineError>();
  // Every model meets the same broken pictures; each is named once.
  const work = (store: LearningStore | undefined): Promise<Contender[]> => judgeNow(references, { images, list }, { store, onUnreadable: (error) => problems.set(error.message, error) });
  // Models in folders can be judged without a store, and looking must not make one.
  const contenders = existsSync(storeFolder(flags.store)) ? await withStore(flags, work) : await work(undefined);
  for (const { code, message } of problems.values()) process.stderr.write(`error ${code}: ${message}\n`);
  await show(compare(contenders), flags);
  return problems.size > 0 ? EXIT_REFUSED : EXIT_OK;
}

async function judgeNow(models: readonly string[], { images, list }: { images: string; list: string | undefined }, deps: { store: LearningStore | undefined; onUnreadable(error: SortlineError): void }): Promise<Contender[]> {
  const [{ judgeModel }, { contenderNow }, { silentLogger }] = await Promise.all([import('../learning/evaluate/judge-model.ts'), import('../learning/evaluate/contenders.ts'), import('../base/logger.ts')]);
  const contenders: Contender[] = [];
  for (const model of models) {
    const request = { model, images, ...(list !== undefined && { list }), purity: 0.98, isRecorded: false };
    contenders.push(contenderNow(await judgeModel(request, { ...deps, classifier: defaultConfig().classifier, log: silentLogger })));
  }
  return contenders;
}

async function show(comparison: Comparison, flags: CompareFlags): Promise<void> {
  const { comparisonText, verdictOn } = await import('../learning/evaluate/comparison-text.ts');
  if (flags.json !== true) {
    process.stdout.write(comparisonText(comparison));
    return;
  }
  const { contenders, differences, settings } = comparison;
  process.stdout.write(`${JSON.stringify({
    contenders: contenders.map(({ name, runId, n, accuracy, interval, judged }) => ({ name, run: runId ?? null, n, accuracy, interval, evaluation: judged?.evaluation ?? null })),
    differences: differences.map((difference, index) => ({ of: contenders[index + 1]!.name, against: contenders[0]!.name, ...difference, verdict: verdictOn(difference) })),
    settings,
  })}\n`);
}
