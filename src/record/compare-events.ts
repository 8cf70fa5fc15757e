// Two runs compared event by event: by kind, count and field. Items are paired by their place on the belt, so that one that is missing does not make
// all that follow differ; an item that only one run has is told once.
import type { ItemId } from '../domain/decision.ts';
import type { LineEvent } from '../domain/line-event.ts';
import { alignItems } from './align-items.ts';
import type { CompareRules } from './compare-rules.ts';
import { PathRules } from './compare-rules.ts';

export interface EventDifference {
  /** Kind and field, as rules name it; the kind alone where an event is missing or too much. */
  readonly path: string;
  /** Which one: the item's id in the expected run, or the number within its kind, from 1. */
  readonly where: string;
  readonly expected: unknown;
  readonly found: unknown;
}

export interface Comparison {
  readonly isSame: boolean;
  /** Events of each kind that is not ignored. */
  readonly counts: Readonly<Record<string, { readonly expected: number; readonly found: number }>>;
  readonly differences: readonly EventDifference[];
}

/** Sightings of one item may be this far apart between two runs. */
const GATE_MM = 40;

export function compareEvents(expected: readonly LineEvent[], found: readonly LineEvent[], options: { readonly rules: CompareRules; readonly countsPerMm: number }): Comparison {
  const rules = new PathRules(options.rules);
  const kept = (events: readonly LineEvent[]): LineEvent[] => events.filter(({ kind }) => !rules.isIgnored(kind));
  const names = pairedNames(expected, found, options.countsPerMm);
  const expectedByKey = keyed(kept(expected), (id) => id);
  const foundByKey = keyed(kept(found), (id) => names.get(id) ?? `only-here/${id}`);
  const counts: Record<string, { expected: number; found: number }> = {};
  for (const { kind } of kept(expected)) (counts[kind] ??= { expected: 0, found: 0 }).expected++;
  for (const { kind } of kept(found)) (counts[kind] ??= { expected: 0, found: 0 }).found++;
  const differences: EventDifference[] = [];
  const lost = new Set<string>();
  for (const [key, { event, where, itemId }] of expectedByKey) {
    const other = foundByKey.get(key);
    foundByKey.delete(key);
    if (other !== undefined) differences.push(...fieldDifferences(event, other.event, { where, rules }));
    else if (itemId === undefined || !lost.has(itemId)) differences.push({ path: event.kind, where, expected: 'an event', found: 'none' });
    if (other === undefined && itemId !== undefined && event.kind === 'item.seen') lost.add(itemId);
  }
  const extra = new Set<string>();
  for (const { event, where, itemId } of foundByKey.values()) {
    if (itemId === undefined || !extra.has(itemId)) differences.push({ path: event.kind, where, expected: 'none', found: 'an event' });
    if (itemId !== undefined && event.kind === 'item.seen') extra.add(itemId);
  }
  return { isSame: differences.length === 0, counts, differences };
}

/** Id in the expected run of each item of the found run that is the same. */
function pairedNames(expected: readonly LineEvent[], found: readonly LineEvent[], countsPerMm: number): Map<ItemId, ItemId> {
  const left = sightingsOf(expected), right = sightingsOf(found);
  const pairs = alignItems(left.map(({ sighting }) => sighting.position), right.map(({ sighting }) => sighting.position), { countsPerMm, gateMm: GATE_MM });
  return new Map(pairs.map(([a, b]) => [right[b]!.itemId, left[a]!.itemId]));
}

function sightingsOf(events: readonly LineEvent[]): Extract<LineEvent, { kind: 'item.seen' }>[] {
  return events.filter((event) => event.kind === 'item.seen');
}

interface Keyed {
  readonly event: LineEvent;
  readonly where: string;
  readonly itemId: ItemId | undefined;
}

/** Each event under its kind, its item's name, and how many of that kind and item came before. */
function keyed(events: readonly LineEvent[], nameOf: (id: ItemId) => string): Map<string, Keyed> {
  const byKey = new Map<string, Keyed>();
  const seen = new Map<string, number>();
  for (const event of events) {
    const itemId = itemOf(event);
    const name = itemId === undefined ? '' : nameOf(itemId);
    const group = `${event.kind} ${name}`;
    const nth = (seen.get(group) ?? 0) + 1;
    seen.set(group, nth);
    byKey.set(`${group} ${nth}`, { event, itemId, where: itemId === undefined ? `number ${nth}` : `item ${name.replace('only-here/', '')}${nth > 1 ? `, number ${nth}` : ''}` });
  }
  return byKey;
}

function itemOf(event: LineEvent): ItemId | undefined {
  if (event.kind === 'item.decided') return event.decision.itemId;
  return 'itemId' in event ? event.itemId : undefined;
}

function fieldDifferences(expected: LineEvent, found: LineEvent, { where, rules }: { where: string; rules: PathRules }): EventDifference[] {
  const differences: EventDifference[] = [];
  const visit = (path: string, left: unknown, right: unknown): void => {
    // Ids are the pairing's business.
    if (path.endsWith('.itemId') || rules.isIgnored(path) || Object.is(left, right)) return;
    if (typeof left === 'number' && typeof right === 'number' && Math.abs(left - right) <= rules.toleranceAt(path)) return;
    if (isBranch(left) && isBranch(right)) {
      for (const key of new Set([...Object.keys(left), ...Object.keys(right)])) visit(`${path}.${key}`, left[key], right[key]);
      return;
    }
    differences.push({ path, where, expected: left, found: right });
  };
  for (const key of new Set([...Object.keys(expected), ...Object.keys(found)])) {
    if (key !== 'kind') visit(`${expected.kind}.${key}`, (expected as Record<string, unknown>)[key], (found as Record<string, unknown>)[key]);
  }
  return differences;
}

function isBranch(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
