// Data sets for a terminal: what was imported, what a check found, how a split came out.
import { MATERIALS } from '../../domain/material.ts';
import { DATA_PARTS } from '../../image/labelled-pictures.ts';
import { textTable } from '../evaluate/text-table.ts';
import type { LeftOut } from './check-picture.ts';
import type { DataCheck } from './check-data.ts';
import type { MaterialCounts } from './class-balance.ts';
import { countByMaterial, LOPSIDED_RATIO } from './class-balance.ts';
import { referenceOf } from './data-source.ts';
import type { Harvest } from './harvest-crops.ts';
import type { Imported } from './import-pictures.ts';
import type { SplitData } from './split-data.ts';

/** Near duplicates that the text names; `--json` names all. Left-out files and conflicts are named without end: each is somebody's work. */
const NEAR_NAMED = 50;

export function importedText({ artifact, isNew, pictures, perMaterial, leftOut, otherFolders }: Imported): string {
  const reference = referenceOf(artifact);
  return [
    ...leftOutLines(leftOut, otherFolders),
    `${reference}: ${pictures.length} pictures${isNew ? '' : ' (the same as were there already)'}${leftOut.length === 0 ? '' : `, ${leftOut.length} left out`}`,
    ...countLines(perMaterial),
    `next: sortline dataset check ${reference}, then sortline dataset split ${reference}`, '',
  ].join('\n');
}

export function checkText({ source, pictures, balance, leftOut, otherFolders, exactDuplicates, nearDuplicates, conflicts, redundant }: DataCheck): string {
  const near = nearDuplicates.slice(0, NEAR_NAMED);
  return [
    `${source}: ${counted(pictures, 'picture')}${leftOut.length === 0 ? '' : `, ${leftOut.length} left out`}`,
    ...(balance === undefined ? [] : countLines(balance.perMaterial)),
    ...(balance !== undefined && balance.ratio >= LOPSIDED_RATIO ? [`${balance.largest} has ${balance.ratio.toFixed(1)} times the pictures of ${balance.smallest}: collect more of it, or train with class_weights: balanced`] : []),
    ...leftOutLines(leftOut, otherFolders),
    '', heading(exactDuplicates.length, 'picture that is there more than once', 'pictures that are there more than once', 'byte for byte'),
    ...exactDuplicates.map((set) => `  ${set.pictures.join(' = ')}`),
    '', heading(nearDuplicates.length, 'pair that looks the same', 'pairs that look the same', 'other bytes'),
    ...near.map((pair) => `  ${pair.pictures.join(' ~ ')}  (${counted(pair.distance, 'bit')}, ${pair.similarity.toFixed(3)}${pair.turned ? ', mirrored or turned' : ''})`),
    ...(nearDuplicates.length > near.length ? [`  and ${nearDuplicates.length - near.length} more; --json names all`] : []),
    ...(redundant === 0 ? [] : [`without duplicates there would be ${counted(redundant, 'picture')} fewer; a split keeps them together`]),
    '', heading(conflicts.length, 'picture under two labels', 'pictures under two labels', 'look at them and delete the wrong one; a split by chance leaves them out'),
    ...conflicts.map(({ kind, pictures: same }) => `  ${same.join(kind === 'exact' ? ' = ' : ' ~ ')}`), '',
  ].join('\n');
}

export function splitText({ raw, parts, conflicts, leftOut, straddling, unused }: SplitData): string {
  const rows = DATA_PARTS.map((part) => {
    const stored = parts[part];
    return [stored === undefined ? `(no ${part})` : referenceOf(stored.artifact), String(stored?.pictures ?? 0), ...MATERIALS.map((material) => String(stored?.perMaterial[material] ?? 0))];
  });
  const twoLabels = conflicts.map(({ kind, pictures }) => `  ${pictures.map(({ name }) => name).join(kind === 'exact' ? ' = ' : ' ~ ')}`);
  return [
    `${referenceOf(raw)} in parts`,
    textTable([{ heading: 'part' }, ...['pictures', ...MATERIALS].map((title) => ({ heading: title, align: 'right' as const }))], rows),
    ...(conflicts.length === 0 ? [] : [leftOut.length > 0 ? `left out ${leftOut.length} pictures, the same under two labels:` : 'the same picture under two labels, as the lists have it:', ...twoLabels]),
    ...(straddling.length === 0 ? [] : ['duplicates that the lists put into different parts:', ...straddling.map((group) => `  ${group.map(({ name, part }) => `${name} (${part})`).join(', ')}`)]),
    ...(unused === 0 ? [] : [`${unused} pictures are in no list`]), '',
  ].join('\n');
}

export function harvestText({ out, chosen, found, takenBefore, unknown, passedOver }: Harvest): string {
  const { full, hour, material, unreadable, alike } = passedOver;
  const told = [[alike, 'look like one that was taken'], [hour, 'of an hour that has enough'], [material, 'of a material that has enough'], [full, 'beyond the number asked for'], [unknown, 'of items the ledger does not know'], [unreadable, 'cannot be read']] as const;
  return [
    `${chosen.length} pictures for labelling in ${out}, of ${found} that the line has kept${takenBefore === 0 ? '' : ` (${takenBefore} were harvested before)`}`,
    ...countLines(countByMaterial(chosen)),
    ...told.filter(([count]) => count > 0).map(([count, why]) => `passed over ${count}: ${why}`),
    `next: move each picture that is in the wrong folder to the right one (make it where there is none), then sortline dataset import ${out}`, '',
  ].join('\n');
}

function countLines(perMaterial: MaterialCounts): string[] {
  return [MATERIALS.map((material) => `${material} ${perMaterial[material] === 0 ? 'none' : perMaterial[material]}`).join(', ')];
}

function leftOutLines(leftOut: readonly LeftOut[], otherFolders: readonly string[]): string[] {
  return [
    ...leftOut.map(({ name, reason }) => `left out ${name}: ${reason}`),
    ...otherFolders.map((folder) => `left out folder ${folder}: it names no material (${MATERIALS.join(', ')})`),
  ];
}

function counted(count: number, one: string): string {
  return `${count} ${one}${count === 1 ? '' : 's'}`;
}

function heading(count: number, one: string, many: string, remark: string): string {
  return count === 0 ? `no ${many}` : `${count} ${count === 1 ? one : many} (${remark}):`;
}
