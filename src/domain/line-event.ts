// What happened on the line, told once: the flow emits these, and ledger, MQTT, log, metrics and dashboard are sinks that
// each take what they show. Plain data; times are monotonic, a sink at an edge adds wall time.
import type { EncoderCounts, MonotonicNs, Ratio } from '../base/units.ts';
import type { BinId, Decision, FireCommand, ItemId, Outcome, OutcomeCause } from './decision.ts';
import type { Look, Sighting } from './item.ts';
import type { Material } from './material.ts';
import type { ModelInUse } from './model-in-use.ts';

/**
 * `starting` until vision and link are ready once; `ready` waits for the operator; `running` sorts; `paused` by the operator;
 * `safe` after a fault or E-stop: latched, only an operator's start leaves it, and only when its causes are gone.
 */
export const LINE_STATES = ['starting', 'ready', 'running', 'paused', 'safe', 'stopped'] as const;
export type LineState = (typeof LINE_STATES)[number];

export const ALARM_CODES = [
  'camera-stalled', 'vision-down', 'classifier-fallback', 'model-refused', 'link-down', 'link-refused', 'e-stop', 'jam', 'bin-full', 'board-safe', 'heartbeat-lost', 'belt-unknown',
  'ledger-failing', 'mqtt-down', 'config-rejected', 'calibration-mismatch', 'calibration-old', 'colour-drift',
] as const;
export type AlarmCode = (typeof ALARM_CODES)[number];

/** material → bin, and the confidence each needs. Changeable while running. */
export interface Recipe {
  readonly name: string;
  readonly binByMaterial: Readonly<Record<Material, BinId>>;
  readonly thresholdByMaterial: Readonly<Record<Material, Ratio>>;
}

/** Only a simulator knows: what the item was and where it physically ended. */
export interface GroundTruth {
  readonly material: Material;
  readonly landedIn: BinId;
}

export type LineEvent =
  | { readonly kind: 'line.state'; readonly atNs: MonotonicNs; readonly state: LineState; readonly reason: string; readonly by: string }
  | { readonly kind: 'item.seen'; readonly atNs: MonotonicNs; readonly itemId: ItemId; readonly sighting: Sighting }
  | { readonly kind: 'item.look'; readonly atNs: MonotonicNs; readonly itemId: ItemId; readonly look: Look }
  | { readonly kind: 'item.decided'; readonly atNs: MonotonicNs; readonly decision: Decision }
  | { readonly kind: 'item.commanded'; readonly atNs: MonotonicNs; readonly itemId: ItemId; readonly command: FireCommand }
  | {
      readonly kind: 'item.settled'; readonly atNs: MonotonicNs; readonly itemId: ItemId; readonly bin: BinId;
      readonly outcome: Outcome; readonly cause: OutcomeCause;
      /** The vote's material and confidence, for one-line logs. */
      readonly material: Material | undefined; readonly confidence: Ratio | undefined;
      readonly firedAtCounts: EncoderCounts | undefined; readonly countError: number | undefined;
    }
  /** Arrives after the item physically left the belt; simulator only. */
  | { readonly kind: 'item.truth'; readonly atNs: MonotonicNs; readonly itemId: ItemId; readonly truth: GroundTruth }
  | { readonly kind: 'alarm.raised'; readonly atNs: MonotonicNs; readonly alarm: AlarmCode; readonly subject: string; readonly message: string; readonly whatToDo: string }
  | { readonly kind: 'alarm.cleared'; readonly atNs: MonotonicNs; readonly alarm: AlarmCode; readonly subject: string }
  /** A person has seen it; it stays active until its cause is gone. */
  | { readonly kind: 'alarm.acknowledged'; readonly atNs: MonotonicNs; readonly alarm: AlarmCode; readonly subject: string; readonly by: string }
  | { readonly kind: 'bin.state'; readonly atNs: MonotonicNs; readonly bin: BinId; readonly full: boolean; readonly enabled: boolean }
  | { readonly kind: 'recipe.changed'; readonly atNs: MonotonicNs; readonly recipe: Recipe; readonly by: string }
  /** What a person asked for, with what became of it; `detail` are the command's arguments. */
  | {
      readonly kind: 'operator.command'; readonly atNs: MonotonicNs; readonly command: string; readonly detail: Readonly<Record<string, unknown>>;
      readonly by: string; readonly result: 'accepted' | 'refused'; readonly reason: string | undefined;
    }
  /** At every start of vision, and when another model takes over while the line runs. */
  | { readonly kind: 'model.in-use'; readonly atNs: MonotonicNs; readonly model: ModelInUse }
  | { readonly kind: 'line.stats'; readonly atNs: MonotonicNs; readonly stats: LineStats };

/** Once a second; totals since the line process started. */
export interface LineStats {
  readonly itemsSeen: number;
  readonly outcomes: Readonly<Record<Outcome, number>>;
  readonly framesProcessed: number;
  readonly framesDropped: number;
  readonly cropsClassified: number;
  readonly beltMmPerSecond: number;
  readonly linkRetransmissions: number;
  readonly linkRoundTripMs: number | undefined;
  /** Exposure to command written, without inference, over the last second; undefined when nothing was commanded. */
  readonly overheadMsP99: number | undefined;
}

export type LineSink = (event: LineEvent) => void;
