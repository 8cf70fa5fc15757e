// A payload of the contract as a message: with what MQTT 5 lets a broker and a reader know about it beside the payload.
import type { BrokerMessage, MessageProperties, ReceivedMessage } from './broker-session.ts';
import { PAYLOAD_VERSION } from './payload-schemas.ts';
import { TOPICS } from './topics.ts';

export interface ContractMessage {
  readonly topic: string;
  /** JSON text; empty clears a retained topic. */
  readonly payload: string;
  readonly retain: boolean;
  readonly eventId?: string | undefined;
  readonly correlationData?: Uint8Array | undefined;
}

const USER = { 'schema-version': String(PAYLOAD_VERSION) };
const PLAIN: MessageProperties = { contentType: 'application/json', user: USER };
/** By what follows `sortline/<site>/<line>/`. */
const EXPIRY_S_BY_TOPIC = new Map(Object.values(TOPICS).flatMap((row) => ('expiryS' in row ? [[row.topic.split('/<')[0]!, row.expiryS] as const] : [])));

export function contractMessage({ topic, payload, retain, eventId, correlationData }: ContractMessage): BrokerMessage {
  if (payload === '') return { topic, payload, retain };
  const expiryS = EXPIRY_S_BY_TOPIC.get(kindOf(topic));
  if (expiryS === undefined && correlationData === undefined) return { topic, payload, retain, properties: PLAIN };
  return {
    topic, payload, retain,
    properties: {
      ...PLAIN, ...(expiryS !== undefined && { expiryS }), ...(correlationData !== undefined && { correlationData }),
      ...(eventId !== undefined && { user: { ...USER, 'event-id': eventId } }),
    },
  };
}

/** `item/prediction` of `sortline/site/line/item/prediction`; `response` of `sortline/site/line/response/start`. */
function kindOf(topic: string): string {
  const [, , , ...rest] = topic.split('/');
  return rest[0] === 'item' ? rest.join('/') : rest[0] ?? '';
}

/** Where the answer goes: where the asker wants it, as long as that is below our own `response/`; a request must not make the line publish anywhere else. */
export function responseTopicOf({ responseTopic }: Pick<ReceivedMessage, 'responseTopic'>, usual: string, prefix: string): string {
  const isOurs = responseTopic !== undefined && responseTopic.startsWith(`${prefix}/response/`) && responseTopic.length <= 256 && !/[+#\0]/.test(responseTopic);
  return isOurs ? responseTopic : usual;
}
