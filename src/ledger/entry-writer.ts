// One LineEvent to its row. Every item statement is an upsert: the row is made by whichever event comes first, so that an
// item whose `item.seen` had to be given up (full disk) still has its outcome. Statements are prepared once.
import type { MonotonicNs } from '../base/units.ts';
import type { Prediction } from '../domain/decision.ts';
import type { LineEvent } from '../domain/line-event.ts';
import type { OutboxMessage } from './outbox-table.ts';
import type { Database, SqlValue } from './sqlite.ts';
import { createTallies } from './tallies.ts';

/** An event as the ledger buffers it: with the wall time it was heard at. */
export interface LedgerEntry {
  readonly event: LineEvent;
  readonly wallMs: number;
  /** What is published of it, where anything is. */
  readonly message?: OutboxMessage | undefined;
}

export interface EntryWriter {
  /** Call inside a transaction. False where the ledger knew it already: an item has one outcome. */
  write(entry: LedgerEntry): boolean;
  writeNote(note: EventRow): void;
}

interface EventRow {
  readonly atNs: MonotonicNs;
  readonly wallMs: number;
  readonly kind: string;
  readonly subject?: string;
  readonly detail: Record<string, unknown>;
}

type EventOf<Kind extends LineEvent['kind']> = Extract<LineEvent, { kind: Kind }>;


function upsertItem(columns: readonly string[]): string {
  const placeholders = columns.map(() => '?').join(', ');
  const updates = columns.map((column) => `${column} = excluded.${column}`).join(', ');
  return `INSERT INTO items (run, item_id, first_wall_ms, ${columns.join(', ')}) VALUES (?, ?, ?, ${placeholders}) ON CONFLICT (item_id) DO UPDATE SET ${updates}`;
}

const SEEN = ['seen_ns', 'first_frame', 'position_counts', 'y_mm', 'length_mm', 'width_mm'];
const DECIDED = ['decided_ns', 'decided_bin', 'reason', 'material', 'confidence', 'probabilities', 'look_count', 'model_sha256', 'position_counts', 'y_mm', 'length_mm', 'width_mm'];
const COMMANDED = ['commanded_ns', 'command_id', 'output', 'target_counts', 'hold_ms'];
const SETTLED = ['settled_ns', 'settled_wall_ms', 'bin', 'outcome', 'cause', 'fired_counts', 'count_error'];
const TRUTH = ['truth_material', 'landed_bin'];

export function createEntryWriter(database: Database, options: { run: number; looks: boolean }): EntryWriter {
  const { run } = options;
  const statements = {
    seen: database.prepare(upsertItem(SEEN)),
    decided: database.prepare(upsertItem(DECIDED)),
    commanded: database.prepare(upsertItem(COMMANDED)),
    // One outcome per item: the first one stays, whatever comes later.
    settled: database.prepare(`${upsertItem(SETTLED)} WHERE outcome IS NULL`),
    truth: database.prepare(`${upsertItem(TRUTH)} WHERE truth_material IS NULL`),
    look: database.prepare(`INSERT INTO looks (item, frame, captured_ns, x_px, y_px, width_px, height_px, material, confidence, probabilities, inference_ms)
      SELECT item, ?, ?, ?, ?, ?, ?, ?, ?, ?, ? FROM items WHERE item_id = ? ON CONFLICT DO NOTHING`),
    event: database.prepare('INSERT INTO events (run, at_ns, at_wall_ms, kind, subject, detail) VALUES (?, ?, ?, ?, ?, ?)'),
  };
  const tallies = createTallies(database);
  const writeNote = ({ atNs, wallMs, kind, subject, detail }: EventRow): void => {
    statements.event.run(run, atNs, Math.round(wallMs), kind, subject ?? null, JSON.stringify(detail));
  };
  const write = ({ event, wallMs: exactWallMs }: LedgerEntry): boolean => {
    const wallMs = Math.round(exactWallMs);
    switch (event.kind) {
      case 'item.seen': return statements.seen.run(run, event.itemId, wallMs, ...seenValues(event)) > 0;
      case 'item.look': return options.looks && statements.look.run(...lookValues(event)) > 0;
      case 'item.decided': return statements.decided.run(run, event.decision.itemId, wallMs, ...decidedValues(event)) > 0;
      case 'item.commanded': return statements.commanded.run(run, event.itemId, wallMs, ...commandedValues(event)) > 0;
      case 'item.settled': {
        const isFirst = statements.settled.run(run, event.itemId, wallMs, ...settledValues(event, wallMs)) > 0;
        if (isFirst) tallies.settled(event.itemId);
        return isFirst;
      }
      case 'item.truth': {
        const isFirst = statements.truth.run(run, event.itemId, wallMs, event.truth.material, event.truth.landedIn) > 0;
        if (isFirst) tallies.landed(event.itemId);
        return isFirst;
      }
      case 'line.stats': return false;
      default:
        writeNote({ atNs: event.atNs, wallMs, kind: event.kind, ...noteOf(event) });
        return true;
    }
  };
  return { write, writeNote };
}

