import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { silentLogger } from '../../../src/base/logger.ts';
import type { Material } from '../../../src/domain/material.ts';
import type { Harvest, HarvestRequest } from '../../../src/learning/data/harvest-crops.ts';
import { harvestCrops } from '../../../src/learning/data/harvest-crops.ts';
import { importPictures } from '../../../src/learning/data/import-pictures.ts';
import { openLedger } from '../../../src/ledger/ledger.ts';
import { ledgerOptions } from '../../../src/ledger/options.ts';
import { openSqlite } from '../../../src/ledger/sqlite.ts';
import { decided, look, seen } from '../../ledger/events.ts';
import type { StoreRig } from '../store/store-rig.ts';
import { scratchFolder, storeRig } from '../store/store-rig.ts';
import { jpegOf, writeFiles } from './drawn-pictures.ts';

const LIMITS = { maxItems: 100, perHour: 100, perMaterial: 100 };

let root: string;
let rig: StoreRig;
beforeEach(() => {
  root = scratchFolder('harvest');
  rig = storeRig();
});
afterEach(() => {
  rig[Symbol.dispose]();
  rmSync(root, { recursive: true });
});

interface KeptItem {
  readonly itemId: string;
  readonly confidence: number;
  readonly looks: readonly Material[];
  readonly seed: number;
}

/** What a line leaves behind: a ledger, and a picture of each item. */
function lineKept(items: readonly KeptItem[]): void {
  const ledger = openLedger({ clock: rig.clock, log: silentLogger, options: { ...ledgerOptions.parse(undefined), path: join(root, 'ledger.sqlite') }, run: { runId: 'run', line: 'test' } });
  for (const { itemId, confidence, looks, seed } of items) {
    const { decision, ...event } = decided(itemId, { material: looks[0]! });
    ledger.handle(seen(itemId));
    for (const [frame, material] of looks.entries()) ledger.handle(look(itemId, frame, material));
    ledger.handle({ ...event, decision: { ...decision, prediction: { ...decision.prediction!, confidence, lookCount: looks.length } } });
    writeFiles(join(root, 'crops/2026-01-01'), { [`${itemId}.jpg`]: jpegOf(seed) });
  }
  ledger.close();
}

const ITEMS: KeptItem[] = [
  { itemId: 'run-000001', confidence: 0.65, looks: ['glass', 'glass'], seed: 1 },
  { itemId: 'run-000002', confidence: 0.45, looks: ['metal'], seed: 2 },
  { itemId: 'run-000003', confidence: 0.7, looks: ['glass', 'plastic'], seed: 3 },
  { itemId: 'run-000004', confidence: 0.66, looks: ['glass'], seed: 1 },
];

const harvest = (request: Partial<HarvestRequest> = {}): Harvest => harvestCrops({
  cropFolder: join(root, 'crops'), ledgerFile: join(root, 'ledger.sqlite'), out: join(root, 'unlabelled'), limits: LIMITS, ...request,
}, rig);
const list = (): string[] => readFileSync(join(root, 'unlabelled/harvest.csv'), 'utf8').split('\n');
const namesOf = ({ chosen }: Harvest): string[] => chosen.map(({ itemId }) => itemId.slice(-1));

