// Questions about the past, answered from the ledger's tables: what a period, shift or run came to. Pure reading on a connection
// that is given; it runs in a thread of its own (history-worker.ts), never in the line's. Whole slots of ten minutes come from the
// sums, the pieces at both ends from the items themselves, so that a year costs little more than a day.
import type { Recipe } from '../domain/line-event.ts';
import type { LandingCount, TallyCount } from './bin-figures.ts';
import type { Database } from './sqlite.ts';
import { SLOT_MS } from './tallies.ts';

/** Half open, ms since 1970: an item belongs to it by its first sight. */
export interface Period {
  readonly fromMs: number;
  readonly toMs: number;
}

/** How the period went along, for charts: one entry per step and outcome that occurred. */
export interface HistorySeries {
  readonly stepMs: number;
  readonly points: readonly { readonly atMs: number; readonly outcome: string; readonly material: string; readonly items: number }[];
}

export interface AlarmTimes {
  readonly alarm: string;
  readonly subject: string;
  readonly times: number;
  /** Together, ms; one still active counts up to the end of the period. */
  readonly activeMs: number;
}

export interface HistoryOverview {
  /** What the figures are of: the period asked for, to ten minutes where single items are no longer kept. */
  readonly period: Period;
  readonly tallies: readonly TallyCount[];
  readonly landings: readonly LandingCount[];
  readonly series: HistorySeries;
  readonly alarms: readonly AlarmTimes[];
  /** In force at the end of the period; undefined where that is no longer known. */
  readonly recipe: Recipe | undefined;
  /** Recipes that came into force within the period. */
  readonly recipeChanges: number;
}

/** Up to here a chart is drawn from single items, in finer steps. */
const FINE_MS = 3_600_000;
const FINE_STEPS_MS = [10_000, 60_000];
const STEPS_MS = [1, 3, 6, 18, 36, 6 * 24, 7 * 6 * 24].map((slots) => slots * SLOT_MS);
const POINTS_AT_MOST = 200;
/** Alarms looked at for how long they lasted; a period with more is told by its latest. */
const ALARM_EVENTS_AT_MOST = 20_000;

const BY_ITEM = "COALESCE(material, '') AS material, COALESCE(bin, 'residue') AS bin, outcome, cause";

export function historyOverview(database: Database, asked: Period): HistoryOverview {
  const period = keptPeriod(database, asked);
  return {
    period, tallies: talliesOf(database, period), landings: landingsOf(database, period), series: seriesOf(database, period),
    alarms: alarmsOf(database, period), ...recipeOf(database, period),
  };
}

/** Whole slots in the middle, and the pieces before and after; an empty piece has no length. */
function piecesOf({ fromMs, toMs }: Period): { slots: readonly [number, number]; edges: readonly Period[] } {
  const first = Math.ceil(fromMs / SLOT_MS), end = Math.floor(toMs / SLOT_MS);
  if (first >= end) return { slots: [0, 0], edges: [{ fromMs, toMs }] };
  const edges = [{ fromMs, toMs: first * SLOT_MS }, { fromMs: end * SLOT_MS, toMs }];
  return { slots: [first, end], edges: edges.filter((edge) => edge.fromMs < edge.toMs) };
}

/** Where items of a slot have been deleted, only the whole slot is still known: a period that begins or ends in one takes it whole. */
function keptPeriod(database: Database, { fromMs, toMs }: Period): Period {
  const tallied = database.prepare('SELECT TOTAL(items) AS count FROM tallies WHERE slot = ?');
  const kept = database.prepare('SELECT COUNT(*) AS count FROM items WHERE first_wall_ms >= ? AND first_wall_ms < ?');
  const isThinned = (atMs: number): boolean => {
    const slot = Math.floor(atMs / SLOT_MS);
    return Number(tallied.get(slot)?.['count']) > Number(kept.get(slot * SLOT_MS, (slot + 1) * SLOT_MS)?.['count']);
  };
  const begin = isThinned(fromMs) ? Math.floor(fromMs / SLOT_MS) * SLOT_MS : fromMs;
  const end = isThinned(toMs) ? Math.ceil(toMs / SLOT_MS) * SLOT_MS : toMs;
  return { fromMs: begin, toMs: Math.max(begin, end) };
}

function talliesOf(database: Database, period: Period): TallyCount[] {
  const { slots, edges } = piecesOf(period);
  const whole = database.prepare('SELECT material, bin, outcome, cause, SUM(items) AS items, SUM(confidence) AS confidence FROM tallies WHERE slot >= ? AND slot < ? GROUP BY 1, 2, 3, 4');
  const piece = database.prepare(`SELECT ${BY_ITEM}, COUNT(*) AS items, TOTAL(confidence) AS confidence FROM items WHERE first_wall_ms >= ? AND first_wall_ms < ? AND outcome IS NOT NULL GROUP BY 1, 2, 3, 4`);
  return mergeCounts([...whole.all(...slots), ...edges.flatMap(({ fromMs, toMs }) => piece.all(fromMs, toMs))] as unknown as TallyCount[], ['material', 'bin', 'outcome', 'cause'], ['items', 'confidence']);
}