function seenValues({ atNs, sighting: { frameSequence, position } }: EventOf<'item.seen'>): SqlValue[] {
  return [atNs, frameSequence, position.positionCounts, position.yMm, position.lengthMm, position.widthMm];
}

function lookValues({ itemId, look }: EventOf<'item.look'>): SqlValue[] {
  const { x, y, width, height } = look.boxPx;
  return [look.frameSequence, look.capturedAtNs, x, y, width, height, look.material, look.confidence, floats(look.probabilities), look.inferenceMs, itemId];
}

function decidedValues({ decision: { decidedAtNs, bin, reason, prediction, position } }: EventOf<'item.decided'>): SqlValue[] {
  return [decidedAtNs, bin, reason, ...predictionValues(prediction), position.positionCounts, position.yMm, position.lengthMm, position.widthMm];
}

function predictionValues(prediction: Prediction | undefined): SqlValue[] {
  if (prediction === undefined) return [null, null, null, 0, null];
  return [prediction.material, prediction.confidence, floats(prediction.probabilities), prediction.lookCount, prediction.modelSha256];
}

function commandedValues({ atNs, command }: EventOf<'item.commanded'>): SqlValue[] {
  return [atNs, command.commandId, command.output, command.fireAtCounts, command.holdMs];
}

function settledValues({ atNs, bin, outcome, cause, firedAtCounts, countError }: EventOf<'item.settled'>, wallMs: number): SqlValue[] {
  return [atNs, wallMs, bin, outcome, cause, firedAtCounts ?? null, countError ?? null];
}

function noteOf(event: EventOf<'line.state' | 'alarm.raised' | 'alarm.acknowledged' | 'alarm.cleared' | 'bin.state' | 'recipe.changed' | 'operator.command' | 'model.in-use'>): Pick<EventRow, 'subject' | 'detail'> {
  switch (event.kind) {
    case 'line.state': return { subject: event.state, detail: { reason: event.reason, by: event.by } };
    case 'alarm.raised': return { subject: event.alarm, detail: { subject: event.subject, message: event.message, whatToDo: event.whatToDo } };
    case 'alarm.acknowledged': return { subject: event.alarm, detail: { subject: event.subject, by: event.by } };
    case 'operator.command': return { subject: event.command, detail: { ...event.detail, by: event.by, result: event.result, reason: event.reason } };
    case 'alarm.cleared': return { subject: event.alarm, detail: { subject: event.subject } };
    case 'bin.state': return { subject: event.bin, detail: { full: event.full, enabled: event.enabled } };
    case 'model.in-use': return { subject: event.model.model, detail: { ...event.model } };
    case 'recipe.changed': return { subject: event.recipe.name, detail: { recipe: event.recipe, by: event.by } };
  }
}

/** float32, little-endian: a quarter of the text, and exact enough for what a float32 model says. */
function floats(values: readonly number[]): Uint8Array {
  const bytes = new DataView(new ArrayBuffer(values.length * 4));
  values.forEach((value, index) => bytes.setFloat32(index * 4, value, true));
  return new Uint8Array(bytes.buffer);
}