describe('harvestCrops', () => {
  test('lays the most doubtful out by what the line took them for, with a list, and leaves out what looks alike', () => {
    lineKept(ITEMS);
    const { chosen, passedOver } = harvest();
    expect(chosen.map(({ itemId, material, disagrees }) => [itemId, material, disagrees])).toEqual([['run-000003', 'glass', true], ['run-000002', 'metal', false], ['run-000001', 'glass', false]]);
    expect(passedOver).toMatchObject({ alike: 1 });
    expect(readdirSync(join(root, 'unlabelled'), { recursive: true, encoding: 'utf8' }).sort()).toEqual(['glass', 'glass/run-000001.jpg', 'glass/run-000003.jpg', 'harvest.csv', 'metal', 'metal/run-000002.jpg']);
    expect(readFileSync(join(root, 'unlabelled/metal/run-000002.jpg'))).toEqual(jpegOf(2));
    expect(list()).toEqual(['item,time,suggestion,confidence,looks,disagreeing', 'run-000003,2026-01-01T00:00:00.000Z,glass,0.7000,2,true', 'run-000002,2026-01-01T00:00:00.000Z,metal,0.4500,1,false', 'run-000001,2026-01-01T00:00:00.000Z,glass,0.6500,2,false', '']);
    expect(rig.store.runs({ kind: 'harvest' })).toMatchObject([{ state: 'finished', name: 'unlabelled', summary: { chosen: 3, found: 4 } }]);
  });

  test('harvests on: what was taken is not taken again, even after it was moved, nor what looks like it', () => {
    lineKept(ITEMS);
    expect(namesOf(harvest({ limits: { ...LIMITS, maxItems: 2 } }))).toEqual(['3', '2']);
    renameSync(join(root, 'unlabelled/glass/run-000003.jpg'), join(root, 'unlabelled/metal/run-000003.jpg'));
    expect(namesOf(harvest())).toEqual(['1']);
    expect(harvest()).toMatchObject({ chosen: [], takenBefore: 3, passedOver: { alike: 1 } });
    expect(list()).toHaveLength(5);
  });

  test('counts what was taken of an hour before, also when its picture is gone', () => {
    lineKept(ITEMS);
    const limits = { ...LIMITS, perHour: 2 };
    expect(namesOf(harvest({ limits }))).toEqual(['3', '2']);
    rmSync(join(root, 'crops/2026-01-01/run-000003.jpg'));
    expect(harvest({ limits })).toMatchObject({ chosen: [], passedOver: { hour: 2 } });
  });

  test('passes over what the ledger does not know and what cannot be read', () => {
    lineKept(ITEMS.slice(0, 2));
    writeFiles(join(root, 'crops/2026-01-01'), { 'other-000001.jpg': jpegOf(8), 'run-000002.jpg': jpegOf(2).subarray(0, 300) });
    expect(harvest()).toMatchObject({ chosen: [{ itemId: 'run-000001' }], found: 3, unknown: 1, passedOver: { unreadable: 1 } });
  });

  test('what it lays out can be imported once labels are set right', async () => {
    lineKept(ITEMS);
    harvest();
    mkdirSync(join(root, 'unlabelled/plastic'));
    renameSync(join(root, 'unlabelled/glass/run-000003.jpg'), join(root, 'unlabelled/plastic/run-000003.jpg'));
    const { perMaterial, leftOut } = await importPictures({ dir: join(root, 'unlabelled'), name: 'yard' }, rig);
    expect([perMaterial, leftOut]).toEqual([{ cardboard: 0, glass: 1, metal: 1, paper: 0, plastic: 1, trash: 0 }, []]);
  });

  test('reads the ledger while the line writes it', () => {
    lineKept(ITEMS);
    const ledger = openLedger({ clock: rig.clock, log: silentLogger, options: { ...ledgerOptions.parse(undefined), path: join(root, 'ledger.sqlite') }, run: { runId: 'next', line: 'test' } });
    expect(harvest().chosen).toHaveLength(3);
    ledger.close();
  });

  test.each([
    ['no folder', () => undefined, 'DATA_UNREADABLE', 'harvest.enabled'],
    ['an empty folder', () => mkdirSync(join(root, 'crops')), 'DATA_EMPTY', 'harvest.enabled'],
    ['no ledger', () => writeFiles(join(root, 'crops'), { 'a.jpg': jpegOf(1) }), 'LEDGER_OPEN_FAILED', 'ledger.path'],
    ['a ledger that is none', () => writeFiles(root, { 'crops/a.jpg': jpegOf(1), 'ledger.sqlite': 'x'.repeat(5000) }), 'LEDGER_OPEN_FAILED', 'cannot be read'],
    ['a ledger of a newer version', () => {
      lineKept(ITEMS);
      const database = openSqlite(join(root, 'ledger.sqlite'));
      database.exec('PRAGMA user_version = 99');
      database.close();
    }, 'LEDGER_VERSION', 'version 99'],
    ['a list that is none', () => {
      lineKept(ITEMS);
      writeFiles(join(root, 'unlabelled'), { 'harvest.csv': 'item,time,suggestion,confidence,looks,disagreeing\na,b\n' });
    }, 'DATA_LIST_INVALID', 'line 2'],
    ['a file where pictures should go', () => {
      lineKept(ITEMS);
      writeFileSync(join(root, 'unlabelled'), 'x');
    }, 'DATA_UNREADABLE', 'unlabelled'],
  ])('refuses %s', (_, prepare, code, named) => {
    prepare();
    expect(() => harvest()).toThrow(expect.objectContaining({ code, message: expect.stringContaining(named) }));
    expect(rig.store.runs({ kind: 'harvest' })).toMatchObject([{ state: 'failed' }]);
  });
});
