import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { silentLogger } from '../../src/base/logger.ts';
import { ManualClock } from '../../src/base/manual-clock.ts';
import { countOverBudget, CropFolder } from '../../src/app/crop-folder.ts';

let folder: string;
beforeEach(() => { folder = join(mkdtempSync(join(tmpdir(), 'sortline-crops-')), 'kept'); });
afterEach(() => rmSync(join(folder, '..'), { recursive: true }));

const jpeg = (bytes: number): Uint8Array => new Uint8Array(bytes).fill(7);
const found = (): string[] => (existsSync(folder) ? readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).map(({ name }) => name).sort() : []);

function open({ maxMb = 1, write }: { maxMb?: number; write?: (path: string, bytes: Uint8Array) => Promise<void> } = {}): { clock: ManualClock; crops: CropFolder } {
  const clock = new ManualClock();
  return { clock, crops: new CropFolder({ clock, log: silentLogger, options: { folder, maxMb }, ...(write && { write }) }) };
}

describe('CropFolder', () => {
  test('writes a file per item, in a folder per day', async () => {
    const { clock, crops } = open();
    crops.keep('run-000001', jpeg(10));
    crops.keep('run-000002', jpeg(20));
    await crops.close();
    const day = new Date(clock.wallMs()).toISOString().slice(0, 10);
    expect(readFileSync(join(folder, day, 'run-000002.jpg'))).toHaveLength(20);
    expect([found(), crops.keptCount]).toEqual([['run-000001.jpg', 'run-000002.jpg'], 2]);
  });

  test('the oldest make room, also those of earlier runs', async () => {
    const first = open();
    for (let item = 1; item <= 5; item++) first.crops.keep(`a-${item}`, jpeg(200_000));
    await first.crops.close();
    const second = open();
    for (let item = 1; item <= 2; item++) second.crops.keep(`b-${item}`, jpeg(200_000));
    await second.crops.close();
    expect(found()).toEqual(['a-3.jpg', 'a-4.jpg', 'a-5.jpg', 'b-1.jpg', 'b-2.jpg']);
  });

  test('a slow disk holds nobody up: what does not fit into the queue is dropped and counted', async () => {
    const waiting: (() => void)[] = [];
    const { crops } = open({ write: () => new Promise((resolve) => waiting.push(resolve)) });
    for (let item = 0; item < 30; item++) crops.keep(`a-${item}`, jpeg(10));
    expect(crops.droppedCount).toBe(13);
    const closed = crops.close();
    while (crops.keptCount < 17) {
      waiting.shift()?.();
      await new Promise((resolve) => setImmediate(resolve));
    }
    await closed;
    expect([crops.keptCount, crops.failedCount]).toEqual([17, 0]);
  });

  test('a disk that hangs does not hold up the end', async () => {
    const begun = Promise.withResolvers<void>();
    const { clock, crops } = open({ write: () => (begun.resolve(), new Promise(() => undefined)) });
    crops.keep('a-1', jpeg(10));
    await begun.promise;
    const closed = crops.close();
    await clock.advanceMs(2000);
    await closed;
  });

  test('a full disk is counted, and does not stop later ones', async () => {
    let isFull = true;
    const { crops } = open({ write: () => (isFull ? Promise.reject(new Error('ENOSPC')) : Promise.resolve()) });
    crops.keep('a-1', jpeg(10));
    await crops.close();
    isFull = false;
    crops.keep('a-2', jpeg(10));
    await crops.close();
    expect([crops.failedCount, crops.keptCount]).toEqual([1, 1]);
  });

  test('a folder that cannot be made is counted as well', async () => {
    writeFileSync(folder, 'a file');
    const { crops } = open();
    crops.keep('a-1', jpeg(10));
    await crops.close();
    expect([crops.failedCount, crops.keptCount]).toEqual([1, 0]);
  });
});

test('as few as possible of the oldest go, and the newest stays', () => {
  fc.assert(fc.property(fc.array(fc.record({ bytes: fc.nat(1000) }), { minLength: 1 }), fc.nat(3000), (files, budget) => {
    const sum = (from: number): number => files.slice(from).reduce((total, { bytes }) => total + bytes, 0);
    const count = countOverBudget(files, budget);
    expect(count).toBeLessThan(files.length);
    if (count < files.length - 1) expect(sum(count)).toBeLessThanOrEqual(budget);
    if (count > 0) expect(sum(count - 1)).toBeGreaterThan(budget);
  }));
});
