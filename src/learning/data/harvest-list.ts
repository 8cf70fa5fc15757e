// `harvest.csv`: which pictures were harvested, when they were taken and what the line had thought of them. Written anew as a
// whole, so that it is never half there.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { reasonOf, SortlineError } from '../../base/errors.ts';
import { replaceFile } from '../../base/replace-file.ts';
import { isMaterial } from '../../domain/material.ts';
import type { LedgerPrediction } from '../../ledger/read-predictions.ts';

export const HARVEST_FILE = 'harvest.csv';

/** No field needs quotes (RFC 4180): names of items hold letters, digits and dashes. */
const COLUMNS = 'item,time,suggestion,confidence,looks,disagreeing';

/** What was harvested into `folder` before; nothing where there is no list. Throws DATA_UNREADABLE, DATA_LIST_INVALID naming each wrong line. */
export function readHarvested(folder: string): LedgerPrediction[] {
  const file = join(folder, HARVEST_FILE);
  if (!existsSync(file)) return [];
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    throw new SortlineError('DATA_UNREADABLE', `${file} cannot be read: ${reasonOf(cause)}`, { context: { file }, cause });
  }
  const [heading, ...lines] = text.split('\n').map((line) => line.trim());
  const rows = lines.map(parseRow);
  const wrong = lines.flatMap((line, index) => (line !== '' && rows[index] === undefined ? [index + 2] : []));
  if (heading !== COLUMNS || wrong.length > 0) {
    const where = heading === COLUMNS ? `line ${wrong.slice(0, 10).join(', ')}` : 'line 1';
    throw new SortlineError('DATA_LIST_INVALID', `${file}: ${where} cannot be understood; expected lines of ${COLUMNS}. Correct it, or harvest into another folder`, { context: { file, wrong } });
  }
  return rows.filter((row) => row !== undefined);
}

/** Throws DATA_UNREADABLE where it cannot be written; the one before then stays. */
export function writeHarvested(folder: string, harvested: readonly LedgerPrediction[]): void {
  const file = join(folder, HARVEST_FILE);
  const rows = harvested.map(({ itemId, seenWallMs, material, confidence, looks, disagrees }) => [itemId, new Date(seenWallMs).toISOString(), material, confidence.toFixed(4), looks, disagrees].join(','));
  try {
    replaceFile(file, [Buffer.from(`${[COLUMNS, ...rows].join('\n')}\n`)]);
  } catch (cause) {
    throw new SortlineError('DATA_UNREADABLE', `${file} cannot be written: ${reasonOf(cause)}`, { context: { file }, cause });
  }
}

function parseRow(line: string): LedgerPrediction | undefined {
  const [itemId = '', time = '', material, confidence = '', looks = '', disagrees, ...rest] = line.split(',');
  const row = { itemId, seenWallMs: Date.parse(time), confidence: Number(confidence || Number.NaN), looks: Number(looks || Number.NaN) };
  const isWhole = itemId !== '' && [row.seenWallMs, row.confidence, row.looks].every(Number.isFinite) && (disagrees === 'true' || disagrees === 'false') && rest.length === 0;
  return isWhole && isMaterial(material) ? { ...row, material, disagrees: disagrees === 'true' } : undefined;
}
