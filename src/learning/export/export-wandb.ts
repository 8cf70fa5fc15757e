// A recorded run as W&B's client writes one offline: a folder that `wandb sync` uploads. It needs no credentials and no network,
// and nothing of W&B: whoever has an account uploads it from where they have that.
import { createHash } from 'node:crypto';
import { mkdirSync, renameSync, rmSync, writeFileSync, existsSync, createReadStream } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { isSortlineError, reasonOf, SortlineError } from '../../base/errors.ts';
import type { Artifact, LearningStore, Run } from '../store/learning-store.ts';
import { wandbLog } from './wandb-log.ts';
import type { WandbArtifactFile } from './wandb-record.ts';
import { artifactRecord, exitRecord, filesRecord, headerRecord, historyRecord, manifestLines, numbered, outputRecord, runRecord, statsRecord, summaryRecord } from './wandb-record.ts';

export interface WandbExport {
  /** Folder below which the run's own folder is made. */
  readonly folder: string;
  /** Left out: those of whoever uploads. */
  readonly entity?: string;
  readonly project?: string;
  /** Whether what the run made goes along; its files are read from the store when it is uploaded. */
  readonly withArtifacts: boolean;
}

/** Writes the run's folder and returns its path; there is all of it or nothing. Throws EXPORT_FAILED, STORE_FAILED, STORE_DAMAGED. */
export async function exportWandb(run: Run, store: LearningStore, options: WandbExport): Promise<string> {
  const target = join(resolve(options.folder), `offline-run-${run.startedAtIso.slice(0, 19).replaceAll('-', '').replace('T', '_').replaceAll(':', '')}-${run.id}`);
  if (existsSync(target)) throw new SortlineError('EXPORT_FAILED', `${target} is already there: remove it, or give another --out`, { context: { target } });
  const draft = join(dirname(target), `.${basename(target)}.part`);
  try {
    const artifacts = options.withArtifacts ? await Promise.all(store.outputsOf(run.id).map((artifact) => artifactOf(artifact, { run, store, options }))) : [];
    const files = store.runFiles(run.id).map(({ path }) => path);
    rmSync(draft, { recursive: true, force: true });
    mkdirSync(join(draft, 'files'), { recursive: true });
    for (const path of files) {
      mkdirSync(dirname(join(draft, 'files', path)), { recursive: true });
      writeFileSync(join(draft, 'files', path), store.runFile(run.id, path)!);
    }
    writeFileSync(join(draft, `run-${run.id}.wandb`), wandbLog([...recordsOf(run, store, options), ...artifacts, ...(files.length === 0 ? [] : [filesRecord(files)]), ...endOf(run)].map((record, index) => numbered(record, index + 1))), { flush: true });
    renameSync(draft, target);
  } catch (cause) {
    rmSync(draft, { recursive: true, force: true });
    if (isSortlineError(cause)) throw cause;
    throw new SortlineError('EXPORT_FAILED', `run ${run.id} cannot be written to ${target}: ${reasonOf(cause)}. Name another folder with --out, or make room.`, { context: { run: run.id, target }, cause });
  }
  return target;
}

function recordsOf(run: Run, store: LearningStore, { entity, project }: WandbExport): Uint8Array[] {
  const inputs = store.inputsOf(run.id), outputs = store.outputsOf(run.id);
  // What a training needs to go on, with paths of this machine, is of no use elsewhere.
  const { resume: _, ...settings } = run.config;
  const [, commit] = / ([0-9a-f]{7,40})/.exec(run.codeRevision) ?? [];
  return [
    headerRecord('sortline'),
    runRecord({
      id: run.id, name: run.name, jobType: run.kind, startedAtIso: run.startedAtIso, host: run.host, tags: ['sortline', run.kind],
      // W&B cannot take in an artifact or a sweep that its server does not know: they go along as settings and as a group.
      config: { ...settings, sortline: { code: run.codeRevision, state: run.state, inputs: inputs.map(described), outputs: outputs.map(described), ...(run.sweepId !== undefined && { sweep: run.sweepId }) } },
      ...(run.sweepId !== undefined && { group: run.sweepId }), ...(commit !== undefined && { commit }), ...(entity !== undefined && { entity }), ...(project !== undefined && { project }),
    }),
    ...history(run, store),
    ...store.loadOf(run.id).map(({ atIso, cpuShare, residentMb, freeMb }) => statsRecord({ cpu: 100 * cpuShare, 'proc.memory.rssMB': residentMb, 'proc.memory.availableMB': freeMb }, atIso)),
    ...store.consoleOf(run.id).map(({ line, atIso }) => outputRecord(line, atIso)),
    summaryRecord(run.summary),
  ];
}

/** One record for each step, with everything that was logged at it. */
function history(run: Run, store: LearningStore): Uint8Array[] {
  const byStep = new Map<number, Record<string, unknown>>();
  for (const key of store.metricKeys(run.id)) {
    for (const { step, epoch, value, atIso } of store.metric(run.id, key)) {
      const values = byStep.get(step) ?? {};
      byStep.set(step, { ...values, [key]: value, epoch, _timestamp: Date.parse(atIso) / 1000, _runtime: (Date.parse(atIso) - Date.parse(run.startedAtIso)) / 1000 });
    }
  }
  return [...byStep].toSorted(([a], [b]) => a - b).map(([step, values]) => historyRecord(step, values));
}

/** W&B marks a run without an end as failed; one that was stopped or still goes on is neither. */
function endOf({ state, startedAtIso, endedAtIso, lastSignAtIso }: Run): Uint8Array[] {
  const seconds = (Date.parse(endedAtIso ?? lastSignAtIso) - Date.parse(startedAtIso)) / 1000;
  return [exitRecord(state === 'failed' || state === 'crashed' ? 1 : 0, seconds)];
}

async function artifactOf(artifact: Artifact, { run, store, options }: { run: Run; store: LearningStore; options: WandbExport }): Promise<Uint8Array> {
  const files: WandbArtifactFile[] = [];
  for (const file of store.filesOf(artifact)) {
    const localPath = store.pathOf(file);
    files.push({ path: file.path, bytes: file.bytes, localPath, digest: await md5Of(localPath) });
  }
  return artifactRecord({
    runId: run.id, type: artifact.type, name: artifact.name, files, aliases: artifact.aliases, digest: createHash('md5').update(manifestLines(files)).digest('hex'),
    description: `${artifact.name}:v${artifact.version} of a Sortline learning store`, metadata: { ...artifact.metadata, sortline_version: artifact.version, sortline_digest: artifact.digest },
    clientId: idFrom(`${artifact.digest} ${artifact.name}`), sequenceClientId: idFrom(artifact.name),
    ...(options.entity !== undefined && { entity: options.entity }), ...(options.project !== undefined && { project: options.project }),
  });
}

function described(artifact: Artifact): string {
  return `${artifact.name}:v${artifact.version} (${artifact.type}, ${artifact.digest})`;
}

async function md5Of(path: string): Promise<string> {
  const hash = createHash('md5');
  for await (const part of createReadStream(path)) hash.update(part as Uint8Array);
  return hash.digest('base64');
}

/** 128 letters and digits that name the same thing in every export. */
function idFrom(text: string): string {
  return createHash('sha512').update(text).digest('hex');
}
