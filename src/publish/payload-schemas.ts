// What each topic carries, as zod types: the one source of the payload types, the JSON Schema files, the AsyncAPI document and
// the tables of README and docs/mqtt.md. `v` is the version of all payloads together: a new field may come without a new
// version, so readers ignore what they do not know; anything else is a new `v`.
import { z } from 'zod';
import { DECISION_REASONS, OUTCOME_CAUSES, OUTCOMES } from '../domain/decision.ts';
import { ALARM_CODES, LINE_STATES } from '../domain/line-event.ts';
import { MATERIALS } from '../domain/material.ts';
import { COMMAND_NAMES } from '../domain/operator-command.ts';

export const PAYLOAD_VERSION = 1;

const material = z.enum(MATERIALS);
const ratio = z.number().min(0).max(1);
const count = z.int().min(0);

const header = {
  v: z.literal(PAYLOAD_VERSION).describe('Version of the payloads'),
  runId: z.string().describe('This run of the service; new at every start'),
  atIso: z.iso.datetime().describe('Wall time of the event, UTC'),
  atNs: z.number().describe('Monotonic time of the event on the line\'s computer, ns; for intervals within a run'),
};
const sha256 = (what: string): z.ZodNullable<z.ZodString> => z.string().nullable().describe(`SHA-256 of ${what}`);
const itemHeader = {
  ...header,
  sequence: z.int().min(1).describe('Counts the line\'s item events from 1, over restarts, without gaps; a gap is an event that was given up, which `item/dropped` tells'),
  eventId: z.string().describe('The same whenever this event comes again, and of no other event'),
  itemId: z.string().describe('The item, the same in its prediction and its outcome'),
  modelSha256: sha256('model.onnx that looked at the item, the last one where it changed between two looks; null where the item was never classified'),
  recipeSha256: sha256('the recipe in force, as `recipe` has it; null where an earlier run left the item'),
  calibrationSha256: sha256('the calibration in use, as `info` has it'),
};

export const state = z.object({
  ...header,
  state: z.enum([...LINE_STATES, 'offline']).describe('State of the line; `offline` comes from the broker when the line vanished, with the times of its last connect'),
  reason: z.string().describe('Why it is in this state'),
  by: z.string().describe('Who or what put it there'),
});

export const info = z.object({
  ...header,
  site: z.string().describe('`line.site` of the config'),
  line: z.string().describe('`line.id` of the config'),
  startedIso: z.iso.datetime().describe('When this run of the service started'),
  versions: z.record(z.string(), z.string()).describe('Versions of Sortline and of what it runs on'),
  stream: z.string().describe('Names the numbering of the item events; another one where the ledger was begun anew'),
  capabilities: z.object({
    commands: z.array(z.enum(COMMAND_NAMES)).describe('Requests that are obeyed'),
    views: z.array(z.enum(['home-assistant', 'sparkplug-b'])).describe('Further views of the line at this broker'),
  }).describe('What can be asked of this line'),
  calibrationSha256: z.string().nullable().describe('SHA-256 of the calibration in use'),
  configSchema: z.record(z.string(), z.unknown()).describe('JSON Schema of the configuration file'),
  model: z.object({
    name: z.string().describe('Folder name of the model'),
    sha256: z.string().describe('SHA-256 of model.onnx, hex'),
    provider: z.string().describe('What it runs on, e.g. `cpu`'),
    insteadOf: z.string().nullable().describe('The model that should run and cannot, e.g. `trashnet:v3`; null where this is the one'),
  }).nullable().describe('The model in use; null until it is loaded'),
});

export const prediction = z.object({
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
});

export const outcome = z.object({
  ...itemHeader,
  outcome: z.enum(OUTCOMES).describe('How the item ended; exactly one per item'),
  cause: z.enum(OUTCOME_CAUSES).describe('What made it so'),
  bin: z.string().describe('Where it went by this ending: its bin when sorted, else `residue`'),
  material: material.nullable().describe('As predicted; null where it was never classified'),
  confidence: ratio.nullable().describe('As predicted'),
  firedAtCounts: z.number().nullable().describe('Encoder count at which the output switched on'),
  countError: z.number().nullable().describe('Distance to the count it was commanded for'),
});

