// Several real processes on one store: killed in the middle of everything, and all writing at once.
import type { ChildProcess } from 'node:child_process';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { systemClock } from '../../../src/base/clock.ts';
import { silentLogger } from '../../../src/base/logger.ts';
import { openLearningStore } from '../../../src/learning/store/open-learning-store.ts';
import { openStoreDatabase } from '../../../src/learning/store/store-database.ts';
import { storeRig } from './store-rig.ts';

function child(script: string, ...args: string[]): ChildProcess {
  return fork(new URL(script, import.meta.url), args, { execArgv: [] });
}

test('kill -9 loses nothing that was logged, and the run is crashed', async () => {
  using rig = storeRig();
  const training = child('child-run.ts', rig.store.folder);
  let told = 0;
  training.on('message', (step) => {
    told = Number(step);
    if (told === 40) training.kill('SIGKILL');
  });
  await once(training, 'exit');
  const store = rig.open({ clock: systemClock });
  const run = store.run('killed');
  expect(run).toMatchObject({ state: 'crashed', endedAtIso: undefined, codeRevision: 'child' });
  const losses = store.metric(run.id, 'loss');
  expect(told).toBeGreaterThanOrEqual(40);
  expect(losses.length).toBeGreaterThanOrEqual(told);
  expect(losses.map(({ step, value }) => [step, value])).toEqual(losses.map((_, index) => [index + 1, 1 / (index + 1)]));
  expect(store.metric(run.id, 'accuracy')).toHaveLength(losses.length);
  expect(store.consoleOf(run.id).length).toBeGreaterThanOrEqual(told);
  expect(Number(Buffer.from(store.runFile(run.id, 'last.txt')!).toString())).toBeGreaterThanOrEqual(told);
  expect(store.inputsOf(run.id)).toEqual(store.outputsOf(run.id));
  expect(await store.verify(store.artifact('trash'))).toEqual([]);
  const database = new DatabaseSync(join(store.folder, 'learning.sqlite'));
  expect({ ...database.prepare('PRAGMA integrity_check').get() }).toEqual({ integrity_check: 'ok' });
  database.close();
  // Whoever goes on finds it as it was left.
  const resumed = store.resumeRun(run.id);
  resumed.end('finished');
  expect(store.run(run.id).state).toBe('finished');
}, 30_000);

test.each([['which they create', false], ['made for several machines', true]])('three processes fill one store %s at once, collecting garbage in between', async (_, isShared) => {
  using rig = storeRig();
  const folder = join(rig.folder, 'new');
  if (isShared) openStoreDatabase(folder, { wallMs: 0, isOnNetwork: () => true }).close();
  const rounds = 12, names = ['one', 'two', 'three'];
  const writers = names.map((name) => child('child-writer.ts', folder, name, String(rounds)));
  await Promise.all(writers.map((writer) => once(writer, 'message')));
  for (const writer of writers) writer.send('go');
  const codes = await Promise.all(writers.map(async (writer) => (await once(writer, 'exit'))[0]));
  expect(codes).toEqual([0, 0, 0]);
  const store = openLearningStore(folder, { clock: systemClock, log: silentLogger });
  try {
    // The same contents are one version, whoever came first; own contents are versions without gaps.
    expect(store.artifacts({ name: 'shared' }).map(({ version }) => version)).toEqual(Array.from({ length: rounds }, (_, index) => index));
    expect(store.artifacts({ name: 'mixed' }).map(({ version }) => version)).toEqual(Array.from({ length: 3 * rounds }, (_, index) => index));
    for (const artifact of store.artifacts()) expect(await store.verify(artifact)).toEqual([]);
    for (const run of store.runs()) {
      expect(run.state).toBe('finished');
      expect(store.outputsOf(run.id)).toHaveLength(2 * rounds);
    }
    expect(store.runs()).toHaveLength(3);
    expect(store.artifacts({ name: 'mixed' }).filter(({ aliases }) => aliases.includes('newest'))).toHaveLength(1);
    expect(await store.collectGarbage()).toEqual({ files: 0, bytes: 0 });
    expect(readdirSync(join(folder, 'blobs'), { recursive: true, encoding: 'utf8' }).filter((path) => path.includes('/'))).toHaveLength(rounds + 1 + 3 * rounds);
    expect(readdirSync(join(folder, 'incoming'))).toEqual([]);
  } finally {
    store.close();
  }
}, 30_000);
