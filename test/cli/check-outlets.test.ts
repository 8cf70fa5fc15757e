// What `sortline check` says of ledger, recordings and dashboard, without the process around it.
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import { checkDashboard } from '../../src/cli/check-dashboard.ts';
import { checkLedger } from '../../src/cli/check-ledger.ts';
import { checkRecordings } from '../../src/cli/check-recordings.ts';
import { PART_CHECKS } from '../../src/cli/check-parts.ts';
import { defaultConfig } from '../../src/config/load-config.ts';
import { holdLedger } from '../../src/ledger/hold-ledger.ts';
import { openSqlite } from '../../src/ledger/sqlite.ts';

const config = defaultConfig();
let folder: string;
beforeAll(() => { folder = mkdtempSync(join(tmpdir(), 'sortline-check-')); });
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const withLedger = (path: string) => ({ ...config, ledger: { ...config.ledger, path } });
const withPort = (port: number) => ({ ...config, web: { ...config.web, port } });

describe('the ledger', () => {
  test('that is not there yet is no problem, and is not made', async () => {
    const path = join(folder, 'new', 'ledger.sqlite');
    expect(await checkLedger(withLedger(path))).toBe(`${path} will be created`);
    expect(existsSync(join(folder, 'new'))).toBe(false);
  });

  test('that is one is named with its size', async () => {
    const path = join(folder, 'ledger.sqlite');
    openSqlite(path).close();
    expect(await checkLedger(withLedger(path))).toMatch(/ledger\.sqlite, 0\.0 MB$/);
  });

  test('that another service has, or that is none, is a problem', async () => {
    const path = join(folder, 'held.sqlite');
    openSqlite(path).close();
    const hold = holdLedger(path, systemClock);
    await expect(checkLedger(withLedger(path))).rejects.toMatchObject({ code: 'LEDGER_OPEN_FAILED', message: expect.stringContaining('another Sortline') as string });
    hold.release();
    writeFileSync(join(folder, 'text.sqlite'), 'a text that is no database, and long enough to be read as one');
    await expect(checkLedger(withLedger(join(folder, 'text.sqlite')))).rejects.toMatchObject({ code: 'LEDGER_OPEN_FAILED', message: expect.stringContaining('not a database') as string });
  });
});

describe('recordings', () => {
  const into = (path: string) => checkRecordings({ ...config, record: { ...config.record, enabled: true, folder: path, maxMb: 300 } });

  test('are off, or have a folder with room, which is not made', async () => {
    expect(await checkRecordings(config)).toBe('off');
    expect(await into(join(folder, 'later', 'recordings'))).toMatch(/recordings, 300 MB at most, \d+ MB free$/);
    expect(existsSync(join(folder, 'later'))).toBe(false);
  });

  test('that cannot be written are a problem', async () => {
    const file = join(folder, 'no-folder');
    writeFileSync(file, '');
    await expect(into(join(file, 'recordings'))).rejects.toMatchObject({ code: 'RECORD_WRITE_FAILED', message: expect.stringContaining('not a directory') as string });
  });
});

describe('the dashboard', () => {
  test('needs a port that nobody has', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    await expect(checkDashboard(withPort(port))).rejects.toMatchObject({ code: 'WEB_PORT_IN_USE', message: expect.stringContaining(`127.0.0.1:${port}`) as string });
    server.close();
    await once(server, 'close');
    expect(await checkDashboard(withPort(port))).toContain(`:${port}`);
  });
});

test('a virtual belt that cannot carry its items is a problem of the camera', async () => {
  const { open } = PART_CHECKS.find(({ part }) => part === 'camera')!;
  await expect(open({ ...config, sim: { ...config.sim, world: { ...config.sim.world, itemsPerSecond: 40 } } })).rejects.toThrow(/items follow each other every \d+ mm/);
});
