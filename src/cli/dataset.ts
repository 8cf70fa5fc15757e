// `sortline dataset`: pictures on their way into training. Each subcommand reads its flags, lets src/learning/data do the work
// and shows what came out.
import type { Command } from 'commander';
import type { OnProgress } from '../learning/data/scan-folder.ts';
import type { PartLists } from '../learning/data/part-pictures.ts';
import { SortlineError } from '../base/errors.ts';
import { decimalNumber, wholeNumber } from './arguments.ts';
import { EXIT_OK, EXIT_REFUSED } from './failure.ts';
import type { StoreFlags } from './learning-store.ts';
import { withStore, withStoreOption } from './learning-store.ts';
import { progressOn } from './progress.ts';

interface ImportFlags extends StoreFlags {
  readonly name?: string;
  readonly strict?: true;
  readonly json?: true;
}

interface CheckFlags extends StoreFlags {
  readonly distance: number;
  readonly similarity: number;
  readonly turned?: true;
  readonly allowConflicts?: true;
  readonly json?: true;
}

interface SplitFlags extends StoreFlags {
  readonly train: number;
  readonly val: number;
  readonly test: number;
  readonly seed: number;
  readonly trainList?: string;
  readonly valList?: string;
  readonly testList?: string;
  readonly name?: string;
  readonly json?: true;
}

interface HarvestFlags extends StoreFlags {
  readonly config?: string;
  readonly crops?: string;
  readonly ledger?: string;
  readonly max: number;
  readonly perHour: number;
  readonly perMaterial: number;
  readonly json?: true;
}

export function addDatasetCommand(program: Command): void {
  const dataset = program.command('dataset')
    .summary('import, check, split and harvest pictures to learn from')
    .description('A data set is a folder of pictures per material. It is imported once into the learning store, checked for duplicates and false labels, and split into parts to train, validate and test on. Where a folder and a data set of the store have one name, the folder is meant; name:v0 and name:latest are always the store\'s.')
    .addHelpText('after', '\nExample:\n  $ sortline dataset import photographs/ --name yard && sortline dataset check yard && sortline dataset split yard --seed 7');
  addImport(dataset);
  addCheck(dataset);
  addSplit(dataset);
  addHarvest(dataset);
}

function addImport(dataset: Command): void {
  const command = dataset.command('import')
    .summary('look at every picture and store the good ones')
    .description('Looks at every picture below DIR/cardboard, DIR/glass, DIR/metal, DIR/paper, DIR/plastic and DIR/trash and stores the good ones as an artifact. What is damaged, cut off, tiny, grey, transparent, CMYK, 16-bit, absurdly large or not what its name says is named with the reason and left out, and so is every other folder; the exit code is 0 all the same.')
    .argument('<dir>', 'folder with a folder of JPEG, PNG or WebP pictures per material, or the folder whose `images` that is')
    .option('--name <name>', 'name of the data set (default: that of the folder)')
    .option('--strict', 'exit code 1 where anything was left out; the good pictures are stored all the same')
    .option('--json', 'print {artifact, isNew, pictures, perMaterial, leftOut: [{name, reason}], otherFolders}')
    .addHelpText('after', '\nExample:\n  $ sortline dataset import photographs/ --name yard')
    .action((dir: string, flags: ImportFlags) => withStore(flags, async (store) => {
      const [{ importPictures }, { importedText }, { referenceOf }] = await Promise.all([import('../learning/data/import-pictures.ts'), import('../learning/data/data-text.ts'), import('../learning/data/data-source.ts')]);
      const imported = await importPictures({ dir, name: flags.name }, { store, onProgress: lookedAt() });
      const { artifact, isNew, pictures, perMaterial, leftOut, otherFolders } = imported;
      print(flags, { artifact: referenceOf(artifact), isNew, pictures: pictures.length, perMaterial, leftOut, otherFolders }, importedText(imported));
      process.exitCode = flags.strict === true && leftOut.length + otherFolders.length > 0 ? EXIT_REFUSED : EXIT_OK;
    }));
  withStoreOption(command);
}