export const dropped = z.object({
  ...header,
  predictions: count.describe('Predictions given up since the last such message'),
  outcomes: count.describe('Outcomes given up since then'),
  firstSequence: z.int().nullable().describe('Lowest number among them; null where none had one yet'),
  lastSequence: z.int().nullable().describe('Highest number among them'),
});

export const stats = z.object({
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
  itemsPerSecond: z.number().min(0).describe('Items seen whole a second, over the last minute'),
  bins: z.array(z.object({
    bin: z.string().describe('Its id, or `residue`'),
    items: count.describe('Items that went there, since the service started'),
    purity: ratio.nullable().describe('Share of them that belong there; null where nothing is known'),
    recovery: ratio.nullable().describe('Share of what belongs there that is there'),
    from: z.enum(['truth', 'confidence']).describe('`confidence`: estimated from the model\'s confidence; `truth`: counted, on a simulated line'),
  })).describe('How well each bin is filled'),
  queued: count.describe('Item events waiting for the broker'),
});

export const alarm = z.object({
  ...header,
  alarm: z.enum(ALARM_CODES).describe('Its code'),
  active: z.array(z.object({
    subject: z.string().describe('What it is about: a bin, a device'),
    message: z.string().describe('What happened'),
    whatToDo: z.string().describe('What a person does about it'),
    sinceIso: z.iso.datetime().describe('When it was raised'),
    acknowledgedBy: z.string().nullable().describe('Who has seen it; null where nobody said so'),
  })).min(1).describe('One entry per subject'),
});

export const bin = z.object({
  ...header,
  bin: z.string().describe('Its id in the config'),
  full: z.boolean().describe('Its sensor says so; items go to the residue meanwhile'),
  enabled: z.boolean().describe('Whether it is in use, by the config'),
});

export const actuator = z.object({
  ...header,
  actuator: z.string().describe('Its id in the config'),
  bin: z.string().describe('The bin it fills'),
  output: count.describe('Its output on the board'),
  commanded: count.describe('Commands sent to it, since the service started'),
  fired: count.describe('Times the board said it fired'),
  missed: count.describe('Commands that could not be armed or fired in time'),
  lastCountError: z.number().nullable().describe('Of the latest firing: distance to the count it was commanded for'),
});

export const recipe = z.object({
  ...header,
  name: z.string().describe('Name of the recipe'),
  by: z.string().describe('Who changed it'),
  sha256: z.string().describe('SHA-256 of the recipe: of the JSON text of `[name, binByMaterial, thresholdByMaterial]`'),
  binByMaterial: z.record(material, z.string()).describe('Bin each material goes to'),
  thresholdByMaterial: z.record(material, ratio).describe('Confidence each material needs'),
});

/** What every request carries beside the arguments of its command; unlike in what Sortline sends, unknown keys are an error. */
export const request = z.strictObject({
  id: z.string().min(1).max(64).describe('Chosen by the sender, once: the response carries it, and a second request with it is refused'),
  atIso: z.iso.datetime({ offset: true }).describe('When it was sent; an old one is refused'),
  by: z.string().trim().min(1).max(64).regex(/^[^\p{Cc}]*$/u).optional().describe('Who asks, for the log and the ledger'),
});

export const response = z.object({
  ...header,
  id: z.string().nullable().describe('Id of the request; null where it could not be read'),
  command: z.enum([...COMMAND_NAMES, 'unknown']).describe('What was asked'),
  result: z.enum(['accepted', 'refused', 'invalid']).describe('`invalid`: the request itself was wrong'),
  reason: z.string().nullable().describe('Why not'),
  jpegBase64: z.string().optional().describe('The picture, for `snapshot`'),
});
