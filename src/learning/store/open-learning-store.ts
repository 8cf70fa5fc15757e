// Opens the learning store of a folder: learning.sqlite, blobs/ and what is written on the way. Nothing in it needs a server.
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Clock } from '../../base/clock.ts';
import type { Logger } from '../../base/logger.ts';
import type { Database, SqliteOptions } from '../../ledger/sqlite.ts';
import { fetchFiles, verifyFiles } from './artifact-copies.ts';
import { createArtifacts } from './artifacts.ts';
import { openBlobs } from './blobs.ts';
import { codeRevision } from './code-revision.ts';
import { collectGarbage } from './collect-garbage.ts';
import type { LearningStore } from './learning-store.ts';
import { createModelEvents } from './model-events.ts';
import type { ProcessIdentity } from './process-life.ts';
import { thisProcess } from './process-life.ts';
import type { OpenRecorder, RecorderDeps } from './run-recorder.ts';
import { resumeRun, startRun } from './run-recorder.ts';
import { createRuns } from './runs.ts';
import { openStoreDatabase, storeError } from './store-database.ts';

export interface LearningStoreDeps {
  readonly clock: Clock;
  readonly log: Logger;
  /** Who records; this process where absent. */
  readonly here?: ProcessIdentity;
  /** Which code runs; found out where absent. */
  readonly codeRevision?: string;
  readonly openDatabase?: (path: string, options: SqliteOptions) => Database;
}

/** Opens or creates the store. Throws STORE_OPEN_FAILED, STORE_VERSION, STORE_BUSY, STORE_FULL, STORE_DAMAGED. */
export function openLearningStore(storeFolder: string, deps: LearningStoreDeps): LearningStore {
  const folder = resolve(storeFolder);
  const { clock, log } = deps;
  const wallMs = (): number => clock.wallMs();
  const here = deps.here ?? thisProcess();
  const database = openStoreDatabase(folder, { wallMs: wallMs(), ...(deps.openDatabase && { openDatabase: deps.openDatabase }) });
  const blobs = openBlobs(folder);
  const artifacts = createArtifacts({ database, blobs, wallMs });
  const runs = createRuns({ database, here, wallMs });
  const events = createModelEvents({ database, wallMs, artifacts: () => artifacts.list({ type: 'model' }) });
  const recorderDeps: RecorderDeps = { database, blobs, clock, log: log.child({ room: 'learning' }), here, codeRevision: () => deps.codeRevision ?? codeRevision() };
  const recorders: OpenRecorder[] = [];
  let isClosed = false;
  const remember = (recorder: OpenRecorder): OpenRecorder => {
    recorders.push(recorder);
    return recorder;
  };

  return {
    folder,
    startRun: (run) => remember(startRun(run, recorderDeps)),
    resumeRun: (id) => remember(resumeRun(id, recorderDeps)),
    runs: (filter) => runs.list(filter),
    run: (reference) => runs.find(reference),
    metricKeys: (runId) => runs.metricKeys(runId),
    metric: (runId, key) => runs.metric(runId, key),
    consoleOf: (runId) => runs.consoleOf(runId),
    loadOf: (runId) => runs.loadOf(runId),
    runFiles: (runId) => runs.filesOf(runId),
    runFile: (runId, path) => {
      const file = runs.filesOf(runId).find((each) => each.path === path);
      return file === undefined ? undefined : readBlob(blobs.pathOf(file.sha256));
    },
    inputsOf: (runId) => artifacts.ofRun(runId, 'inputs'),
    outputsOf: (runId) => artifacts.ofRun(runId, 'outputs'),
    addArtifact: (artifact) => artifacts.add(artifact),
    artifacts: (filter) => artifacts.list(filter),
    artifact: (reference) => artifacts.find(reference),
    filesOf: (artifact) => artifacts.filesOf(artifact),
    pathOf: (file) => blobs.pathOf(file.sha256),
    fetch: (artifact, target) => fetchFiles(artifact, { files: artifacts.filesOf(artifact), blobs, folder: target }),
    verify: (artifact) => verifyFiles(artifacts.filesOf(artifact), blobs),
    setAlias: (artifact, alias) => artifacts.setAlias(artifact, alias),
    removeAlias: (name, alias) => artifacts.removeAlias(name, alias),
    usersOf: (artifact) => runs.usersOf(artifact.id),
    makersOf: (artifact) => runs.makersOf(artifact.id),
    modelEvents: () => events.list(),
    recordModelEvent: (event, alongside) => events.record(event, alongside),
    collectGarbage: () => collectGarbage({ database, blobs, storeFolder: folder, wallMs: wallMs() }),
    close: () => {
      if (isClosed) return;
      isClosed = true;
      for (const recorder of recorders) recorder.release();
      database.close();
    },
  };
}

function readBlob(path: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (error) {
    throw storeError(error, path);
  }
}