function addCheck(dataset: Command): void {
  const command = dataset.command('check')
    .summary('find duplicates, pictures under two labels, and lopsided materials')
    .description('Finds pictures that are there twice, byte for byte or to the eye, pictures under two labels, and how the materials are balanced. The exit code is 1 where one picture has two labels, unless --allow-conflicts is given.')
    .argument('<data>', 'folder of pictures, or a data set in the learning store')
    .option('--distance <bits>', 'largest difference of two perceptual hashes of 64 bits that may mean the same picture', wholeNumber({ min: 0, max: 15 }), 10)
    .option('--similarity <share>', 'and how alike their colours must be, place by place', decimalNumber({ min: 0, max: 1 }), 0.95)
    .option('--turned', 'also find pictures that were mirrored, or turned by quarters')
    .option('--allow-conflicts', 'exit code 0 even where one picture has two labels')
    .option('--json', 'print {source, pictures, balance, leftOut, exactDuplicates, nearDuplicates, conflicts: [{kind, pictures}], …}')
    .addHelpText('after', '\nExample:\n  $ sortline dataset check photographs/ --turned')
    .action(async (data: string, flags: CheckFlags) => {
      const [{ checkData }, { checkText }, { isFolder }] = await Promise.all([import('../learning/data/check-data.ts'), import('../learning/data/data-text.ts'), import('../learning/data/data-source.ts')]);
      const options = { maxDistance: flags.distance, minSimilarity: flags.similarity, isTurnedSame: flags.turned === true };
      // A folder can be checked where there is no store, and leaves none behind.
      const found = isFolder(data) ? await checkData(data, options, { store: undefined, onProgress: lookedAt() })
        : await withStore(flags, (store) => checkData(data, options, { store }), { isReading: true });
      print(flags, found, checkText(found));
      process.exitCode = found.conflicts.length > 0 && flags.allowConflicts !== true ? EXIT_REFUSED : EXIT_OK;
    });
  withStoreOption(command);
}

function addSplit(dataset: Command): void {
  const share = decimalNumber({ min: 0, max: 1 });
  const command = dataset.command('split')
    .summary('part a data set into training, validation and test pictures')
    .description('Parts a data set by chance, each material in the same shares; the three shares add up to 1. Duplicates and pictures that look the same stay in one part, and pictures under two labels are left out and named. Each part becomes an artifact, NAME-train, NAME-val and NAME-test. Lists part as they say; duplicates that they put into different parts are named.')
    .argument('<data>', 'data set in the learning store, or a folder of pictures, which is imported first')
    .option('--train <share>', 'share of the pictures to train on', share, 0.6)
    .option('--val <share>', 'share to select by', share, 0.2)
    .option('--test <share>', 'share kept for the end', share, 0.2)
    .option('--seed <n>', 'chance follows from it', wholeNumber({ min: 0, max: 0xffff_ffff }), 1)
    .option('--train-list <file>', 'train on the pictures that this file names, one material/file.jpg a line (default with the other lists: all that they do not name)')
    .option('--val-list <file>', 'select by these')
    .option('--test-list <file>', 'keep these for the end')
    .option('--name <name>', 'name of the data set made of a folder (default: that of the folder)')
    .option('--json', 'print {raw, run, parts: {train: {artifact, pictures, perMaterial}, …}, conflicts, leftOut, straddling, unused}')
    .addHelpText('after', '\nExamples:\n  $ sortline dataset split yard --train 0.7 --val 0.15 --test 0.15 --seed 7\n  $ sortline dataset split photographs/ --train-list train.txt --val-list val.txt')
    .action((data: string, flags: SplitFlags) => withStore(flags, async (store) => {
      const [{ splitData }, { splitText }, { referenceOf }] = await Promise.all([import('../learning/data/split-data.ts'), import('../learning/data/data-text.ts'), import('../learning/data/data-source.ts')]);
      const { train, val, test, seed, name } = flags;
      const split = await splitData({ source: data, name, ratios: { train, val, test }, seed, lists: listsOf(flags) }, { store, onProgress: lookedAt() });
      const { raw, runId, parts, conflicts, leftOut, straddling, unused } = split;
      const partsByName = Object.fromEntries(Object.entries(parts).map(([part, own]) => [part, own === undefined ? null : { ...own, artifact: referenceOf(own.artifact) }]));
      const namesOf = (pictures: readonly { readonly name: string }[]): string[] => pictures.map((picture) => picture.name);
      print(flags, {
        raw: referenceOf(raw), run: runId, parts: partsByName, conflicts: conflicts.map(({ kind, pictures }) => ({ kind, pictures: namesOf(pictures) })),
        leftOut: namesOf(leftOut), straddling, unused,
      }, splitText(split));
    }));
  withStoreOption(command);
}

