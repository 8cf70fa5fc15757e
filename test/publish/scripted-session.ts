// A broker in the test's hands, at the BrokerSession port: it answers when told, in virtual time.
import { SortlineError } from '../../src/base/errors.ts';
import type { BrokerMessage, BrokerSession, OpenSession, PublishResult, SessionEvents, SessionSettings } from '../../src/publish/broker-session.ts';

export interface ScriptedSession {
  readonly settings: SessionSettings;
  readonly events: SessionEvents;
  /** Published and not answered, oldest first. */
  readonly unanswered: { message: BrokerMessage; answer(result: PublishResult): void }[];
  readonly published: BrokerMessage[];
  readonly ended: string[];
}

export class ScriptedBroker {
  readonly sessions: ScriptedSession[] = [];
  /** Settings of every attempt. */
  readonly attempts: SessionSettings[] = [];
  /** What the next attempts meet, oldest first; then they succeed. */
  readonly refusals: SortlineError[] = [];
  receiveMaximum = 65_535;
  refusesSubscriptions = false;
  /** Acknowledge at once, instead of when told. */
  acknowledges = true;
  /** An orderly close never comes to its end. */
  closesNever = false;

  get session(): ScriptedSession {
    return this.sessions.at(-1)!;
  }

  readonly open: OpenSession = async (settings, events) => {
    this.attempts.push(settings);
    const refusal = this.refusals.shift();
    if (refusal !== undefined) throw refusal;
    const scripted: ScriptedSession = { settings, events, unanswered: [], published: [], ended: [] };
    this.sessions.push(scripted);
    return this.#sessionOf(scripted);
  };

  #sessionOf(scripted: ScriptedSession): BrokerSession {
    return {
      protocolVersion: scripted.settings.protocolVersion,
      receiveMaximum: this.receiveMaximum,
      publish: (message) => new Promise((resolve) => {
        scripted.published.push(message);
        if (this.acknowledges) resolve({ result: 'acknowledged' });
        else scripted.unanswered.push({ message, answer: resolve });
      }),
      subscribe: async (filter) => {
        if (this.refusesSubscriptions) throw new SortlineError('MQTT_REFUSED', `may not subscribe to ${filter}`);
      },
      close: () => {
        scripted.ended.push('close');
        return this.closesNever ? new Promise(() => undefined) : Promise.resolve();
      },
      abort: (reason = '') => {
        scripted.ended.push(`abort ${reason}`.trim());
        scripted.events.closed(reason);
      },
    };
  }
}
