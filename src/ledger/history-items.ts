// Single items and notable events of the past, newest first, in pages. However rare what is looked for: a page looks at a
// bounded number of rows and says where to go on.
import { MATERIALS } from '../domain/material.ts';
import type { Period } from './history.ts';
import type { Database, SqlValue } from './sqlite.ts';

/** Which items are wanted; what is left out does not matter. */
export interface ItemFilter {
  readonly material?: string | undefined;
  readonly bin?: string | undefined;
  readonly outcome?: string | undefined;
  readonly cause?: string | undefined;
}

/** A place in the order of items: by first sight, then by row. */
export interface ItemPlace {
  readonly wallMs: number;
  readonly item: number;
}

export interface HistoryItem {
  readonly item: number;
  readonly itemId: string;
  readonly seenWallMs: number;
  readonly material: string | null;
  readonly confidence: number | null;
  readonly looks: number | null;
  readonly bin: string | null;
  readonly reason: string | null;
  readonly outcome: string | null;
  readonly cause: string | null;
  readonly firedCounts: number | null;
  readonly countError: number | null;
  readonly truthMaterial: string | null;
  readonly landedBin: string | null;
}

export interface ItemPage {
  readonly items: readonly HistoryItem[];
  /** Where the next, older page begins; undefined at the end of the period. */
  readonly next: ItemPlace | undefined;
}

export interface HistoryLook {
  readonly frame: number;
  readonly box: { readonly x: number; readonly y: number; readonly width: number; readonly height: number };
  readonly material: string;
  readonly confidence: number;
  readonly probabilities: readonly number[];
  readonly inferenceMs: number;
}

/** Everything about one item. */
export interface ItemStory extends HistoryItem {
  readonly runId: string;
  readonly probabilities: readonly number[] | undefined;
  readonly modelSha256: string | null;
  readonly positionCounts: number | null;
  readonly lengthMm: number | null;
  readonly widthMm: number | null;
  readonly targetCounts: number | null;
  readonly output: number | null;
  /** ms after first sight; null for what did not happen. */
  readonly decidedAfterMs: number | null;
  readonly commandedAfterMs: number | null;
  readonly settledAfterMs: number | null;
  readonly allLooks: readonly HistoryLook[];
}

export interface HistoryEvent {
  readonly atMs: number;
  readonly kind: string;
  readonly subject: string | null;
  readonly detail: Readonly<Record<string, unknown>>;
}

/** Rows a page looks at; at 5 items a second nearly three hours. */
const SCANNED_AT_MOST = 50_000;
export const PAGE_AT_MOST = 1000;

const COLUMNS = `item, item_id AS itemId, first_wall_ms AS seenWallMs, material, confidence, look_count AS looks, COALESCE(bin, decided_bin) AS bin, reason, outcome, cause,
  fired_counts AS firedCounts, count_error AS countError, truth_material AS truthMaterial, landed_bin AS landedBin`;
const FILTERS: Readonly<Record<keyof ItemFilter, string>> = { material: 'material', bin: 'COALESCE(bin, decided_bin)', outcome: 'outcome', cause: 'cause' };

export function itemPage(database: Database, query: { period: Period; filter: ItemFilter; before?: ItemPlace | undefined; limit: number }, scannedAtMost = SCANNED_AT_MOST): ItemPage {
  const { period: { fromMs, toMs }, filter, before = { wallMs: toMs, item: 0 } } = query;
  const limit = Math.min(query.limit, PAGE_AT_MOST);
  const wanted = (Object.keys(FILTERS) as (keyof ItemFilter)[]).filter((name) => filter[name] !== undefined);
  const values: SqlValue[] = [fromMs, before.wallMs, before.item];
  const place = database.prepare(`SELECT first_wall_ms AS wallMs, item FROM items WHERE first_wall_ms >= ? AND (first_wall_ms, item) < (?, ?) ORDER BY first_wall_ms DESC, item DESC LIMIT 1 OFFSET ${scannedAtMost - 1}`);
  // Filters are looked at outside the bounded part; without any, the page bounds itself.
  const end = wanted.length === 0 ? undefined : place.get(...values);
  const lowest = end === undefined ? { wallMs: fromMs, item: 0 } : { wallMs: Number(end['wallMs']), item: Number(end['item']) };
  const items = database.prepare(`SELECT ${COLUMNS} FROM items WHERE (first_wall_ms, item) >= (?, ?) AND (first_wall_ms, item) < (?, ?)
    ${wanted.map((name) => `AND ${FILTERS[name]} = ?`).join(' ')} ORDER BY first_wall_ms DESC, item DESC LIMIT ?`)
    .all(lowest.wallMs, lowest.item, before.wallMs, before.item, ...wanted.map((name) => filter[name]!), limit) as unknown as HistoryItem[];
  const last = items.at(-1);
  if (items.length === limit && last !== undefined) return { items, next: { wallMs: last.seenWallMs, item: last.item } };
  return { items, next: end === undefined ? undefined : lowest };
}

/** Undefined for an item that the ledger does not (or no longer) know. */
export function itemStory(database: Database, itemId: string): ItemStory | undefined {
  const row = database.prepare(`SELECT ${COLUMNS}, probabilities, run_id AS runId, model_sha256 AS modelSha256, position_counts AS positionCounts, length_mm AS lengthMm, width_mm AS widthMm,
    target_counts AS targetCounts, output, (decided_ns - seen_ns) / 1e6 AS decidedAfterMs, (commanded_ns - seen_ns) / 1e6 AS commandedAfterMs, (settled_ns - seen_ns) / 1e6 AS settledAfterMs
    FROM items JOIN runs USING (run) WHERE item_id = ?`).get(itemId);
  if (row === undefined) return undefined;
  const looks = database.prepare('SELECT frame, x_px, y_px, width_px, height_px, material, confidence, probabilities, inference_ms FROM looks WHERE item = ? ORDER BY frame').all(Number(row['item']));
  return {
    ...row as unknown as ItemStory, probabilities: floatsOf(row['probabilities']),
    allLooks: looks.map((look) => ({
      frame: Number(look['frame']), box: { x: Number(look['x_px']), y: Number(look['y_px']), width: Number(look['width_px']), height: Number(look['height_px']) },
      material: String(look['material']), confidence: Number(look['confidence']), probabilities: floatsOf(look['probabilities']) ?? [], inferenceMs: Number(look['inference_ms']),
    })),
  };
}

const EVENTS_AT_MOST = 500;

/** The latest notable events of the period: states, alarms, recipes, models, notes. */
export function historyEvents(database: Database, { fromMs, toMs }: Period): HistoryEvent[] {
  return database.prepare(`SELECT at_wall_ms AS atMs, kind, subject, detail FROM events WHERE at_wall_ms >= ? AND at_wall_ms < ? ORDER BY at_wall_ms DESC, event DESC LIMIT ${EVENTS_AT_MOST}`)
    .all(fromMs, toMs).map((row) => ({ atMs: Number(row['atMs']), kind: String(row['kind']), subject: row['subject'] as string | null, detail: JSON.parse(String(row['detail'])) as Record<string, unknown> }));
}

/** As the ledger stores them: one little-endian float32 per material. */
function floatsOf(bytes: unknown): number[] | undefined {
  if (!(bytes instanceof Uint8Array) || bytes.length !== MATERIALS.length * 4) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  return MATERIALS.map((_, index) => view.getFloat32(index * 4, true));
}
