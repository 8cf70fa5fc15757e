// `sortline models`: the registry. Which models there are, where they came from, and which one the line runs.
import { hostname, userInfo } from 'node:os';
import type { Command } from 'commander';
import { systemClock } from '../base/clock.ts';
import { isSortlineError, SortlineError } from '../base/errors.ts';
import type { Artifact, LearningStore } from '../learning/store/learning-store.ts';
import type { RegisteredModel } from '../learning/registry/registered-models.ts';
import type { StoreFlags } from './learning-store.ts';
import { withStore, withStoreOption } from './learning-store.ts';
import { momentText, percentText, sizeText, valueText } from './quantity-text.ts';

interface ModelsFlags extends StoreFlags {
  readonly json?: true;
  readonly name?: string;
  readonly evidence?: readonly string[];
  readonly force?: true;
  readonly reason?: string;
  readonly by?: string;
}

/** The word for the champion before the present one. */
const PREVIOUS = 'previous';

export function addModelsCommand(program: Command): void {
  const models = program.command('models')
    .summary('list, import, promote and retire models')
    .description('The registry: every model is a version in the learning store. One of them is the champion; a line with `classifier.model: champion` runs it, takes a new one without a restart, and falls back to the one before when it fails.')
    .addHelpText('after', '\nExamples:\n  $ sortline models list\n  $ sortline models promote trashnet:v3\n  $ sortline models promote previous --reason "v3 takes wet cardboard for glass"');
  const add = (usage: string, summary: string): Command => withStoreOption(models.command(usage).summary(summary).description(`${summary}.`));

  add('list', 'List every model and how it stands')
    .option('--json', 'print [{…artifact, state, judged: {n, accuracy, interval} | null}]')
    .action((flags: ModelsFlags) => withStore(flags, (store) => list(store, flags), { isReading: true }));
  add('show <model>', 'Show one model: origin, figures, what became of it')
    .option('--json', 'print {…artifact, state, judged, events}')
    .action((reference: string, flags: ModelsFlags) => withStore(flags, (store) => show(store, reference, flags), { isReading: true }));
  add('import <path>', 'Take in a model folder (model.onnx, manifest.json), or a pretrained backbone to train from (FILE.onnx, for example a torchvision export)')
    .option('--name <name>', 'what to call it; by default as the folder or file')
    .action((path: string, flags: ModelsFlags) => withStore(flags, (store) => importInto(store, path, flags)));
  add('promote <model>', 'Make a model the champion; `previous` takes the one before it back')
    .option('--evidence <runs...>', 'only what these runs found counts; by default every run that judged the model')
    .option('--force', 'without evidence, or against it; needs --reason')
    .option('--reason <text>', 'why')
    .option('--by <name>', 'who decided it (default: the user at this machine)')
    .action((reference: string, flags: ModelsFlags) => withStore(flags, (store) => promote(store, reference, flags), { isReading: true }));
  add('retire <model>', 'Take a model out of the choice; its files stay')
    .option('--reason <text>', 'why')
    .option('--by <name>', 'who decided it (default: the user at this machine)')
    .action((reference: string, flags: ModelsFlags) => withStore(flags, (store) => retire(store, reference, flags), { isReading: true }));
}

async function list(store: LearningStore, flags: ModelsFlags): Promise<void> {
  const { registeredModels } = await import('../learning/registry/registered-models.ts');
  const { textTable } = await import('../learning/evaluate/text-table.ts');
  const rows = await Promise.all(registeredModels(store).map((model) => documentOf(store, model)));
  if (flags.json === true) return void process.stdout.write(`${JSON.stringify(rows)}\n`);
  process.stdout.write(textTable(
    [{ heading: 'model' }, { heading: 'state' }, { heading: 'accuracy', align: 'right' }, { heading: 'pictures', align: 'right' }, { heading: 'size', align: 'right' }, { heading: 'created' }, { heading: 'aliases' }],
    rows.map(({ name, version, state, judged, bytes, createdAtIso, aliases }) => [`${name}:v${version}`, state, judged === null ? '' : percentText(judged.accuracy), judged === null ? '' : String(judged.n), sizeText(bytes), momentText(createdAtIso), aliases.join(', ')]),
  ));
  await warnOfPointer(store);
}

async function documentOf(store: LearningStore, { artifact, state }: RegisteredModel): Promise<Artifact & { state: string; bytes: number; judged: { n: number; accuracy: number; interval: readonly [number, number]; runId: string | undefined } | null }> {
  const { contendersOf } = await import('../learning/evaluate/contenders.ts');
  const [judged] = contendersOf(artifact, store);
  return {
    ...artifact, state, bytes: store.filesOf(artifact).reduce((sum, { bytes }) => sum + bytes, 0),
    judged: judged === undefined ? null : { n: judged.n, accuracy: judged.accuracy, interval: judged.interval, runId: judged.runId },
  };
}

