// LineEvents and LinkEvents as zod: what the recording's JSON Schemas are made from, and what a reader checks messages against. The
// last lines hold them to the domain's types.
import { z } from 'zod';
import { OUTCOME_CAUSES, OUTCOMES, DECISION_REASONS } from '../domain/decision.ts';
import type { LineEvent } from '../domain/line-event.ts';
import { ALARM_CODES, LINE_STATES } from '../domain/line-event.ts';
import { MATERIALS } from '../domain/material.ts';
import type { LinkEvent } from '../link/link.ts';

const atNs = z.number().describe('Host monotonic time, ns.');
const itemId = z.string();
const material = z.enum(MATERIALS);
const probabilities = z.array(z.number()).readonly().describe('One per material: cardboard, glass, metal, paper, plastic, trash.');
const boxPx = z.object({ x: z.number(), y: z.number(), width: z.number(), height: z.number() });
const position = z.object({ positionCounts: z.number(), yMm: z.number(), lengthMm: z.number(), widthMm: z.number() });
const sighting = z.object({ trackId: z.number(), frameSequence: z.number(), capturedAtNs: z.number(), boxPx, position });
const look = sighting.extend({
  probabilities, material, confidence: z.number(), inferenceMs: z.number(), waitedMs: z.number(), modelSha256: z.string(),
});
const prediction = z.object({ material, confidence: z.number(), probabilities, lookCount: z.number(), modelSha256: z.string() });
const byMaterial = <T extends z.ZodType>(value: T) => z.record(material, value);
const model = z.object({
  model: z.string(), sha256: z.string(), provider: z.string(), unavailable: z.array(z.object({ provider: z.string(), reason: z.string() })).readonly(),
  warmUpMs: z.number(), insteadOf: z.string().optional(),
});
const stats = z.object({
  itemsSeen: z.number(), outcomes: z.record(z.enum(OUTCOMES), z.number()), framesProcessed: z.number(), framesDropped: z.number(), cropsClassified: z.number(),
  beltMmPerSecond: z.number(), linkRetransmissions: z.number(), linkRoundTripMs: z.number().optional(), overheadMsP99: z.number().optional(),
});

/** One schema per kind of LineEvent. */
export const LINE_EVENT_SCHEMAS = {
  'line.state': z.object({ kind: z.literal('line.state'), atNs, state: z.enum(LINE_STATES), reason: z.string(), by: z.string() }),
  'item.seen': z.object({ kind: z.literal('item.seen'), atNs, itemId, sighting }),
  'item.look': z.object({ kind: z.literal('item.look'), atNs, itemId, look }),
  'item.decided': z.object({
    kind: z.literal('item.decided'), atNs,
    decision: z.object({ itemId, bin: z.string(), reason: z.enum(DECISION_REASONS), prediction: prediction.optional(), position, decidedAtNs: z.number() }),
  }),
  'item.commanded': z.object({
    kind: z.literal('item.commanded'), atNs, itemId,
    command: z.object({ commandId: z.number(), output: z.number(), fireAtCounts: z.number(), holdMs: z.number() }),
  }),
  'item.settled': z.object({
    kind: z.literal('item.settled'), atNs, itemId, bin: z.string(), outcome: z.enum(OUTCOMES), cause: z.enum(OUTCOME_CAUSES),
    material: material.optional(), confidence: z.number().optional(), firedAtCounts: z.number().optional(), countError: z.number().optional(),
  }),
  'item.truth': z.object({ kind: z.literal('item.truth'), atNs, itemId, truth: z.object({ material, landedIn: z.string() }) }),
  'alarm.raised': z.object({ kind: z.literal('alarm.raised'), atNs, alarm: z.enum(ALARM_CODES), subject: z.string(), message: z.string(), whatToDo: z.string() }),
  'alarm.cleared': z.object({ kind: z.literal('alarm.cleared'), atNs, alarm: z.enum(ALARM_CODES), subject: z.string() }),
  'alarm.acknowledged': z.object({ kind: z.literal('alarm.acknowledged'), atNs, alarm: z.enum(ALARM_CODES), subject: z.string(), by: z.string() }),
  'operator.command': z.object({
    kind: z.literal('operator.command'), atNs, command: z.string(), detail: z.record(z.string(), z.unknown()), by: z.string(),
    result: z.enum(['accepted', 'refused']), reason: z.string().optional(),
  }),
  'bin.state': z.object({ kind: z.literal('bin.state'), atNs, bin: z.string(), full: z.boolean(), enabled: z.boolean() }),
  'recipe.changed': z.object({
    kind: z.literal('recipe.changed'), atNs, by: z.string(),
    recipe: z.object({ name: z.string(), binByMaterial: byMaterial(z.string()), thresholdByMaterial: byMaterial(z.number()) }),
  }),
  'model.in-use': z.object({ kind: z.literal('model.in-use'), atNs, model }),
  'line.stats': z.object({ kind: z.literal('line.stats'), atNs, stats }),
} as const satisfies Record<LineEvent['kind'], z.ZodType>;

const hello = z.object({ protocolVersion: z.number(), firmware: z.string(), bootId: z.number(), outputCount: z.number(), queueDepth: z.number() });
const sensor = z.discriminatedUnion('sensor', [
  z.object({ sensor: z.literal('bin-full'), output: z.number(), active: z.boolean() }),
  z.object({ sensor: z.literal('e-stop'), active: z.boolean() }),
  z.object({ sensor: z.literal('jam'), active: z.boolean() }),
]);

/** What the link tells, but for belt samples, which have a channel of their own. */
export const LINK_EVENT_SCHEMA = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('link.up'), hello, rebooted: z.boolean() }),
  z.object({ kind: z.literal('link.down'), reason: z.string(), retryInMs: z.number() }),
  z.object({ kind: z.literal('link.refused'), code: z.enum(['LINK_VERSION', 'LINK_OUTPUTS', 'LINK_PROTOCOL']), message: z.string() }),
  z.object({ kind: z.literal('board.state'), state: z.enum(['safe', 'armed']), cause: z.enum(['boot', 'host-request', 'heartbeat-lost', 'e-stop', 'jam', 'fault']).optional() }),
  z.object({ kind: z.literal('command.fired'), commandId: z.number(), firedAtCounts: z.number(), targetCounts: z.number() }),
  z.object({ kind: z.literal('command.missed'), commandId: z.number(), cause: z.enum(['late', 'cancelled', 'inhibited']) }),
  z.object({ kind: z.literal('board.sensor'), event: sensor }),
]);

/** Keys that may be left out where the domain's type says undefined: JSON leaves such keys out. */
type Loose<T> = T extends readonly (infer Each)[] ? readonly Loose<Each>[]
  : T extends object ? { readonly [Key in keyof T as undefined extends T[Key] ? never : Key]: Loose<T[Key]> } & { readonly [Key in keyof T as undefined extends T[Key] ? Key : never]?: Loose<T[Key]> }
  : T;
type ReadLineEvent = z.output<(typeof LINE_EVENT_SCHEMAS)[LineEvent['kind']]>;
type Fits<Given extends Wanted, Wanted> = Given;

/** Does not compile where schemas and types part. */
export type SchemasFitTypes = [
  Fits<ReadLineEvent, Loose<LineEvent>>, Fits<Loose<LineEvent>, ReadLineEvent>,
  Fits<z.output<typeof LINK_EVENT_SCHEMA>, Loose<Exclude<LinkEvent, { kind: 'belt.sample' }>>>, Fits<Loose<Exclude<LinkEvent, { kind: 'belt.sample' }>>, z.output<typeof LINK_EVENT_SCHEMA>>,
];