function landingsOf(database: Database, period: Period): LandingCount[] {
  const { slots, edges } = piecesOf(period);
  const whole = database.prepare('SELECT material, truth_material AS truthMaterial, landed_bin AS landedBin, SUM(items) AS items FROM landings WHERE slot >= ? AND slot < ? GROUP BY 1, 2, 3');
  const piece = database.prepare("SELECT COALESCE(material, '') AS material, truth_material AS truthMaterial, landed_bin AS landedBin, COUNT(*) AS items FROM items WHERE first_wall_ms >= ? AND first_wall_ms < ? AND truth_material IS NOT NULL GROUP BY 1, 2, 3");
  return mergeCounts([...whole.all(...slots), ...edges.flatMap(({ fromMs, toMs }) => piece.all(fromMs, toMs))] as unknown as LandingCount[], ['material', 'truthMaterial', 'landedBin'], ['items']);
}

/** Rows of several pieces with the same key become one. */
function mergeCounts<Row extends object>(rows: readonly Row[], keys: readonly (keyof Row)[], sums: readonly (keyof Row)[]): Row[] {
  const byKey = new Map<string, Row>();
  for (const row of rows) {
    const key = keys.map((name) => String(row[name])).join('\n');
    const known = byKey.get(key);
    if (known === undefined) byKey.set(key, { ...row });
    else for (const name of sums) (known as Record<keyof Row, unknown>)[name] = Number(known[name]) + Number(row[name]);
  }
  return [...byKey.values()];
}

function seriesOf(database: Database, { fromMs, toMs }: Period): HistorySeries {
  const isFine = toMs - fromMs <= FINE_MS;
  const steps = isFine ? FINE_STEPS_MS : STEPS_MS;
  const stepMs = steps.find((step) => (toMs - fromMs) / step <= POINTS_AT_MOST) ?? steps.at(-1)!;
  const rows = isFine
    ? database.prepare("SELECT first_wall_ms / ? AS step, outcome, COALESCE(material, '') AS material, COUNT(*) AS items FROM items WHERE first_wall_ms >= ? AND first_wall_ms < ? AND outcome IS NOT NULL GROUP BY 1, 2, 3").all(stepMs, fromMs, toMs)
    : database.prepare(`SELECT slot / ? AS step, outcome, material, SUM(items) AS items FROM tallies WHERE slot >= ? AND slot < ? GROUP BY 1, 2, 3`)
      .all(stepMs / SLOT_MS, Math.floor(fromMs / SLOT_MS), Math.ceil(toMs / SLOT_MS));
  return { stepMs, points: rows.map((row) => ({ atMs: Number(row['step']) * stepMs, outcome: String(row['outcome']), material: String(row['material']), items: Number(row['items']) })) };
}

function alarmsOf(database: Database, { fromMs, toMs }: Period): AlarmTimes[] {
  const rows = database.prepare(`SELECT at_wall_ms AS atMs, kind, subject AS alarm, detail FROM events
    WHERE at_wall_ms >= ? AND at_wall_ms < ? AND kind IN ('alarm.raised', 'alarm.cleared') ORDER BY at_wall_ms DESC, event DESC LIMIT ${ALARM_EVENTS_AT_MOST}`).all(fromMs, toMs).reverse();
  const byKey = new Map<string, { alarm: string; subject: string; times: number; activeMs: number; sinceMs: number | undefined }>();
  for (const row of rows) {
    const alarm = String(row['alarm']), subject = subjectOf(row['detail']), atMs = Number(row['atMs']);
    const key = `${alarm}/${subject}`;
    const known = byKey.get(key) ?? { alarm, subject, times: 0, activeMs: 0, sinceMs: undefined };
    byKey.set(key, known);
    if (row['kind'] === 'alarm.raised') {
      known.times++;
      known.sinceMs ??= atMs;
    } else {
      // Cleared without having been raised in the period: it was active from the period's beginning.
      known.activeMs += atMs - (known.sinceMs ?? fromMs);
      known.sinceMs = undefined;
    }
  }
  return [...byKey.values()].map(({ sinceMs, activeMs, ...alarm }) => ({ ...alarm, activeMs: activeMs + (sinceMs === undefined ? 0 : toMs - sinceMs) }));
}

function subjectOf(detail: unknown): string {
  const parsed = JSON.parse(String(detail)) as { subject?: unknown };
  return typeof parsed.subject === 'string' ? parsed.subject : '';
}

function recipeOf(database: Database, { fromMs, toMs }: Period): Pick<HistoryOverview, 'recipe' | 'recipeChanges'> {
  const last = database.prepare("SELECT detail FROM events WHERE at_wall_ms < ? AND kind = 'recipe.changed' ORDER BY at_wall_ms DESC, event DESC LIMIT 1").get(toMs);
  const changes = database.prepare("SELECT COUNT(*) AS count FROM events WHERE at_wall_ms >= ? AND at_wall_ms < ? AND kind = 'recipe.changed' AND json_extract(detail, '$.by') <> 'config'").get(fromMs, toMs);
  return { recipe: last === undefined ? undefined : (JSON.parse(String(last['detail'])) as { recipe: Recipe }).recipe, recipeChanges: Number(changes?.['count']) };
}
