// The LearningStore port: what was run, what came out of it, and what it was made from. One folder on disk (a SQLite database and
// files by content hash), shared by any number of processes. Everything is synchronous but what copies files.
import type { ErrorContext } from '../../base/errors.ts';

/** What an artifact is. `raw_data` and `split_data` hold pictures, `model` a model folder. */
export type ArtifactType = 'raw_data' | 'split_data' | 'model';

export interface ArtifactFile {
  /** Relative, with `/`. */
  readonly path: string;
  /** SHA-256, hexadecimal. */
  readonly sha256: string;
  readonly bytes: number;
}

/** A set of files that never changes; `trashnet:v3` is its reference. */
export interface Artifact {
  readonly id: number;
  readonly type: ArtifactType;
  readonly name: string;
  /** 0 is the first. */
  readonly version: number;
  /** SHA-256 over type, paths and hashes of its files: the same files are the same version. */
  readonly digest: string;
  readonly aliases: readonly string[];
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly createdAtIso: string;
  /** The run that made it. */
  readonly runId: string | undefined;
}

export interface NewArtifact {
  readonly type: ArtifactType;
  readonly name: string;
  readonly files: readonly { readonly path: string; readonly content: Uint8Array | { readonly file: string } }[];
  readonly metadata?: Readonly<Record<string, unknown>>;
  /** Besides `latest`, which every new version gets. */
  readonly aliases?: readonly string[];
  readonly runId?: string;
}

export type RunKind = 'import' | 'split' | 'harvest' | 'train' | 'evaluate';
/** `crashed`: its process is gone and nobody said how it ended. */
export type RunState = 'running' | 'finished' | 'failed' | 'stopped' | 'crashed';

export interface Run {
  readonly id: string;
  readonly kind: RunKind;
  readonly name: string;
  readonly state: RunState;
  readonly config: Readonly<Record<string, unknown>>;
  readonly summary: Readonly<Record<string, unknown>>;
  readonly codeRevision: string;
  readonly sweepId: string | undefined;
  readonly startedAtIso: string;
  readonly endedAtIso: string | undefined;
  readonly failure: string | undefined;
}

export interface MetricPoint {
  readonly step: number;
  readonly epoch: number;
  readonly value: number;
  readonly atIso: string;
}

/** A run while it goes on. Every call is on disk when it returns. */
export interface RunRecorder {
  readonly id: string;
  /** Numbers of one moment: `loss`, `val/accuracy`, `val/accuracy/glass`, `learn_rate`, `images_per_second` … */
  log(at: { readonly step: number; readonly epoch: number }, values: Readonly<Record<string, number>>): void;
  /** One line of what the run said on the terminal. */
  say(line: string): void;
  /** Says that the run read `artifact`. */
  use(artifact: Artifact): void;
  /** Keeps a small file with the run (a contact sheet, a confusion matrix); the same path again replaces it. */
  keepFile(path: string, content: Uint8Array): void;
  /** Merged into the summary so far. */
  summarise(values: Readonly<Record<string, unknown>>): void;
  end(state: Exclude<RunState, 'running' | 'crashed'>, failure?: string): void;
}

export interface NewRun {
  readonly kind: RunKind;
  readonly name: string;
  readonly config: Readonly<Record<string, unknown>>;
  readonly sweepId?: string;
}

export interface LearningStore {
  readonly folder: string;

  startRun(run: NewRun): RunRecorder;
  /** Goes on recording a run that was stopped or crashed. Throws STORE_NOT_FOUND, STORE_BUSY where its process still lives. */
  resumeRun(id: string): RunRecorder;
  /** Newest first. */
  runs(filter?: { readonly kind?: RunKind; readonly sweepId?: string; readonly limit?: number }): Run[];
  /** By id, unique beginning of an id, or name (the newest of that name). Throws STORE_NOT_FOUND. */
  run(reference: string): Run;
  metricKeys(runId: string): string[];
  metric(runId: string, key: string): MetricPoint[];
  consoleOf(runId: string): { readonly atIso: string; readonly line: string }[];
  runFile(runId: string, path: string): Uint8Array | undefined;
  runFiles(runId: string): ArtifactFile[];
  inputsOf(runId: string): Artifact[];
  outputsOf(runId: string): Artifact[];

  /** Stores files and version in one go; files already there are not stored again; the same content gives the version there is. */
  addArtifact(artifact: NewArtifact): Promise<Artifact>;
  artifacts(filter?: { readonly type?: ArtifactType; readonly name?: string }): Artifact[];
  /** `name:v3`, `name:alias`, `name` (its latest) or the beginning of a digest. Throws STORE_NOT_FOUND naming what there is. */
  artifact(reference: string): Artifact;
  filesOf(artifact: Artifact): ArtifactFile[];
  /** Path of the stored bytes of one file; read-only, the store's. */
  pathOf(file: ArtifactFile): string;
  /** Writes the artifact's files below `folder`. Throws STORE_DAMAGED where a hash does not fit. */
  fetch(artifact: Artifact, folder: string): Promise<void>;
  /** Every file that is missing or whose hash does not fit. */
  verify(artifact: Artifact): Promise<{ readonly path: string; readonly problem: string; readonly context: ErrorContext }[]>;
  setAlias(artifact: Artifact, alias: string): void;
  removeAlias(name: string, alias: string): void;
  /** Runs that read the artifact. */
  usersOf(artifact: Artifact): Run[];

  close(): void;
}
