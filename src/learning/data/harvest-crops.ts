// `sortline dataset harvest`: pictures that the line has kept, chosen and laid out for labelling.
//
//   crops/2026-11-24/ITEM.jpg ─┐
//   ledger (suggestion, time) ─┴─▶ choice ─▶ OUT/<suggestion>/ITEM.jpg + OUT/harvest.csv ─ moved by people ─▶ dataset import
import { copyFileSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { isSortlineError, reasonOf, SortlineError } from '../../base/errors.ts';
import { readImage } from '../../image/decode.ts';
import type { LedgerPrediction } from '../../ledger/read-predictions.ts';
import { readPredictions } from '../../ledger/read-predictions.ts';
import type { LearningStore } from '../store/learning-store.ts';
import type { ColourLayout } from './colour-layout.ts';
import { colourLayout, layoutSimilarity } from './colour-layout.ts';
import { DEFAULT_DUPLICATES } from './find-duplicates.ts';
import { HARVEST_FILE, readHarvested, writeHarvested } from './harvest-list.ts';
import type { PictureHash } from './picture-hash.ts';
import { hashDistance, pictureHash } from './picture-hash.ts';
import type { HarvestChoice, HarvestLimits } from './select-harvest.ts';
import { selectHarvest } from './select-harvest.ts';

export interface HarvestRequest {
  /** Where the line keeps pictures: `harvest.folder` of its config. */
  readonly cropFolder: string;
  /** The line's ledger. */
  readonly ledgerFile: string;
  /** Where to lay out; what lies there from earlier harvests stays. */
  readonly out: string;
  readonly limits: HarvestLimits;
}

export interface Crop extends LedgerPrediction {
  /** Undefined for one harvested before, whose picture the line has deleted since. */
  readonly file: string | undefined;
}

export interface Harvest extends HarvestChoice<Crop> {
  readonly out: string;
  /** Pictures that the line has kept, those taken before included. */
  readonly found: number;
  readonly takenBefore: number;
  /** Items that the ledger does not know (any more). */
  readonly unknown: number;
}

/** Throws DATA_UNREADABLE, DATA_EMPTY, DATA_LIST_INVALID (harvest.csv), LEDGER_OPEN_FAILED, LEDGER_VERSION. Nothing is half-written: run it again after a failure. */
export function harvestCrops(request: HarvestRequest, { store }: { store: LearningStore }): Harvest {
  const run = store.startRun({ kind: 'harvest', name: basename(resolve(request.out)), config: { ...request } });
  try {
    const { chosen, ...harvest } = harvestInto(resolve(request.out), request);
    run.summarise({ chosen: chosen.length, ...harvest });
    run.end('finished');
    return { chosen, ...harvest };
  } catch (error) {
    run.end('failed', reasonOf(error));
    throw error;
  }
}

function harvestInto(out: string, { cropFolder, ledgerFile, limits }: HarvestRequest): Harvest {
  const fileByItem = cropsIn(resolve(cropFolder));
  const predictions = readPredictions(ledgerFile, [...fileByItem.keys()]);
  const harvested = readHarvested(out);
  const withFile = (prediction: LedgerPrediction): Crop => ({ ...prediction, file: fileByItem.get(prediction.itemId) });
  const taken = new Set(harvested.map(({ itemId }) => itemId));
  const choice = selectHarvest([...predictions.values()].filter(({ itemId }) => !taken.has(itemId)).map(withFile), { limits, taken: harvested.map(withFile), ...createLooks() });
  layOut(out, choice.chosen);
  writeHarvested(out, [...harvested, ...choice.chosen]);
  return { ...choice, out, found: fileByItem.size, takenBefore: harvested.length, unknown: fileByItem.size - predictions.size };
}

/** Files of a day are named after their items. */
function cropsIn(folder: string): Map<string, string> {
  let names: string[];
  try {
    names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.jpg')).sort();
  } catch (cause) {
    throw new SortlineError('DATA_UNREADABLE', `the folder ${folder}, where a line keeps pictures, cannot be read: ${reasonOf(cause)}; set \`harvest.enabled: true\` in the line's config and let it run, or name the folder`, { context: { folder }, cause });
  }
  if (names.length === 0) throw new SortlineError('DATA_EMPTY', `no picture is kept in ${folder} yet: set \`harvest.enabled: true\` in the line's config and let it run`, { context: { folder } });
  return new Map(names.map((name) => [basename(name, '.jpg'), join(folder, name)]));
}

function layOut(out: string, chosen: readonly Crop[]): void {
  try {
    for (const { file, itemId, material } of chosen) {
      mkdirSync(join(out, material), { recursive: true });
      const target = join(out, material, `${itemId}.jpg`);
      const unfinished = `${target}.part`;
      try {
        copyFileSync(file!, unfinished);
        renameSync(unfinished, target);
      } finally {
        if (existsSync(unfinished)) rmSync(unfinished);
      }
    }
  } catch (cause) {
    throw new SortlineError('DATA_UNREADABLE', `pictures cannot be written to ${out}: ${reasonOf(cause)}; what is complete there stays, and ${HARVEST_FILE} is as it was`, { context: { out }, cause });
  }
}

/** How crops look; each file is read once, when first asked for. */
function createLooks(): { isReadable(crop: Crop): boolean; isAlike(a: Crop, b: Crop): boolean } {
  const byFile = new Map<string, { hash: PictureHash; layout: ColourLayout } | undefined>();
  const looksOf = ({ file }: Crop): { hash: PictureHash; layout: ColourLayout } | undefined => {
    if (file === undefined) return undefined;
    if (!byFile.has(file)) byFile.set(file, readLooks(file));
    return byFile.get(file);
  };
  return {
    isReadable: (crop) => looksOf(crop) !== undefined,
    isAlike: (a, b) => {
      const [first, second] = [looksOf(a), looksOf(b)];
      if (first === undefined || second === undefined || hashDistance(first.hash, second.hash) > DEFAULT_DUPLICATES.maxDistance) return false;
      return layoutSimilarity(first.layout, second.layout) >= DEFAULT_DUPLICATES.minSimilarity;
    },
  };
}

function readLooks(file: string): { hash: PictureHash; layout: ColourLayout } | undefined {
  try {
    const image = readImage(file);
    try {
      return { hash: pictureHash(image), layout: colourLayout(image) };
    } finally {
      image.release();
    }
  } catch (error) {
    if (!isSortlineError(error, 'IMAGE_UNREADABLE')) throw error;
    return undefined;
  }
}
