// Which topic a LineEvent belongs on, and its payload there. Holds what payloads need beyond the event itself: the item
// sequence, the model in use, and which alarms are active.
import type { Clock } from '../base/clock.ts';
import { wallIso } from '../base/clock.ts';
import type { LineEvent } from '../domain/line-event.ts';
import type { OutboxEntry } from './outbox.ts';
import type { DroppedCounts } from './outbox.ts';
import { createStamp, infoPayload, offlinePayload, outcomePayload, predictionPayload, statsPayload } from './payloads.ts';
import type { Payload } from './topics.ts';

export interface Identity {
  readonly site: string;
  readonly line: string;
  readonly runId: string;
  /** Versions of Sortline and of what it runs on. */
  readonly versions: Readonly<Record<string, string>>;
}

export interface Placed {
  /** Topic after the prefix; an empty payload clears it. */
  readonly retained?: { readonly topic: string; readonly payload: object | '' };
  readonly item?: { readonly kind: OutboxEntry['kind']; readonly topic: string; readonly payload: object };
}

const NOTHING: Placed = {};

export class EventTopics {
  readonly stamp: ReturnType<typeof createStamp>;
  readonly #clock: Clock;
  readonly #identity: Identity;
  readonly #startedIso: string;
  readonly #activeByAlarm = new Map<string, Payload<'alarm'>['active']>();
  #model: Payload<'info'>['model'] = null;
  #sequence = 0;

  constructor(clock: Clock, identity: Identity) {
    this.#clock = clock;
    this.#identity = identity;
    this.#startedIso = wallIso(clock);
    this.stamp = createStamp(clock, identity.runId);
  }

  of(event: LineEvent, queued: number): Placed {
    const header = this.stamp(event.atNs);
    switch (event.kind) {
      case 'line.state': return { retained: { topic: 'state', payload: { ...header, state: event.state, reason: event.reason, by: event.by } satisfies Payload<'state'> } };
      case 'item.decided': return { item: { kind: 'prediction', topic: 'item/prediction', payload: predictionPayload(header, ++this.#sequence, event) } };
      case 'item.settled': return { item: { kind: 'outcome', topic: 'item/outcome', payload: outcomePayload(header, ++this.#sequence, event) } };
      case 'bin.state': return { retained: { topic: `bin/${event.bin}`, payload: { ...header, bin: event.bin, full: event.full, enabled: event.enabled } satisfies Payload<'bin'> } };
      case 'recipe.changed': return { retained: { topic: 'recipe', payload: { ...header, ...event.recipe, by: event.by } satisfies Payload<'recipe'> } };
      case 'model.in-use': {
        const { model: name, sha256, provider, insteadOf } = event.model;
        this.#model = { name, sha256, provider, insteadOf: insteadOf ?? null };
        return { retained: { topic: 'info', payload: this.info() } };
      }
      case 'line.stats': return { retained: { topic: 'stats', payload: statsPayload(header, event, queued) } };
      case 'alarm.raised': case 'alarm.cleared': return { retained: this.#alarm(event) };
      default: return NOTHING;
    }
  }

  info(): Payload<'info'> {
    const { site, line, versions } = this.#identity;
    return infoPayload(this.stamp(this.#clock.nowNs()), { site, line, startedIso: this.#startedIso, versions, model: this.#model });
  }

  offline(): Payload<'state'> {
    return offlinePayload(this.#clock, this.#identity.runId);
  }

  dropped(counts: DroppedCounts): Payload<'dropped'> {
    return { ...this.stamp(this.#clock.nowNs()), ...counts };
  }

  #alarm(event: Extract<LineEvent, { kind: 'alarm.raised' | 'alarm.cleared' }>): NonNullable<Placed['retained']> {
    const { alarm, subject } = event;
    const header = this.stamp(event.atNs);
    const others = (this.#activeByAlarm.get(alarm) ?? []).filter((entry) => entry.subject !== subject);
    const active = event.kind === 'alarm.cleared' ? others
      : [...others, { subject, message: event.message, whatToDo: event.whatToDo, sinceIso: header.atIso }];
    this.#activeByAlarm.set(alarm, active);
    return { topic: `alarm/${alarm}`, payload: active.length === 0 ? '' : { ...header, alarm, active } };
  }
}
