// The MQTT contract: one row per topic, its payload as a zod type. JSON Schema, the tables of README and docs/mqtt.md and
// the types of the builders all come from here. `v` is the version of all payloads together: a new field may come without a
// new version, so readers ignore what they do not know; anything else is a new `v`.
import { z } from 'zod';
import { DECISION_REASONS, OUTCOME_CAUSES, OUTCOMES } from '../domain/decision.ts';
import { ALARM_CODES, LINE_STATES } from '../domain/line-event.ts';
import { MATERIALS } from '../domain/material.ts';

export const PAYLOAD_VERSION = 1;
export const COMMANDS = ['start', 'pause', 'ping'] as const;
export type RemoteCommand = (typeof COMMANDS)[number];

const material = z.enum(MATERIALS);
const ratio = z.number().min(0).max(1);
const count = z.int().min(0);

const header = {
  v: z.literal(PAYLOAD_VERSION).describe('Version of the payloads'),
  runId: z.string().describe('This run of the service; new at every start'),
  atIso: z.iso.datetime().describe('Wall time of the event, UTC'),
  atNs: z.number().describe('Monotonic time of the event on the line\'s computer, ns; for intervals within a run'),
};
const itemHeader = {
  ...header,
  sequence: z.int().min(1).describe('Counts the item events of this run from 1; a gap is an event that was given up while the broker was away'),
  itemId: z.string().describe('The item, the same in its prediction and its outcome'),
};

const state = z.object({
  ...header,
  state: z.enum([...LINE_STATES, 'offline']).describe('State of the line; `offline` comes from the broker when the line vanished, with the times of its last connect'),
  reason: z.string().describe('Why it is in this state'),
  by: z.string().describe('Who or what put it there'),
});

const info = z.object({
  ...header,
  site: z.string().describe('`line.site` of the config'),
  line: z.string().describe('`line.id` of the config'),
  startedIso: z.iso.datetime().describe('When this run of the service started'),
  versions: z.record(z.string(), z.string()).describe('Versions of Sortline and of what it runs on'),
  model: z.object({
    name: z.string().describe('Folder name of the model'),
    sha256: z.string().describe('SHA-256 of model.onnx, hex'),
    provider: z.string().describe('What it runs on, e.g. `cpu`'),
    insteadOf: z.string().nullable().describe('The model that should run and cannot, e.g. `trashnet:v3`; null where this is the one'),
  }).nullable().describe('The model in use; null until it is loaded'),
});

const prediction = z.object({
  ...itemHeader,
  prediction: z.object({
    material: material.describe('Most probable material of the vote'),
    confidence: ratio.describe('Its probability'),
    probabilities: z.record(material, ratio).describe('Probability per material; they sum to 1'),
    looks: count.describe('Pictures the vote is made of'),
  }).nullable().describe('The vote over the item\'s looks; null where it was never classified'),
  decision: z.object({
    bin: z.string().describe('Bin it shall go to, or `residue`'),
    reason: z.enum(DECISION_REASONS).describe('Why there'),
  }).describe('What follows from the vote, the recipe and the bins'),
  position: z.object({
    positionCounts: z.number().describe('Encoder count at which its centre passes the camera origin'),
    yMm: z.number().describe('Across the belt, mm'),
    lengthMm: z.number().describe('Extent along travel, mm'),
    widthMm: z.number().describe('Extent across the belt, mm'),
  }).describe('Where it lies on the belt'),
  modelSha256: z.string().nullable().describe('The model that looked, the last one where it changed between two looks; null where the item was never classified'),
});

const outcome = z.object({
  ...itemHeader,
  outcome: z.enum(OUTCOMES).describe('How the item ended; exactly one per item'),
  cause: z.enum(OUTCOME_CAUSES).describe('What made it so'),
  bin: z.string().describe('Where it went by this ending: its bin when sorted, else `residue`'),
  material: material.nullable().describe('As predicted; null where it was never classified'),
  confidence: ratio.nullable().describe('As predicted'),
  firedAtCounts: z.number().nullable().describe('Encoder count at which the output switched on'),
  countError: z.number().nullable().describe('Distance to the count it was commanded for'),
});

const dropped = z.object({
  ...header,
  predictions: count.describe('Predictions given up since the last such message'),
  outcomes: count.describe('Outcomes given up since then'),
});

