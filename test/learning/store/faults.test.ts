// What the store does when disk, file or version are not as they should be: it says so, and nothing is half.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openSqlite } from '../../../src/ledger/sqlite.ts';
import { silentLogger } from '../../../src/base/logger.ts';
import { ManualClock } from '../../../src/base/manual-clock.ts';
import { openLearningStore } from '../../../src/learning/store/open-learning-store.ts';
import { openStoreDatabase, shareStoreDatabase } from '../../../src/learning/store/store-database.ts';
import { pictures, scratchFolder, storeRig } from './store-rig.ts';
import type { StoreRig } from './store-rig.ts';

let rig: StoreRig;
beforeEach(() => {
  rig = storeRig();
});
afterEach(() => rig[Symbol.dispose]());

function openAt(folder: string): ReturnType<typeof openLearningStore> {
  return openLearningStore(folder, { clock: new ManualClock(), log: silentLogger, codeRevision: 'test' });
}

describe('opening', () => {
  test('a store of a newer Sortline is refused and left alone', () => {
    const database = new DatabaseSync(join(rig.store.folder, 'learning.sqlite'));
    database.exec('PRAGMA user_version = 99');
    expect(() => rig.open()).toThrow(expect.objectContaining({ code: 'STORE_VERSION', message: expect.stringMatching(/schema version 99, written by a newer Sortline; this one knows versions up to \d+\. Update Sortline, or name another store with --store/) }));
    expect(database.prepare('PRAGMA user_version').get()).toMatchObject({ user_version: 99 });
    database.close();
  });

  test('a file that is no database, or is cut off, is named as damaged', () => {
    for (const [name, content] of [['text', 'this is no database, whatever its name says '.repeat(100)], ['cut', Buffer.concat([Buffer.from('SQLite format 3\0'), Buffer.alloc(5000, 7)])]] as const) {
      const folder = join(rig.folder, name);
      mkdirSync(folder);
      writeFileSync(join(folder, 'learning.sqlite'), content);
      expect(() => openAt(folder), name).toThrow(expect.objectContaining({ code: 'STORE_DAMAGED', message: expect.stringContaining(`${name}/learning.sqlite is damaged`) }));
    }
  });

  test('a file in the place of the folder, or of the database a folder', () => {
    writeFileSync(join(rig.folder, 'file'), '');
    expect(() => openAt(join(rig.folder, 'file'))).toThrow(expect.objectContaining({ code: 'STORE_OPEN_FAILED' }));
    mkdirSync(join(rig.folder, 'wrong', 'learning.sqlite'), { recursive: true });
    expect(() => openAt(join(rig.folder, 'wrong'))).toThrow(expect.objectContaining({ code: 'STORE_OPEN_FAILED' }));
  });

  test('a failed migration leaves no tables behind', () => {
    const folder = join(rig.folder, 'new');
    expect(() => openStoreDatabase(folder, {
      wallMs: 0,
      openDatabase: (path, options) => {
        const database = openSqlite(path, options);
        database.exec('PRAGMA max_page_count = 8');
        return database;
      },
    })).toThrow(expect.objectContaining({ code: 'STORE_FULL' }));
    const database = new DatabaseSync(join(folder, 'learning.sqlite'));
    expect(database.prepare('SELECT COUNT(*) AS n FROM sqlite_schema').get()).toMatchObject({ n: 0 });
    database.close();
    openAt(folder).close();
  });
});

describe('a store that machines share', () => {
  const header = (folder: string): unknown => {
    const database = new DatabaseSync(join(folder, 'learning.sqlite'));
    try {
      return database.prepare('PRAGMA journal_mode').get()?.journal_mode;
    } finally {
      database.close();
    }
  };

  test('is made without a write-ahead log, and stays so when its own machine opens it', () => {
    const folder = join(rig.folder, 'far');
    openStoreDatabase(folder, { wallMs: 0, isOnNetwork: () => true }).close();
    expect(header(folder)).not.toBe('wal');
    openAt(folder).close();
    expect(header(folder)).not.toBe('wal');
  });

  test('is refused over the network where it was made locally, until it is shared', () => {
    const { folder } = rig.store;
    rig.store.close();
    expect(header(folder)).toBe('wal');
    const openFar = (): void => openStoreDatabase(folder, { wallMs: 0, isOnNetwork: () => true }).close();
    expect(openFar).toThrow(expect.objectContaining({ code: 'STORE_OPEN_FAILED', message: expect.stringContaining('sortline artifacts share') }));
    shareStoreDatabase(folder, { wallMs: 0 });
    openFar();
    expect(header(folder)).not.toBe('wal');
  });

  test('cannot be shared while somebody has it open', () => {
    expect(() => shareStoreDatabase(rig.store.folder, { wallMs: 0 })).toThrow(expect.objectContaining({ code: 'STORE_BUSY' }));
  });
});

