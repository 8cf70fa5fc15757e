// Which items another configuration or model would have sent elsewhere.
import type { BinId, ItemId } from '../domain/decision.ts';
import { RESIDUE } from '../domain/decision.ts';
import type { LineEvent } from '../domain/line-event.ts';
import { alignItems } from '../record/align-items.ts';

export interface MovedItem {
  /** Its id in the first of the two runs. */
  readonly itemId: ItemId;
  readonly from: BinId;
  readonly to: BinId;
}

const GATE_MM = 40;

/** Items of both runs that ended in different bins, in the order in which they were seen. */
export function movedItems(before: readonly LineEvent[], after: readonly LineEvent[], countsPerMm: number): MovedItem[] {
  const [left, right] = [before, after].map((events) => events.filter((event) => event.kind === 'item.seen')) as [Extract<LineEvent, { kind: 'item.seen' }>[], Extract<LineEvent, { kind: 'item.seen' }>[]];
  const [fromById, toById] = [binById(before), binById(after)];
  return alignItems(left.map(({ sighting }) => sighting.position), right.map(({ sighting }) => sighting.position), { countsPerMm, gateMm: GATE_MM }).flatMap(([a, b]) => {
    const { itemId } = left[a]!;
    const from = fromById.get(itemId), to = toById.get(right[b]!.itemId);
    return from === undefined || to === undefined || from === to ? [] : [{ itemId, from, to }];
  });
}

function binById(events: readonly LineEvent[]): Map<ItemId, BinId> {
  return new Map(events.flatMap((event) => (event.kind === 'item.settled' ? [[event.itemId, event.outcome === 'sorted' ? event.bin : RESIDUE] as const] : [])));
}