/** The pointer is replaced with the decision; they differ only where somebody changed the file, or a disk failed in between. */
async function warnOfPointer(store: LearningStore): Promise<void> {
  const { readChampion } = await import('../classify/champion-pointer.ts');
  const { championsOf } = await import('../learning/registry/registered-models.ts');
  const { champion } = championsOf(store.modelEvents());
  const expected = champion === undefined ? undefined : `${champion.name}:v${champion.version}`;
  try {
    const pointed = readChampion(store.folder)?.reference;
    if (pointed === expected) return;
    process.stderr.write(`warning: the line is pointed at ${pointed ?? 'no champion'}, but ${expected ?? 'none'} was promoted last; \`sortline models promote ${expected ?? 'NAME'}\` puts it right\n`);
  } catch (error) {
    if (!isSortlineError(error)) throw error;
    process.stderr.write(`warning ${error.code}: ${error.message}\n`);
  }
}

async function show(store: LearningStore, reference: string, flags: ModelsFlags): Promise<void> {
  const model = await modelOf(store, reference);
  const { evidenceOf, evidenceText } = await import('../learning/registry/evidence.ts');
  const document = await documentOf(store, model);
  const events = model.events.map(({ kind, atIso, who, reason, evidence }) => ({ kind, atIso, who, reason, evidence }));
  if (flags.json === true) return void process.stdout.write(`${JSON.stringify({ ...document, events })}\n`);
  const { artifact } = model;
  const makers = store.makersOf(artifact).map(({ id, name }) => `${name} (${id})`);
  const lines = [
    `${artifact.name}:v${artifact.version}`, `  state: ${model.state}`, `  created: ${momentText(artifact.createdAtIso)}`, `  made by: ${makers.join(', ') || 'no run'}`, `  size: ${sizeText(document.bytes)}`,
    `  accuracy: ${document.judged === null ? 'never judged' : `${percentText(document.judged.accuracy)} of ${document.judged.n} pictures (run ${document.judged.runId})`}`,
    ...Object.entries(artifact.metadata).map(([key, value]) => `  ${key}: ${valueText(value)}`),
    ...model.events.map((event) => {
      const { kind, atIso, who, reason } = event;
      const evidence = evidenceOf(event);
      return `  ${kind} ${momentText(atIso)} by ${who}${reason === undefined ? '' : `: ${reason}`}${evidence === undefined ? '' : `; ${evidenceText(evidence)}`}`;
    }),
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
}

async function importInto(store: LearningStore, path: string, flags: ModelsFlags): Promise<void> {
  const { importModel } = await import('../learning/registry/import-model.ts');
  const { createLog } = await import('../app/log.ts');
  const { defaultConfig } = await import('../config/load-config.ts');
  const { name, version, metadata } = await importModel(path, { store, log: createLog({ level: 'warn', format: 'auto', to: 'stderr' }), classifier: defaultConfig().classifier, name: flags.name });
  process.stdout.write(`${path} is ${name}:v${version}${metadata.kind === 'backbone' ? `, a ${String(metadata.architecture)} to train from` : ''}\n`);
}

async function promote(store: LearningStore, reference: string, flags: ModelsFlags): Promise<void> {
  const { promoteModel } = await import('../learning/registry/promote-model.ts');
  const { evidenceText } = await import('../learning/registry/evidence.ts');
  const candidate = reference === PREVIOUS ? await previousChampion(store) : store.artifact(reference);
  const { champion, previous, evidence } = await promoteModel(store, candidate, {
    clock: systemClock,
    request: { who: flags.by ?? userHere(), reason: flags.reason, isForced: flags.force === true, runIds: flags.evidence?.map((run) => store.run(run).id) },
  });
  if (evidence !== undefined) process.stdout.write(`${evidenceText(evidence)}\n`);
  process.stdout.write(`${champion.name}:v${champion.version} is champion${previous === undefined ? '' : `; ${previous.name}:v${previous.version} is the one to fall back to`}\n`);
}

async function retire(store: LearningStore, reference: string, flags: ModelsFlags): Promise<void> {
  const { retireModel } = await import('../learning/registry/promote-model.ts');
  const artifact = store.artifact(reference);
  retireModel(store, artifact, { who: flags.by ?? userHere(), reason: flags.reason });
  process.stdout.write(`${artifact.name}:v${artifact.version} is retired\n`);
}

async function modelOf(store: LearningStore, reference: string): Promise<RegisteredModel> {
  const { registeredModel } = await import('../learning/registry/registered-models.ts');
  const artifact = store.artifact(reference);
  const model = registeredModel(store, artifact);
  if (model === undefined) throw new SortlineError('STORE_NOT_FOUND', `${reference} is an artifact of type ${artifact.type}, no model: \`sortline models list\` shows the models, \`sortline artifacts show ${reference}\` this one`, { context: { reference } });
  return model;
}

async function previousChampion(store: LearningStore): Promise<Artifact> {
  const { championsOf } = await import('../learning/registry/registered-models.ts');
  const { previous } = championsOf(store.modelEvents());
  if (previous === undefined) throw new SortlineError('STORE_NOT_FOUND', 'there was no champion before the present one that is not retired: name a model, `sortline models list` shows them', {});
  return previous;
}

function userHere(): string {
  try {
    return `${userInfo().username}@${hostname()}`;
  } catch {
    // A container may run under a user id without a name.
    return `${process.getuid?.() ?? 'somebody'}@${hostname()}`;
  }
}
