// LineEvents as payloads. The builders are typed by the contract, so that a field that is missing there does not compile;
// nothing is validated at run time, the tests do that.
import { wallIso } from '../base/clock.ts';
import type { Clock } from '../base/clock.ts';
import type { MonotonicNs } from '../base/units.ts';
import { NS_PER_MS } from '../base/units.ts';
import type { Prediction } from '../domain/decision.ts';
import type { LineEvent } from '../domain/line-event.ts';
import { MATERIALS } from '../domain/material.ts';
import type { Material } from '../domain/material.ts';
import { PAYLOAD_VERSION } from './payload-schemas.ts';
import type { Payload } from './topics.ts';

type EventOf<Kind extends LineEvent['kind']> = Extract<LineEvent, { kind: Kind }>;
export type Header = Pick<Payload<'state'>, 'v' | 'runId' | 'atIso' | 'atNs'>;
/** What made a decision. */
export type Digests = Pick<Payload<'prediction'>, 'modelSha256' | 'recipeSha256' | 'calibrationSha256'>;
/** A payload that the outbox has yet to number. */
type Unnumbered<Kind extends 'prediction' | 'outcome'> = Omit<Payload<Kind>, 'sequence' | 'eventId'>;

/** Stamps payloads: monotonic event times become wall times by the clock's present offset. */
export function createStamp(clock: Clock, runId: string): (atNs: MonotonicNs) => Header {
  return (atNs) => ({
    v: PAYLOAD_VERSION, runId, atNs,
    atIso: new Date(clock.wallMs() - (clock.nowNs() - atNs) / NS_PER_MS).toISOString(),
  });
}

export function predictionPayload(header: Header, digests: Digests, event: EventOf<'item.decided'>): Unnumbered<'prediction'> {
  const { itemId, prediction, bin, reason, position } = event.decision;
  const { positionCounts, yMm, lengthMm, widthMm } = position;
  return {
    ...header, itemId,
    prediction: prediction === undefined ? null : votePayload(prediction),
    decision: { bin, reason }, position: { positionCounts, yMm, lengthMm, widthMm },
    ...digests,
  };
}

function votePayload({ material, confidence, probabilities, lookCount }: Prediction): NonNullable<Payload<'prediction'>['prediction']> {
  const byMaterial = Object.fromEntries(MATERIALS.map((each, index) => [each, probabilities[index] ?? 0])) as Record<Material, number>;
  return { material, confidence, probabilities: byMaterial, looks: lookCount };
}

export function outcomePayload(header: Header, digests: Digests, event: EventOf<'item.settled'>): Unnumbered<'outcome'> {
  const { itemId, outcome, cause, bin, material, confidence, firedAtCounts, countError } = event;
  return {
    ...header, itemId, outcome, cause, bin,
    material: material ?? null, confidence: confidence ?? null, firedAtCounts: firedAtCounts ?? null, countError: countError ?? null,
    ...digests,
  };
}

export function statsPayload(header: Header, { stats }: EventOf<'line.stats'>, more: Pick<Payload<'stats'>, 'itemsPerSecond' | 'bins' | 'queued'>): Payload<'stats'> {
  return { ...header, ...stats, linkRoundTripMs: stats.linkRoundTripMs ?? null, overheadMsP99: stats.overheadMsP99 ?? null, ...more };
}

/** The will: its times are those of the connect, because the broker sends it later, by itself. */
export function offlinePayload(clock: Clock, runId: string): Payload<'state'> {
  return { v: PAYLOAD_VERSION, runId, atIso: wallIso(clock), atNs: clock.nowNs(), state: 'offline', reason: 'the connection was lost', by: 'broker' };
}
