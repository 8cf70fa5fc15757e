// The LearningStore port: what was run, what came out of it, and what it was made from. One folder on disk (a SQLite database and
// files by content hash), shared by any number of processes. Everything is synchronous but what copies files.
// `openLearningStore` (open-learning-store.ts) opens one.
import type { ErrorContext } from '../../base/errors.ts';
import type { LoadSample } from './system-load.ts';

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
  /** SHA-256 over type, paths and hashes of its files: under one name, the same files are the same version. */
  readonly digest: string;
  /** `latest` first where it is that. */
  readonly aliases: readonly string[];
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly createdAtIso: string;
  /** The run that made it first. */
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
  /** `0.1.0 4b0c914d02aa+dirty`: version, git commit and whether files differed from it; the version alone outside a checkout. */
  readonly codeRevision: string;
  /** Name of the machine. */
  readonly host: string;
  readonly sweepId: string | undefined;
  readonly startedAtIso: string;
  readonly endedAtIso: string | undefined;
  /** When its process last wrote. */
  readonly lastSignAtIso: string;
  readonly failure: string | undefined;
}

export interface MetricPoint {
  readonly step: number;
  readonly epoch: number;
  /** NaN and infinities are kept. */
  readonly value: number;
  readonly atIso: string;
}

export interface ConsoleLine {
  readonly atIso: string;
  readonly line: string;
}

export interface LoadPoint extends LoadSample {
  readonly atIso: string;
}

/**
 * A run while it goes on. Every call is on disk when it returns. Load samples and signs of life are written by themselves. Every
 * call throws STORE_FULL, STORE_BUSY, and STORE_REFUSED once the run has ended or another process has taken it over.
 */
export interface RunRecorder {
  readonly id: string;
  /** Numbers of one moment; the same name and step again replaces (a resumed run). `step` is whole. Names: `loss`, `val/accuracy`, `val/accuracy/glass`, `learn_rate`, `images_per_second` … */
  log(at: { readonly step: number; readonly epoch: number }, values: Readonly<Record<string, number>>): void;
  /** One line of what the run said on the terminal. */
  say(line: string): void;
  /** Says that the run read `artifact`. */
  use(artifact: Artifact): void;
  /** Keeps a small file with the run (a contact sheet, a confusion matrix); the same path again replaces it. */
  keepFile(path: string, content: Uint8Array): void;
  /** Merged into the summary so far. */
  summarise(values: Readonly<Record<string, unknown>>): void;
  /** The first call counts. */
  end(state: Exclude<RunState, 'running' | 'crashed'>, failure?: string): void;
}

export interface NewRun {
  readonly kind: RunKind;
  readonly name: string;
  readonly config: Readonly<Record<string, unknown>>;
  readonly sweepId?: string;
}

/** What became of a model: made champion, or taken out of the choice. */
export interface ModelEvent {
  readonly artifact: Artifact;
  readonly kind: 'promoted' | 'retired';
  readonly atIso: string;
  readonly who: string;
  readonly reason: string | undefined;
  readonly evidence: Readonly<Record<string, unknown>>;
}

export type NewModelEvent = Omit<ModelEvent, 'atIso'>;

export interface LearningStore {
  readonly folder: string;

  startRun(run: NewRun): RunRecorder;
  /** Goes on recording a run that was stopped, failed or crashed. Throws STORE_NOT_FOUND, STORE_REFUSED where it is finished, STORE_BUSY where its process still lives. */
  resumeRun(id: string): RunRecorder;
  /** Newest first. */
  runs(filter?: { readonly kind?: RunKind; readonly sweepId?: string; readonly limit?: number }): Run[];
  /** By id, unique beginning of an id, or name (the newest of that name). Throws STORE_NOT_FOUND. */
  run(reference: string): Run;
  metricKeys(runId: string): string[];
  metric(runId: string, key: string): MetricPoint[];
  consoleOf(runId: string): ConsoleLine[];
  /** Every 15 s, and at the end. */
  loadOf(runId: string): LoadPoint[];
  runFile(runId: string, path: string): Uint8Array | undefined;
  runFiles(runId: string): ArtifactFile[];
  inputsOf(runId: string): Artifact[];
  outputsOf(runId: string): Artifact[];

  /**
   * Stores files and version in one go; files already there are not stored again; the same content gives the version there is,
   * with its metadata. Throws STORE_REFUSED (names), STORE_FULL, STORE_FAILED (a file that cannot be read).
   */
  addArtifact(artifact: NewArtifact): Promise<Artifact>;
  artifacts(filter?: { readonly type?: ArtifactType; readonly name?: string }): Artifact[];
  /** `name:v3`, `name:alias`, `name` (its latest) or the beginning of a digest. Throws STORE_NOT_FOUND naming what there is. */
  artifact(reference: string): Artifact;
  filesOf(artifact: Artifact): ArtifactFile[];
  /** Path of the stored bytes of one file; read-only, the store's. */
  pathOf(file: ArtifactFile): string;
  /** Writes the artifact's files below `folder`, all or none. Throws STORE_DAMAGED where a hash does not fit, STORE_FULL. */
  fetch(artifact: Artifact, folder: string): Promise<void>;
  /** Every file that is missing or whose hash does not fit. */
  verify(artifact: Artifact): Promise<{ readonly path: string; readonly problem: string; readonly context: ErrorContext }[]>;
  /** Moves the alias where another version of that name has it. Throws STORE_REFUSED for `latest`, `v3` and what is no name. */
  setAlias(artifact: Artifact, alias: string): void;
  removeAlias(name: string, alias: string): void;
  /** Runs that read the artifact, oldest first. */
  usersOf(artifact: Artifact): Run[];
  /** Runs that made exactly this, oldest first: as a rule one. */
  makersOf(artifact: Artifact): Run[];

  /** Oldest first. */
  modelEvents(): ModelEvent[];
  /** Records it and moves the alias `champion`; `alongside` is done in the same transaction, and what it throws undoes all. For the registry. */
  recordModelEvent(event: NewModelEvent, alongside: () => void): void;

  /** Removes contents that nothing refers to. */
  collectGarbage(): Promise<{ readonly files: number; readonly bytes: number }>;

  /** Runs that were not ended count as crashed as soon as this process is gone. A second call does nothing. */
  close(): void;
}