test('a lock that another process does not let go of is said to be one', () => {
  const store = rig.open({ openDatabase: (path, options) => openSqlite(path, { ...options, busyTimeoutMs: 20 }) });
  const other = new DatabaseSync(join(store.folder, 'learning.sqlite'));
  other.exec('BEGIN IMMEDIATE');
  expect(() => store.startRun({ kind: 'train', name: 'x', config: {} })).toThrow(expect.objectContaining({ code: 'STORE_BUSY', message: expect.stringContaining('learning.sqlite is in use by another process') }));
  other.exec('ROLLBACK');
  other.close();
});

test('without room in the database a run keeps what it had, and says what to do', () => {
  let pages = 1_000_000;
  const store = rig.open({
    openDatabase: (path, options) => {
      const database = openSqlite(path, options);
      return { ...database, transaction: (work) => {
        database.exec(`PRAGMA max_page_count = ${pages}`);
        return database.transaction(work);
      } };
    },
  });
  const run = store.startRun({ kind: 'train', name: 'long', config: {} });
  run.log({ step: 1, epoch: 0 }, { loss: 1 });
  pages = 1;
  const long = 'x'.repeat(100_000);
  expect(() => run.say(long)).toThrow(expect.objectContaining({ code: 'STORE_FULL', message: expect.stringContaining('sortline artifacts gc') }));
  expect(() => run.log({ step: 2, epoch: 0 }, Object.fromEntries(Array.from({ length: 2000 }, (_, index) => [`metric ${index}`, 1])))).toThrow(expect.objectContaining({ code: 'STORE_FULL' }));
  expect(store.metricKeys(run.id)).toEqual(['loss']);
  pages = 1_000_000;
  run.say(long);
  expect(store.consoleOf(run.id)).toHaveLength(1);
});

const canMount = process.getuid?.() === 0 && spawnSync('mount', ['--version']).status === 0;
test.skipIf(!canMount)('on a real disk without room, an artifact is stored whole or not at all', async (context) => {
  const mountPoint = join(scratchFolder('disk'), 'disk');
  mkdirSync(mountPoint);
  if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', mountPoint]).status !== 0) return context.skip('needs the right to mount a file system');
  try {
    const store = openAt(join(mountPoint, 'store'));
    const first = await store.addArtifact(pictures('trash', { a: 'x'.repeat(300_000) }));
    await expect(store.addArtifact(pictures('trash', { b: 'b'.repeat(600_000), c: 'c'.repeat(600_000), d: 'd'.repeat(600_000) }))).rejects.toMatchObject({ code: 'STORE_FULL', message: expect.stringContaining('what was stored before is unharmed') });
    expect(readdirSync(join(mountPoint, 'store', 'incoming'))).toEqual([]);
    expect(store.artifacts()).toEqual([first]);
    // Whatever was already stored of it is nobody's.
    await store.collectGarbage();
    expect(readdirSync(join(mountPoint, 'store', 'blobs'), { recursive: true, encoding: 'utf8' }).filter((path) => path.includes('/'))).toHaveLength(1);
    const filler = join(mountPoint, 'filler');
    const { bavail, bsize } = statfsSync(mountPoint);
    writeFileSync(filler, Buffer.alloc(bavail * bsize - 200_000));
    await expect(store.fetch(first, join(mountPoint, 'out'))).rejects.toMatchObject({ code: 'STORE_FULL' });
    expect(readdirSync(mountPoint).toSorted()).toEqual(['filler', 'store']);
    rmSync(filler);
    await store.fetch(first, join(mountPoint, 'out'));
    expect(await store.verify(first)).toEqual([]);
    store.close();
  } finally {
    spawnSync('umount', ['-l', mountPoint]);
    rmSync(join(mountPoint, '..'), { recursive: true });
  }
});

describe('garbage', () => {
  test('is what nothing refers to, and leftovers of killed writers once they are old', async () => {
    const artifact = await rig.store.addArtifact(pictures('trash', { a: '1' }));
    const run = rig.store.startRun({ kind: 'train', name: 'x', config: {} });
    run.keepFile('chart', new Uint8Array(10));
    run.keepFile('chart', new Uint8Array(20));
    mkdirSync(join(rig.store.folder, 'incoming'), { recursive: true });
    const leftover = join(rig.store.folder, 'incoming', '1-abc');
    writeFileSync(leftover, 'half');
    const day = 24 * 3600 * 1000;
    const late = rig.open({ clock: new ManualClock({ wallMs: Date.now() + 2 * day }) });
    const early = rig.open({ clock: new ManualClock({ wallMs: Date.now() }) });
    expect(await early.collectGarbage()).toEqual({ files: 1, bytes: 10 });
    expect(existsSync(leftover)).toBe(true);
    expect(await late.collectGarbage()).toEqual({ files: 1, bytes: 4 });
    expect(await rig.store.verify(artifact)).toEqual([]);
    expect(rig.store.runFile(run.id, 'chart')).toHaveLength(20);
  });
});
