// The line as a Sparkplug B edge node: the same retained topics, as metrics. Its session is its own, because a session has one
// will and this one's is the node's death.
//
//   connect (will: NDEATH, bdSeq n) ─▶ NBIRTH (bdSeq n, seq 0, all metrics) ─▶ NDATA (seq 1 …, what changed) … rebirth when asked
// Source: Sparkplug 3.0.0 § 5 (operational behaviour) and § 6.4.
import type { Clock, Timer } from '../base/clock.ts';
import { delay } from '../base/clock.ts';
import { reasonOf } from '../base/errors.ts';
import type { Logger } from '../base/logger.ts';
import type { Random } from '../base/random.ts';
import { BrokerConnection } from './broker-connection.ts';
import type { BrokerMessage, BrokerSession, OpenSession } from './broker-session.ts';
import type { BrokerSettings } from './broker-settings.ts';
import { REBIRTH, SparkplugMetrics } from './sparkplug-metrics.ts';
import type { SparkplugMetric } from './sparkplug-payload.ts';
import { setsToTrue, sparkplugPayload } from './sparkplug-payload.ts';

export interface SparkplugNodeDeps {
  readonly clock: Clock;
  readonly log: Logger;
  readonly random: Random;
  /** The line's own; the client id gets an ending of its own. */
  readonly broker: BrokerSettings;
  readonly openSession: OpenSession;
  readonly group: string;
  readonly node: string;
  readonly bins: readonly string[];
}

/** A host that asks for births again and again gets one a second. */
const REBIRTH_PAUSE_MS = 1000;
const CLOSE_MS = 1000;

export class SparkplugNode {
  readonly #deps: SparkplugNodeDeps;
  readonly #log: Logger;
  readonly #metrics: SparkplugMetrics;
  readonly #connection: BrokerConnection;
  #bdSeq = -1;
  #seq = 0;
  #rebirthPause: Timer | undefined;
  #isStopped = false;

  constructor(deps: SparkplugNodeDeps) {
    this.#deps = deps;
    const { clock, random, broker, openSession, bins } = deps;
    this.#log = deps.log.child({ room: 'publish' });
    this.#metrics = new SparkplugMetrics(bins);
    this.#connection = new BrokerConnection({
      clock, log: this.#log, random, openSession, onDown: undefined, onUp: undefined,
      broker: { ...broker, clientId: `${broker.clientId}-sparkplug` },
      will: () => {
        this.#bdSeq = (this.#bdSeq + 1) % 256;
        return this.#death();
      },
      opened: (session) => this.#opened(session),
      lost: () => undefined,
      message: ({ payload, retained }) => {
        if (!retained && setsToTrue(payload, { name: REBIRTH, alias: this.#metrics.rebirthAlias })) this.#reborn();
      },
    });
  }

  start(): void {
    this.#connection.start();
  }

  /** A retained topic, after `sortline/<site>/<line>/`, has this payload from now on; '' clears it. */
  hear(topic: string, payload: object | ''): void {
    const changed = this.#metrics.hear(topic, payload);
    if (changed.length > 0 && this.#connection.session !== undefined) this.#send('NDATA', changed, this.#nextSeq());
  }

  /** Says that the node is gone, then disconnects in order; once. */
  async stop(): Promise<void> {
    this.#rebirthPause?.cancel();
    const session = this.#connection.stop();
    if (session === undefined || this.#isStopped) return;
    this.#isStopped = true;
    const ended = session.publish(this.#death()).then(() => session.close());
    await Promise.race([ended, delay(this.#deps.clock, CLOSE_MS).then(() => session.abort())]);
  }

  #opened(session: BrokerSession): void {
    session.subscribe(this.#topic('NCMD')).catch((error: unknown) => this.#log.warn(reasonOf(error)));
    this.#birth();
  }

  /** Everything anew, on the same connection and with the same bdSeq. */
  #reborn(): void {
    if (this.#rebirthPause !== undefined) return;
    this.#rebirthPause = this.#deps.clock.after(REBIRTH_PAUSE_MS, () => { this.#rebirthPause = undefined; });
    if (this.#connection.session !== undefined) this.#birth();
  }

  #birth(): void {
    this.#seq = 0;
    const control: SparkplugMetric = { name: REBIRTH, alias: this.#metrics.rebirthAlias, type: 'Boolean', value: false };
    this.#send('NBIRTH', [this.#bdSeqMetric(), control, ...this.#metrics.all()], 0);
  }

  #death(): BrokerMessage {
    return { topic: this.#topic('NDEATH'), payload: sparkplugPayload([this.#bdSeqMetric()], { wallMs: this.#deps.clock.wallMs() }), retain: false, qos: 1 };
  }

  #bdSeqMetric(): SparkplugMetric {
    return { name: 'bdSeq', type: 'Int64', value: this.#bdSeq };
  }

  #nextSeq(): number {
    this.#seq = (this.#seq + 1) % 256;
    return this.#seq;
  }

  #send(kind: 'NBIRTH' | 'NDATA', metrics: readonly SparkplugMetric[], seq: number): void {
    void this.#connection.session?.publish({ topic: this.#topic(kind), payload: sparkplugPayload(metrics, { wallMs: this.#deps.clock.wallMs(), seq }), retain: false, qos: 0 });
  }

  #topic(kind: string): string {
    return `spBv1.0/${this.#deps.group}/${kind}/${this.#deps.node}`;
  }
}
