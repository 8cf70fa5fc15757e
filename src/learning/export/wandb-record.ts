// The messages of a .wandb file that a recorded run needs, encoded: field numbers of wandb/proto/wandb_internal.proto at W&B 0.30
// ("A sequence of Records fully defines a run"; the numbers never change, as W&B reads old logs). Knows nothing of Sortline.
import { joinBytes, lenField, varintField } from '../../base/protobuf-fields.ts';

/** One Record: what kind of it (its number in the oneof) and its message. */
const record = (number: number, message: readonly Uint8Array[]): Uint8Array => lenField(number, joinBytes(message));
const timestamp = (number: number, iso: string): Uint8Array => {
  const ms = Date.parse(iso);
  return lenField(number, joinBytes([varintField(1, Math.floor(ms / 1000)), varintField(2, (ms - 1000 * Math.floor(ms / 1000)) * 1_000_000)]));
};
/** ConfigItem, SummaryItem, HistoryItem and StatsItem: key and value_json have the same numbers in all of them. */
const items = (number: number, values: Readonly<Record<string, unknown>>): Uint8Array[] =>
  Object.entries(values).map(([key, value]) => lenField(number, joinBytes([lenField(1, key), lenField(16, jsonOf(value))])));
const textFields = (fields: readonly (readonly [number: number, text: string | undefined])[]): Uint8Array[] =>
  fields.flatMap(([number, text]) => (text === undefined || text === '' ? [] : [lenField(number, text)]));

export interface WandbRun {
  readonly id: string;
  readonly name: string;
  readonly jobType: string;
  readonly startedAtIso: string;
  readonly host: string;
  readonly config: Readonly<Record<string, unknown>>;
  readonly tags: readonly string[];
  readonly group?: string;
  readonly entity?: string;
  readonly project?: string;
  readonly commit?: string;
}

export function runRecord({ id, name, jobType, startedAtIso, host, config, tags, group, entity, project, commit }: WandbRun): Uint8Array {
  return record(17, [
    ...textFields([[1, id], [2, entity], [3, project]]),
    lenField(4, joinBytes(items(1, config))),
    ...textFields([[6, group], [7, jobType], [8, name]]),
    ...tags.map((tag) => lenField(10, tag)),
    ...textFields([[13, host]]),
    timestamp(17, startedAtIso),
    ...(commit === undefined ? [] : [lenField(21, lenField(2, commit))]),
  ]);
}

/** Which client wrote the log. */
export function headerRecord(producer: string): Uint8Array {
  return record(21, [lenField(1, lenField(1, producer))]);
}

/** Numbers of one moment. `step` must grow from record to record. */
export function historyRecord(step: number, values: Readonly<Record<string, unknown>>): Uint8Array {
  return record(2, [...items(1, { ...values, _step: step }), lenField(2, varintField(1, step))]);
}

export function summaryRecord(values: Readonly<Record<string, unknown>>): Uint8Array {
  return record(3, items(1, values));
}

/** One line of the console. */
export function outputRecord(line: string, atIso: string): Uint8Array {
  return record(13, [varintField(1, 1), timestamp(2, atIso), lenField(3, `${line}\n`)]);
}

/** Load of the machine. */
export function statsRecord(values: Readonly<Record<string, number>>, atIso: string): Uint8Array {
  return record(7, [timestamp(2, atIso), ...items(3, values)]);
}

/** Files below the run's `files` folder, uploaded when the run ends. */
export function filesRecord(paths: readonly string[]): Uint8Array {
  return record(6, paths.map((path) => lenField(1, joinBytes([lenField(1, path), varintField(2, 1)]))));
}

export interface WandbArtifact {
  readonly runId: string;
  readonly type: string;
  readonly name: string;
  /** Hexadecimal MD5 of the manifest, see {@link manifestLines}. */
  readonly digest: string;
  readonly description: string;
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly aliases: readonly string[];
  /** Names this version, and the name it is a version of, before a server has seen them: 128 letters and digits each. */
  readonly clientId: string;
  readonly sequenceClientId: string;
  readonly entity?: string;
  readonly project?: string;
  readonly files: readonly WandbArtifactFile[];
}

export interface WandbArtifactFile {
  readonly path: string;
  /** Base64 of the MD5 of its bytes. */
  readonly digest: string;
  readonly bytes: number;
  /** Absolute; where it lies when the log is uploaded. */
  readonly localPath: string;
}

export function artifactRecord(artifact: WandbArtifact): Uint8Array {
  const { runId, project, entity, type, name, digest, description, metadata, aliases, files, clientId, sequenceClientId } = artifact;
  const manifest = [
    varintField(1, 1), lenField(2, 'wandb-storage-policy-v1'), lenField(3, joinBytes([lenField(1, 'storageLayout'), lenField(2, '"V2"')])),
    ...files.map((file) => lenField(4, joinBytes([lenField(1, file.path), lenField(2, file.digest), varintField(4, file.bytes), lenField(6, file.localPath), varintField(8, 1)]))),
  ];
  return record(8, [
    ...textFields([[1, runId], [2, project], [3, entity], [4, type], [5, name], [6, digest], [7, description], [8, jsonOf(metadata)]]),
    ...aliases.map((alias) => lenField(11, alias)),
    lenField(12, joinBytes(manifest)),
    varintField(14, 1), lenField(15, clientId), lenField(16, sequenceClientId),
  ]);
}

/** What the digest of an artifact is the MD5 of: its files by path (wandb/sdk/artifacts/artifact_manifests/artifact_manifest_v1.py). */
export function manifestLines(files: readonly Pick<WandbArtifactFile, 'path' | 'digest'>[]): string {
  const sorted = files.toSorted((a, b) => (a.path < b.path ? -1 : 1));
  return `wandb-artifact-manifest-v1\n${sorted.map(({ path, digest }) => `${path}:${digest}\n`).join('')}`;
}

/** The end of the run. */
export function exitRecord(exitCode: number, runtimeSeconds: number): Uint8Array {
  return record(18, [varintField(1, exitCode), varintField(2, Math.round(runtimeSeconds))]);
}

/** The record with its number in the log, from 1. */
export function numbered(message: Uint8Array, number: number): Uint8Array {
  return joinBytes([varintField(1, number), message]);
}

/** JSON as Python writes and W&B reads it: numbers that are none have names. */
function jsonOf(value: unknown): string {
  if (typeof value === 'number' && !Number.isFinite(value)) return Number.isNaN(value) ? 'NaN' : value > 0 ? 'Infinity' : '-Infinity';
  if (Array.isArray(value)) return `[${value.map(jsonOf).join(',')}]`;
  if (typeof value === 'object' && value !== null) return `{${Object.entries(value).filter(([, inner]) => inner !== undefined).map(([key, inner]) => `${JSON.stringify(key)}:${jsonOf(inner)}`).join(',')}}`;
  return JSON.stringify(value) ?? 'null';
}