const stats = z.object({
  ...header,
  itemsSeen: count.describe('Items seen whole, since the service started'),
  outcomes: z.record(z.enum(OUTCOMES), count).describe('Items by how they ended, since the service started'),
  framesProcessed: count.describe('Frames looked at'),
  framesDropped: count.describe('Frames replaced by a newer one before they were looked at'),
  cropsClassified: count.describe('Pictures of items run through the model'),
  beltMmPerSecond: z.number().describe('Belt speed, mm/s'),
  linkRetransmissions: count.describe('Serial frames sent again'),
  linkRoundTripMs: z.number().nullable().describe('Serial round trip, ms'),
  overheadMsP99: z.number().nullable().describe('Exposure to command written, without inference, 99th percentile, ms'),
  queued: count.describe('Item events waiting for the broker'),
});

const alarm = z.object({
  ...header,
  alarm: z.enum(ALARM_CODES).describe('Its code'),
  active: z.array(z.object({
    subject: z.string().describe('What it is about: a bin, a device'),
    message: z.string().describe('What happened'),
    whatToDo: z.string().describe('What a person does about it'),
    sinceIso: z.iso.datetime().describe('When it was raised'),
  })).min(1).describe('One entry per subject'),
});

const bin = z.object({
  ...header,
  bin: z.string().describe('Its id in the config'),
  full: z.boolean().describe('Its sensor says so; items go to the residue meanwhile'),
  enabled: z.boolean().describe('Whether it is in use, by the config'),
});

const recipe = z.object({
  ...header,
  name: z.string().describe('Name of the recipe'),
  by: z.string().describe('Who changed it'),
  binByMaterial: z.record(material, z.string()).describe('Bin each material goes to'),
  thresholdByMaterial: z.record(material, ratio).describe('Confidence each material needs'),
});

/** What others send; unlike what Sortline sends, unknown keys are an error. */
const request = z.strictObject({
  id: z.string().min(1).max(64).describe('Chosen by the sender; the response carries it'),
  by: z.string().min(1).max(64).optional().describe('Who asks, for the log'),
});

const response = z.object({
  ...header,
  id: z.string().nullable().describe('Id of the request; null where it could not be read'),
  command: z.enum([...COMMANDS, 'unknown']).describe('What was asked'),
  result: z.enum(['accepted', 'refused', 'invalid']).describe('`invalid`: the request itself was wrong'),
  reason: z.string().nullable().describe('Why not'),
});

export interface TopicRow {
  /** After `sortline/<site>/<line>/`; a part in angle brackets stands for a name. */
  readonly topic: string;
  readonly retained: boolean;
  /** `in`: others publish it, Sortline subscribes. */
  readonly direction: 'out' | 'in';
  readonly when: string;
  readonly payload: z.ZodObject;
}

const row = <Payload extends z.ZodObject>(entry: Omit<TopicRow, 'payload'> & { payload: Payload }): Omit<TopicRow, 'payload'> & { payload: Payload } => entry;

/** Every topic there is. */
export const TOPICS = {
  state: row({ topic: 'state', retained: true, direction: 'out', when: 'at every change of state; `offline` as last will', payload: state }),
  info: row({ topic: 'info', retained: true, direction: 'out', when: 'at start, and when a model is loaded or takes over', payload: info }),
  prediction: row({ topic: 'item/prediction', retained: false, direction: 'out', when: 'once per item, when it is decided', payload: prediction }),
  outcome: row({ topic: 'item/outcome', retained: false, direction: 'out', when: 'once per item, when it is known how it ended', payload: outcome }),
  dropped: row({ topic: 'item/dropped', retained: false, direction: 'out', when: 'when the broker is back after so long that item events had to be given up', payload: dropped }),
  stats: row({ topic: 'stats', retained: true, direction: 'out', when: 'once a second', payload: stats }),
  alarm: row({ topic: 'alarm/<code>', retained: true, direction: 'out', when: 'while the alarm is active; an empty payload clears it', payload: alarm }),
  bin: row({ topic: 'bin/<id>', retained: true, direction: 'out', when: 'at every change of a bin', payload: bin }),
  recipe: row({ topic: 'recipe', retained: true, direction: 'out', when: 'at start and at every change', payload: recipe }),
  request: row({ topic: 'request/<command>', retained: false, direction: 'in', when: `to ask for ${COMMANDS.map((command) => `\`${command}\``).join(', ')}; a retained request is ignored`, payload: request }),
  response: row({ topic: 'response/<command>', retained: false, direction: 'out', when: 'once per request', payload: response }),
} as const;

export type TopicKey = keyof typeof TOPICS;
/** Payload of a topic, as Sortline writes it. */
export type Payload<Key extends TopicKey> = z.output<(typeof TOPICS)[Key]['payload']>;

/** `sortline/<site>/<line>`, without a slash at the end. */
export function topicPrefix(identity: { site: string; line: string }): string {
  return `sortline/${identity.site}/${identity.line}`;
}
