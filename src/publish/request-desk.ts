// Commands over MQTT, checked once, here at the edge: size, form, whether the config allows them, how many come, how old they
// are and whether they came before. What passes is executed by the line and answered with its result; the rest is answered
// with a reason.
import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/logger.ts';
import type { MonotonicNs } from '../base/units.ts';
import { NS_PER_S } from '../base/units.ts';
import type { CommandName, ExecuteCommand, OperatorCommand } from '../domain/operator-command.ts';
import { COMMAND_NAMES, parseCommand } from '../domain/operator-command.ts';
import type { MqttOptions } from './options.ts';
import type { Header } from './payloads.ts';
import { request as requestSchema } from './payload-schemas.ts';
import type { Payload } from './topics.ts';

export interface RequestDeskDeps {
  readonly clock: Clock;
  readonly log: Logger;
  readonly options: MqttOptions['commands'];
  stamp(atNs: MonotonicNs): Header;
  readonly execute: ExecuteCommand;
}

type Answer = Payload<'response'>;
type Verdict = Pick<Answer, 'result' | 'reason'>;

interface Request {
  readonly id: string;
  readonly sentMs: number;
  readonly by: string | undefined;
  readonly command: OperatorCommand;
}

const MAX_BYTES = 16_384;
/** Of a flood, as many times the limit are told that they are too many; the rest costs next to nothing. */
const TOLD_REFUSALS = 5;
const decoder = new TextDecoder('utf-8', { fatal: true });

export class RequestDesk {
  readonly #deps: RequestDeskDeps;
  readonly #openedMs: number;
  readonly #seenNsById = new Map<string, MonotonicNs>();
  #windowStartNs: MonotonicNs = 0;
  #inWindow = 0;
  /** Requests that were ignored, invalid or refused here, since creation. */
  rejectedCount = 0;

  constructor(deps: RequestDeskDeps) {
    this.#deps = deps;
    this.#openedMs = deps.clock.wallMs();
  }

  /** The answer to publish; undefined for what is ignored: retained requests, and the bulk of a flood. */
  async answer(name: string, message: { payload: Uint8Array; retained: boolean }): Promise<Answer | undefined> {
    const inWindow = this.#countInWindow();
    const { perSecond, allow } = this.#deps.options;
    // A retained request would be obeyed again at every connect.
    if (message.retained || inWindow > perSecond * (1 + TOLD_REFUSALS)) {
      this.rejectedCount++;
      return undefined;
    }
    const command = COMMAND_NAMES.find((each) => each === name) ?? 'unknown';
    const parsed = parseRequest(name, message.payload);
    if ('problem' in parsed) return this.#reject(command, parsed.id, { result: 'invalid', reason: parsed.problem }, parsed.by);
    const { request } = parsed;
    const refusal = inWindow > perSecond ? `more than ${perSecond} requests came within a second`
      : allow.includes(request.command.name) ? this.#staleness(request)
      : `the config of the line does not allow ${name} over MQTT (\`mqtt.commands.allow\`)`;
    if (refusal !== undefined) return this.#reject(command, request.id, { result: 'refused', reason: refusal }, request.by);
    const result = await this.#deps.execute(request.command, { name: request.by ?? 'unnamed', via: 'mqtt' });
    const answer = this.#reply(command, request.id, { result: result.result, reason: result.result === 'refused' ? result.reason : null });
    return result.result === 'accepted' && result.jpeg !== undefined ? { ...answer, jpegBase64: Buffer.from(result.jpeg).toString('base64') } : answer;
  }

  /** Why this request is not one of now; undefined where it is, and then its id is used up. */
  #staleness({ id, by, sentMs }: Request): string | undefined {
    const { clock, options: { maxAgeS } } = this.#deps;
    const ageS = (clock.wallMs() - sentMs) / 1000;
    if (ageS > maxAgeS) return `it is stale: sent ${Math.round(ageS)} s ago by its \`atIso\`, allowed are ${maxAgeS} s`;
    if (ageS < -maxAgeS) return `its \`atIso\` lies ${Math.round(-ageS)} s ahead: the clocks of sender and line differ`;
    // What was sent before may have been obeyed by the run before, which took its memory of ids with it.
    if (sentMs < Math.floor(this.#openedMs / 1000) * 1000) return 'it was sent before this run of the service began';
    const nowNs = clock.nowNs();
    this.#forgetBefore(nowNs - 2 * maxAgeS * NS_PER_S);
    const key = JSON.stringify([by, id]);
    if (this.#seenNsById.has(key)) return `it is a repetition: the id '${id}' came before`;
    this.#seenNsById.set(key, nowNs);
    return undefined;
  }

  /** By then such a request is too old to be obeyed anyway. */
  #forgetBefore(limitNs: MonotonicNs): void {
    for (const [key, seenNs] of this.#seenNsById) {
      if (seenNs >= limitNs) return;
      this.#seenNsById.delete(key);
    }
  }

  #reject(command: CommandName | 'unknown', id: string | null, verdict: Verdict & { reason: string }, by?: string): Answer {
    this.rejectedCount++;
    this.#deps.log.warn({ command, by, result: verdict.result }, `the request ${command} by ${by ?? 'somebody unnamed'} is ${verdict.result}: ${verdict.reason}`);
    return this.#reply(command, id, verdict);
  }

  #reply(command: CommandName | 'unknown', id: string | null, verdict: Verdict): Answer {
    return { ...this.#deps.stamp(this.#deps.clock.nowNs()), id, command, ...verdict };
  }

  /** How many requests came within this second, this one included. */
  #countInWindow(): number {
    const nowNs = this.#deps.clock.nowNs();
    if (nowNs - this.#windowStartNs >= NS_PER_S) {
      const { perSecond } = this.#deps.options;
      if (this.#inWindow > perSecond) this.#deps.log.warn({ requests: this.#inWindow, perSecond }, `${this.#inWindow} requests came within a second, ${perSecond} are allowed`);
      this.#windowStartNs = nowNs;
      this.#inWindow = 0;
    }
    return ++this.#inWindow;
  }
}

type Parsed = { readonly request: Request } | { readonly problem: string; readonly id: string | null; readonly by?: string | undefined };

function parseRequest(name: string, payload: Uint8Array): Parsed {
  if (payload.length > MAX_BYTES) return { problem: `the request has ${payload.length} bytes, allowed are ${MAX_BYTES}`, id: null };
  let data: unknown;
  try {
    data = JSON.parse(decoder.decode(payload));
  } catch {
    return { problem: 'the request is not JSON; expected {"id": "…", "atIso": "…"}', id: null };
  }
  if (typeof data !== 'object' || data === null || Array.isArray(data)) return { problem: 'the request is no JSON object; expected {"id": "…", "atIso": "…"}', id: null };
  const { id, atIso, by, ...given } = data as Record<string, unknown>;
  const header = requestSchema.safeParse({ id, atIso, by });
  // What can be read of a wrong request is the lead to whoever sent it.
  const known = { id: requestSchema.shape.id.safeParse(id).data ?? null, by: requestSchema.shape.by.safeParse(by).data };
  if (!header.success) return { problem: header.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ').slice(0, 500), ...known };
  const parsed = parseCommand(name, given);
  if ('problem' in parsed) return { problem: parsed.problem, ...known };
  return { request: { id: header.data.id, sentMs: Date.parse(header.data.atIso), by: header.data.by, command: parsed.command } };
}