function addHarvest(dataset: Command): void {
  const atLeastOne = wholeNumber({ min: 1 });
  const command = dataset.command('harvest')
    .summary('lay out doubtful pictures of the line for labelling')
    .description('Chooses among the pictures that the line keeps of doubtful items (`harvest.enabled: true` in its config) and copies them to OUT/<material that the line took it for>/ITEM.jpg, with OUT/harvest.csv saying when and how sure. Items whose looks disagree come first, then those of lowest confidence; pictures that look like one already taken are passed over. Move each to the folder of what it truly shows and import OUT. Harvesting into the same folder again adds what is new.')
    .argument('[out]', 'folder to lay out', 'unlabelled')
    .option('-c, --config <file>', 'config file of the line, which says where pictures and ledger are')
    .option('--crops <dir>', 'folder of kept pictures instead')
    .option('--ledger <file>', 'ledger of the line instead')
    .option('--max <n>', 'most pictures', atLeastOne, 200)
    .option('--per-hour <n>', 'most pictures of one hour', atLeastOne, 30)
    .option('--per-material <n>', 'most pictures of one suggested material', atLeastOne, 60)
    .option('--json', 'print {out, chosen: [{item, time, suggestion, confidence, looks, disagreeing}], found, takenBefore, unknown, passedOver}')
    .addHelpText('after', '\nExample:\n  $ sortline dataset harvest unlabelled/ -c sortline.yaml --max 100')
    .action((out: string, flags: HarvestFlags) => withStore(flags, async (store) => {
      const [{ harvestCrops }, { harvestText }, { defaultConfig }, { configFrom }] = await Promise.all([import('../learning/data/harvest-crops.ts'), import('../learning/data/data-text.ts'), import('../config/load-config.ts'), import('./config-file.ts')]);
      const config = flags.config === undefined ? defaultConfig() : configFrom(flags.config);
      const limits = { maxItems: flags.max, perHour: flags.perHour, perMaterial: flags.perMaterial };
      const harvest = harvestCrops({ cropFolder: flags.crops ?? config.harvest.folder, ledgerFile: flags.ledger ?? config.ledger.path, out, limits }, { store });
      const chosen = harvest.chosen.map(({ itemId, seenWallMs, material, confidence, looks, disagrees }) => ({ item: itemId, time: new Date(seenWallMs).toISOString(), suggestion: material, confidence, looks, disagreeing: disagrees }));
      print(flags, { ...harvest, chosen }, harvestText(harvest));
    }));
  withStoreOption(command);
}

/** Undefined without any. Throws USAGE where there is none to validate on. */
function listsOf({ trainList, valList, testList }: SplitFlags): PartLists | undefined {
  if (valList !== undefined) return { train: trainList, val: valList, test: testList };
  if (trainList === undefined && testList === undefined) return undefined;
  throw new SortlineError('USAGE', '--val-list is missing: lists are given for validation and, as wanted, for training and test', { context: { trainList, testList } });
}

function lookedAt(): OnProgress {
  return progressOn(process.stderr, (done, of) => `looked at ${done} of ${of} pictures`);
}

function print({ json }: { readonly json?: true }, document: unknown, text: string): void {
  process.stdout.write(json === true ? `${JSON.stringify(document)}\n` : text);
}
