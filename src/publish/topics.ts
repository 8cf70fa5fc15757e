// The MQTT contract: one row per topic, with what it carries. JSON Schemas, AsyncAPI document, tables and the types of the
// builders all come from here.
import type { z } from 'zod';
import type { CommandName } from '../domain/operator-command.ts';
import { COMMAND_ARGUMENTS, COMMAND_NAMES } from '../domain/operator-command.ts';
import { actuator, alarm, bin, dropped, info, outcome, prediction, recipe, request, response, state, stats } from './payload-schemas.ts';

export interface TopicRow {
  /** After `sortline/<site>/<line>/`; a part in angle brackets stands for a name. */
  readonly topic: string;
  readonly retained: boolean;
  /** `in`: others publish it, Sortline subscribes. */
  readonly direction: 'out' | 'in';
  /** How long a broker with MQTT 5 keeps it, s; for ever where absent. */
  readonly expiryS?: number;
  readonly when: string;
  readonly payload: z.ZodObject;
}

const row = <Payload extends z.ZodObject>(entry: Omit<TopicRow, 'payload'> & { payload: Payload }): Omit<TopicRow, 'payload'> & { payload: Payload } => entry;

const DAY_S = 86_400;

/** What Sortline publishes. */
export const TOPICS = {
  state: row({ topic: 'state', retained: true, direction: 'out', when: 'at every change of state; `offline` as last will', payload: state }),
  info: row({ topic: 'info', retained: true, direction: 'out', when: 'at start, and when a model is loaded or takes over', payload: info }),
  prediction: row({ topic: 'item/prediction', retained: false, direction: 'out', expiryS: 7 * DAY_S, when: 'once per item, when it is decided', payload: prediction }),
  outcome: row({ topic: 'item/outcome', retained: false, direction: 'out', expiryS: 7 * DAY_S, when: 'once per item, when it is known how it ended', payload: outcome }),
  dropped: row({ topic: 'item/dropped', retained: false, direction: 'out', expiryS: 7 * DAY_S, when: 'when item events had to be given up, because too many waited for the broker', payload: dropped }),
  stats: row({ topic: 'stats', retained: true, direction: 'out', expiryS: 60, when: 'once a second', payload: stats }),
  alarm: row({ topic: 'alarm/<code>', retained: true, direction: 'out', when: 'while the alarm is active; an empty payload clears it', payload: alarm }),
  bin: row({ topic: 'bin/<id>', retained: true, direction: 'out', when: 'at every change of a bin', payload: bin }),
  actuator: row({ topic: 'actuator/<id>', retained: true, direction: 'out', when: 'once a second, where it was used', payload: actuator }),
  recipe: row({ topic: 'recipe', retained: true, direction: 'out', when: 'at start and at every change', payload: recipe }),
  response: row({ topic: 'response/<command>', retained: false, direction: 'out', expiryS: 60, when: 'once per request', payload: response }),
} as const;

const WHEN_ASKED: Readonly<Record<CommandName, string>> = {
  'start': 'to start the belt',
  'pause': 'to stop the belt in order',
  'set-recipe': 'to change the recipe',
  'enable-bin': 'to take a bin out of use, or back',
  'acknowledge-alarm': 'to say that an alarm was seen',
  'note': 'to add a note to the ledger',
  'snapshot': 'to get a picture of the belt',
  'ping': 'to see whether the line answers',
};

const requestRow = (name: CommandName): TopicRow => ({
  topic: `request/${name}`, retained: false, direction: 'in', when: WHEN_ASKED[name], payload: request.extend(COMMAND_ARGUMENTS[name].shape as z.ZodRawShape),
});

/** Every topic there is. */
export const ALL_TOPICS: Readonly<Record<string, TopicRow>> = {
  ...TOPICS, ...Object.fromEntries(COMMAND_NAMES.map((name) => [`request-${name}`, requestRow(name)])),
};

export type TopicKey = keyof typeof TOPICS;
/** Payload of a topic, as Sortline writes it. */
export type Payload<Key extends TopicKey> = z.output<(typeof TOPICS)[Key]['payload']>;

/** `sortline/<site>/<line>`, without a slash at the end. */
export function topicPrefix(identity: { site: string; line: string }): string {
  return `sortline/${identity.site}/${identity.line}`;
}
