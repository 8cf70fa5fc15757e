// `sortline artifacts`: what the learning store keeps, and how to get at it.
import { existsSync, readdirSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { Option } from 'commander';
import { systemClock } from '../base/clock.ts';
import { SortlineError } from '../base/errors.ts';
import { storeFolder } from '../classify/store-folder.ts';
import type { Artifact, ArtifactType, LearningStore } from '../learning/store/learning-store.ts';
import { EXIT_OK, EXIT_REFUSED } from './failure.ts';
import type { StoreFlags } from './learning-store.ts';
import { withStore, withStoreOption } from './learning-store.ts';
import { momentText, sizeText, valueText } from './quantity-text.ts';

const TYPES: readonly ArtifactType[] = ['raw_data', 'split_data', 'model'];
/** Files that `show` names; `--json` names all. */
const FILES_SHOWN = 20;

interface ListFlags extends StoreFlags {
  readonly type?: ArtifactType;
  readonly json?: true;
}

export function addArtifactsCommand(program: Command): void {
  const artifacts = program.command('artifacts')
    .summary('list, show, fetch and verify data sets and models')
    .description('Artifacts are sets of files that never change: imported pictures (raw_data), their splits (split_data) and models. `name:v3` is a version, `name:best` an alias, `name` the latest.')
    .addHelpText('after', '\nExamples:\n  $ sortline artifacts list\n  $ sortline artifacts fetch trashnet:v3 /tmp/trashnet');
  const add = (usage: string, summary: string): Command => withStoreOption(artifacts.command(usage).summary(summary).description(`${summary}.`));

  add('list', 'List every version')
    .addOption(new Option('--type <type>', 'only these').choices(TYPES)).option('--json', 'print [{type, name, version, digest, aliases, metadata, createdAtIso, runId, files: n, bytes}]')
    .action((flags: ListFlags) => withStore(flags, (store) => list(store, flags), { isReading: true }));
  add('show <artifact>', 'Show one version: metadata, origin, files')
    .option('--json', 'print {type, name, …, files: [{path, sha256, bytes}]}')
    .action((reference: string, flags: ListFlags) => withStore(flags, (store) => show(store, store.artifact(reference), flags), { isReading: true }));
  add('fetch <artifact> [dir]', 'Write its files to a folder (default: name-v3 in the working directory)')
    .option('--force', 'write into a folder that is not empty, replacing files of the same path')
    .action((reference: string, dir: string | undefined, flags: StoreFlags & { force?: true }) => withStore(flags, (store) => fetch(store, store.artifact(reference), { dir, force: flags.force === true }), { isReading: true }));
  add('verify [artifacts...]', 'Compare stored files with their hashes; without names: all')
    .action((references: string[], flags: StoreFlags) => withStore(flags, (store) => verify(store, references), { isReading: true }));
  add('alias <artifact> <alias>', 'Give a version another name; the alias moves there if another version had it')
    .option('--remove', 'take the alias away instead')
    .action((reference: string, alias: string, flags: StoreFlags & { remove?: true }) => withStore(flags, (store) => {
      const artifact = store.artifact(reference);
      if (flags.remove === true) store.removeAlias(artifact.name, alias);
      else store.setAlias(artifact, alias);
      process.stdout.write(`${flags.remove === true ? `${artifact.name}:${alias} is gone` : `${artifact.name}:${alias} is ${artifact.name}:v${artifact.version}`}\n`);
    }, { isReading: true }));
  add('gc', 'Remove stored files that nothing refers to')
    .action((flags: StoreFlags) => withStore(flags, async (store) => {
      const { files, bytes } = await store.collectGarbage();
      process.stdout.write(`removed ${files} files, ${sizeText(bytes)}\n`);
    }, { isReading: true }));
  add('share', 'Let machines that reach the folder over a network use the store as well (slower; cannot be undone)')
    .action(async (flags: StoreFlags) => {
      const { shareStoreDatabase } = await import('../learning/store/store-database.ts');
      shareStoreDatabase(storeFolder(flags.store), { wallMs: systemClock.wallMs() });
      process.stdout.write(`${storeFolder(flags.store)} can be shared now\n`);
    });
}

async function list(store: LearningStore, flags: ListFlags): Promise<void> {
  const rows = store.artifacts(flags.type === undefined ? {} : { type: flags.type }).map((artifact) => {
    const files = store.filesOf(artifact);
    return { ...artifact, files: files.length, bytes: files.reduce((sum, { bytes }) => sum + bytes, 0) };
  });
  if (flags.json === true) return void process.stdout.write(`${JSON.stringify(rows)}\n`);
  const { textTable } = await import('../learning/evaluate/text-table.ts');
  process.stdout.write(textTable(
    [{ heading: 'artifact' }, { heading: 'type' }, { heading: 'aliases' }, { heading: 'files', align: 'right' }, { heading: 'size', align: 'right' }, { heading: 'created' }, { heading: 'made by' }],
    rows.map(({ name, version, type, aliases, files, bytes, createdAtIso, runId }) => [`${name}:v${version}`, type, aliases.join(', '), String(files), sizeText(bytes), momentText(createdAtIso), runId ?? '']),
  ));
}

function show(store: LearningStore, artifact: Artifact, flags: ListFlags): void {
  const files = store.filesOf(artifact);
  if (flags.json === true) return void process.stdout.write(`${JSON.stringify({ ...artifact, files })}\n`);
  const makers = store.makersOf(artifact).map(({ id, name }) => `${name} (${id})`), users = store.usersOf(artifact).map(({ id, name }) => `${name} (${id})`);
  const lines = [
    `${artifact.name}:v${artifact.version}`, `  type: ${artifact.type}`, `  aliases: ${artifact.aliases.join(', ') || 'none'}`, `  created: ${momentText(artifact.createdAtIso)}`,
    `  digest: ${artifact.digest}`, `  made by: ${makers.join(', ') || 'no run'}`, `  read by: ${users.join(', ') || 'no run'}`,
    ...Object.entries(artifact.metadata).map(([key, value]) => `  ${key}: ${valueText(value)}`),
    `  files: ${files.length}, ${sizeText(files.reduce((sum, { bytes }) => sum + bytes, 0))}`,
    ...files.slice(0, FILES_SHOWN).map(({ path, bytes, sha256 }) => `    ${path}  ${sizeText(bytes)}  ${sha256.slice(0, 12)}`),
    ...(files.length > FILES_SHOWN ? [`    and ${files.length - FILES_SHOWN} more (--json names all)`] : []),
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
}

async function fetch(store: LearningStore, artifact: Artifact, to: { dir: string | undefined; force: boolean }): Promise<void> {
  const folder = resolve(to.dir ?? `${artifact.name}-v${artifact.version}`);
  if (!to.force && existsSync(folder) && readdirSync(folder).length > 0) {
    throw new SortlineError('STORE_REFUSED', `${folder} is not empty: name another folder, or write into it with --force`, { context: { folder } });
  }
  await store.fetch(artifact, folder);
  process.stdout.write(`${artifact.name}:v${artifact.version} → ${folder}\n`);
}

async function verify(store: LearningStore, references: readonly string[]): Promise<void> {
  const artifacts = references.length === 0 ? store.artifacts() : references.map((reference) => store.artifact(reference));
  let count = 0;
  for (const artifact of artifacts) {
    for (const { path, problem, context } of await store.verify(artifact)) {
      count++;
      process.stderr.write(`error STORE_DAMAGED: ${path} of ${artifact.name}:v${artifact.version} ${problem} (${String(context.file)})\n`);
    }
  }
  process.stdout.write(`${artifacts.length} artifacts checked, ${count === 0 ? 'all files as they were stored' : `${count} files damaged`}\n`);
  process.exitCode = count === 0 ? EXIT_OK : EXIT_REFUSED;
}
