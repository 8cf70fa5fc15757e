// Labels that a person wrote as CSV: what each item truly is, by its id in the recording or by the second at which its middle passes the camera origin
// (the upstream edge of the calibrated view).
//
//   item,material                              second,material,y_mm
//   20261124T201612-caba-000001,metal          3.42,metal,110
import { readFileSync } from 'node:fs';
import { reasonOf, SortlineError } from '../base/errors.ts';
import type { EncoderCounts } from '../base/units.ts';
import type { ItemId } from '../domain/decision.ts';
import type { BeltPosition } from '../domain/item.ts';
import { isMaterial, MATERIALS } from '../domain/material.ts';
import type { ItemLabel } from './record-entry.ts';

export interface LabelPlaces {
  /** Where an item of the recording lies; undefined for one it does not know. */
  positionOf(itemId: ItemId): BeltPosition | undefined;
  /** Encoder count so many seconds after the recording's beginning; undefined outside of it. */
  countsAt(second: number): EncoderCounts | undefined;
}

const SHOWN_PROBLEMS = 10;

/** Throws RECORD_LABELS_INVALID with every line that is wrong (the first ten in words), RECORD_UNREADABLE where the file cannot be read. */
export function readLabels(path: string, places: LabelPlaces): ItemLabel[] {
  let text: string;
  try {
    text = readFileSync(path, 'utf8').replace(/^\ufeff/, '');
  } catch (cause) {
    throw new SortlineError('RECORD_UNREADABLE', `the labels ${path} cannot be read: ${reasonOf(cause)}`, { context: { path }, cause });
  }
  const [header = '', ...lines] = text.split(/\r?\n/);
  const columns = header.split(/[,;]/).map((name) => name.trim().toLowerCase());
  const key = columns.includes('item') ? 'item' : columns.includes('second') ? 'second' : undefined;
  if (key === undefined || !columns.includes('material')) {
    throw invalid(path, [`line 1: found the columns '${header}', expected 'item,material' or 'second,material' with or without 'y_mm'`]);
  }
  const problems: string[] = [];
  const labels: ItemLabel[] = [];
  for (const [index, line] of lines.entries()) {
    if (line.trim() === '') continue;
    const cells = line.split(/[,;]/).map((cell) => cell.trim());
    const row = Object.fromEntries(columns.map((name, at) => [name, cells[at] ?? '']));
    const label = labelOf(row, { key, places });
    if (typeof label === 'string') problems.push(`line ${index + 2}: ${label}`);
    else labels.push(label);
  }
  if (problems.length > 0) throw invalid(path, problems);
  if (labels.length === 0) throw invalid(path, ['it holds no label']);
  return labels;
}

/** The label of a line, or what is wrong with it. */
function labelOf(row: Record<string, string>, { key, places }: { key: 'item' | 'second'; places: LabelPlaces }): ItemLabel | string {
  const { material = '' } = row;
  if (!isMaterial(material)) return `found the material '${material}', expected ${MATERIALS.join(', ')}`;
  if (key === 'item') {
    const itemId = row['item'] ?? '';
    const position = places.positionOf(itemId);
    return position === undefined ? `the recording knows no item '${itemId}'` : { material, itemId, positionCounts: position.positionCounts, yMm: position.yMm };
  }
  const second = numberOf(row['second']);
  const positionCounts = second === undefined ? undefined : places.countsAt(second);
  if (positionCounts === undefined) return `second '${row['second']}' lies outside of the recording`;
  const yMm = numberOf(row['y_mm']);
  return { material, positionCounts, ...(yMm === undefined ? {} : { yMm }) };
}

function numberOf(cell: string | undefined): number | undefined {
  const value = cell === undefined || cell === '' ? Number.NaN : Number(cell);
  return Number.isFinite(value) ? value : undefined;
}

function invalid(path: string, problems: readonly string[]): SortlineError {
  const more = problems.length > SHOWN_PROBLEMS ? `; and ${problems.length - SHOWN_PROBLEMS} more lines` : '';
  return new SortlineError('RECORD_LABELS_INVALID', `the labels ${path} cannot be used: ${problems.slice(0, SHOWN_PROBLEMS).join('; ')}${more}`, { context: { path, problems } });
}
