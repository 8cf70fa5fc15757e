// The retained topics: what the line is now. Which topic a LineEvent changes, and its payload there. Holds what payloads need
// beyond the event itself: the model in use, which alarms are active, and the figures that events add up to.
import type { Clock } from '../base/clock.ts';
import { wallIso } from '../base/clock.ts';
import type { LineEvent } from '../domain/line-event.ts';
import type { DroppedEvents } from '../ledger/outbox-table.ts';
import { recipeDigest } from './digests.ts';
import type { ActuatorFacts, ActuatorFigures } from './line-figures.ts';
import { LineFigures } from './line-figures.ts';
import { createStamp, offlinePayload, statsPayload } from './payloads.ts';
import type { Payload } from './topics.ts';

export interface Identity {
  readonly site: string;
  readonly line: string;
  readonly runId: string;
}

/** What `info` says, and stays the same while the service runs. */
export interface LineFacts {
  /** Versions of Sortline and of what it runs on. */
  readonly versions: Readonly<Record<string, string>>;
  readonly calibrationSha256: string | null;
  readonly configSchema: Record<string, unknown>;
  readonly capabilities: Payload<'info'>['capabilities'];
  readonly actuators: readonly ActuatorFacts[];
}

export interface Retained {
  /** After the prefix. */
  readonly topic: string;
  /** Empty clears the topic. */
  readonly payload: object | '';
}

export class StateTopics {
  readonly stamp: ReturnType<typeof createStamp>;
  readonly #clock: Clock;
  readonly #identity: Identity;
  readonly #facts: LineFacts;
  readonly #startedIso: string;
  readonly #figures: LineFigures;
  readonly #activeByAlarm = new Map<string, Payload<'alarm'>['active']>();
  #model: Payload<'info'>['model'] = null;

  constructor(clock: Clock, identity: Identity, facts: LineFacts) {
    this.#clock = clock;
    this.#identity = identity;
    this.#facts = facts;
    this.#startedIso = wallIso(clock);
    this.#figures = new LineFigures(facts.actuators);
    this.stamp = createStamp(clock, identity.runId);
  }

  /** What the event changes. `outbox`: how the events stand that the broker does not have yet. */
  of(event: LineEvent, outbox: { readonly stream: string; readonly size: number }): readonly Retained[] {
    this.#figures.hear(event);
    const header = this.stamp(event.atNs);
    switch (event.kind) {
      case 'line.state': return [{ topic: 'state', payload: { ...header, state: event.state, reason: event.reason, by: event.by } satisfies Payload<'state'> }];
      case 'bin.state': return [{ topic: `bin/${event.bin}`, payload: { ...header, bin: event.bin, full: event.full, enabled: event.enabled } satisfies Payload<'bin'> }];
      case 'recipe.changed': return [{ topic: 'recipe', payload: { ...header, ...event.recipe, by: event.by, sha256: recipeDigest(event.recipe) } satisfies Payload<'recipe'> }];
      case 'model.in-use': {
        const { model: name, sha256, provider, insteadOf } = event.model;
        this.#model = { name, sha256, provider, insteadOf: insteadOf ?? null };
        return [{ topic: 'info', payload: this.info(outbox.stream) }];
      }
      case 'line.stats': return this.#stats(event, outbox.size);
      case 'alarm.raised': case 'alarm.acknowledged': case 'alarm.cleared': return [this.#alarm(event)];
      default: return [];
    }
  }

  info(stream: string): Payload<'info'> {
    const { site, line } = this.#identity;
    const { versions, capabilities, calibrationSha256, configSchema } = this.#facts;
    return {
      ...this.stamp(this.#clock.nowNs()), site, line, startedIso: this.#startedIso, versions, stream, model: this.#model, capabilities, calibrationSha256, configSchema,
    };
  }

  offline(): Payload<'state'> {
    return offlinePayload(this.#clock, this.#identity.runId);
  }

  dropped(events: DroppedEvents): Payload<'dropped'> {
    return { ...this.stamp(this.#clock.nowNs()), ...events };
  }

  #stats(event: Extract<LineEvent, { kind: 'line.stats' }>, queued: number): Retained[] {
    const bins = this.#figures.bins().map(({ purity = null, recovery = null, ...bin }) => ({ ...bin, purity, recovery }));
    const itemsPerSecond = this.#figures.itemsPerSecond(event.stats.itemsSeen, event.atNs);
    const header = this.stamp(event.atNs);
    return [
      { topic: 'stats', payload: statsPayload(header, event, { itemsPerSecond, bins, queued }) },
      ...this.#figures.takeTouchedActuators().map((actuator) => ({ topic: `actuator/${actuator.id}`, payload: { ...header, ...actuatorPayload(actuator) } satisfies Payload<'actuator'> })),
    ];
  }

  #alarm(event: Extract<LineEvent, { kind: 'alarm.raised' | 'alarm.acknowledged' | 'alarm.cleared' }>): Retained {
    const { alarm, subject } = event;
    const header = this.stamp(event.atNs);
    const before = this.#activeByAlarm.get(alarm) ?? [];
    const others = before.filter((entry) => entry.subject !== subject);
    const active = event.kind === 'alarm.cleared' ? others
      : event.kind === 'alarm.acknowledged' ? before.map((entry) => (entry.subject === subject ? { ...entry, acknowledgedBy: event.by } : entry))
      : [...others, { subject, message: event.message, whatToDo: event.whatToDo, sinceIso: header.atIso, acknowledgedBy: null }];
    this.#activeByAlarm.set(alarm, active);
    return { topic: `alarm/${alarm}`, payload: active.length === 0 ? '' : { ...header, alarm, active } };
  }
}

function actuatorPayload({ id: actuator, lastCountError, ...figures }: ActuatorFigures): Omit<Payload<'actuator'>, 'v' | 'runId' | 'atIso' | 'atNs'> {
  return { actuator, ...figures, lastCountError: lastCountError ?? null };
}
