// Remote commands over MQTT: checked once here, at the edge, rate-limited, answered with a result or a reason.
import type { Clock } from '../base/clock.ts';
import { reasonOf } from '../base/errors.ts';
import type { Logger } from '../base/logger.ts';
import { NS_PER_S } from '../base/units.ts';
import type { Header } from './payloads.ts';
import type { Payload, RemoteCommand } from './topics.ts';
import { COMMANDS, TOPICS } from './topics.ts';

/** What the line says to a command. */
export type RequestHandler = (command: RemoteCommand, by: string) => Promise<{ readonly accepted: boolean; readonly reason?: string }>;

export interface RequestDeskDeps {
  readonly clock: Clock;
  readonly log: Logger;
  stamp(atNs: number): Header;
  readonly onRequest: RequestHandler;
}

const MAX_BYTES = 4096;
/** Requests answered per second; more are refused, so that a flood costs next to nothing. */
const PER_SECOND = 10;
/** Answers remembered by request id: QoS 1 may deliver a request twice, and a late second `start` must not start again. */
const REMEMBERED = 64;

export class RequestDesk {
  readonly #deps: RequestDeskDeps;
  #windowStartNs = 0;
  #inWindow = 0;
  readonly #answerById = new Map<string, Promise<Payload<'response'>>>();
  /** Requests that were ignored, invalid or too many, since creation. */
  rejectedCount = 0;

  constructor(deps: RequestDeskDeps) {
    this.#deps = deps;
  }

  /** The answer to publish; undefined for what is ignored: retained requests, and a flood. */
  async answer(command: string, message: { payload: Uint8Array; retained: boolean }): Promise<Payload<'response'> | undefined> {
    // A retained request would be obeyed again at every connect.
    if (message.retained || this.#isFlooded()) {
      this.rejectedCount++;
      return undefined;
    }
    const known = COMMANDS.find((each) => each === command);
    const parsed = parseRequest(message.payload);
    if (known === undefined) return this.#reply({ id: parsed.id, command: 'unknown', result: 'invalid', reason: `there is no command '${command.slice(0, 64)}'; there are ${COMMANDS.join(', ')}` });
    if (parsed.request === undefined) return this.#reply({ id: parsed.id, command: known, result: 'invalid', reason: parsed.reason });
    const key = `${known} ${parsed.request.id}`;
    const answered = this.#answerById.get(key);
    if (answered !== undefined) return answered;
    const answer = this.#obey(known, parsed.request);
    this.#remember(key, answer);
    return answer;
  }

  async #obey(command: RemoteCommand, { id, by }: { id: string; by?: string | undefined }): Promise<Payload<'response'>> {
    try {
      const { accepted, reason } = await this.#deps.onRequest(command, `MQTT${by === undefined ? '' : ` (${by})`}`);
      return this.#reply({ id, command, result: accepted ? 'accepted' : 'refused', reason: reason ?? null });
    } catch (error) {
      this.#deps.log.error({ command, reason: reasonOf(error) }, `the request ${command} failed: ${reasonOf(error)}`);
      return this.#reply({ id, command, result: 'refused', reason: `it failed: ${reasonOf(error)}` });
    }
  }

  #remember(key: string, answer: Promise<Payload<'response'>>): void {
    this.#answerById.set(key, answer);
    if (this.#answerById.size <= REMEMBERED) return;
    const [oldest] = this.#answerById.keys();
    this.#answerById.delete(oldest!);
  }

  #reply(answer: Omit<Payload<'response'>, keyof Header>): Payload<'response'> {
    if (answer.result === 'invalid') this.rejectedCount++;
    return { ...this.#deps.stamp(this.#deps.clock.nowNs()), ...answer };
  }

  #isFlooded(): boolean {
    const nowNs = this.#deps.clock.nowNs();
    if (nowNs - this.#windowStartNs >= NS_PER_S) {
      if (this.#inWindow > PER_SECOND) this.#deps.log.warn({ requests: this.#inWindow, answered: PER_SECOND }, `${this.#inWindow} requests came within a second; ${PER_SECOND} were answered`);
      this.#windowStartNs = nowNs;
      this.#inWindow = 0;
    }
    return ++this.#inWindow > PER_SECOND;
  }
}

interface Parsed {
  readonly request: { id: string; by?: string | undefined } | undefined;
  readonly id: string | null;
  readonly reason: string;
}

function parseRequest(payload: Uint8Array): Parsed {
  if (payload.length > MAX_BYTES) return { request: undefined, id: null, reason: `the request has ${payload.length} bytes, allowed are ${MAX_BYTES}` };
  let data: unknown;
  try {
    data = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(payload));
  } catch {
    return { request: undefined, id: null, reason: 'the request is not JSON; expected {"id": "…"}' };
  }
  const result = TOPICS.request.payload.safeParse(data);
  if (result.success) return { request: result.data, id: result.data.id, reason: '' };
  const issues = result.error.issues.map((issue) => `${issue.path.join('.') || 'request'}: ${issue.message}`);
  return { request: undefined, id: null, reason: issues.join('; ').slice(0, 500) };
}
