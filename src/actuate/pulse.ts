// The geometry of one pulse. All positions are encoder counts at the actuator's centre line, so an item and a pulse compare
// by plain numbers, and belt speed enters only where the actuator's own milliseconds do.
//
//      camera origin                           actuator, offsetMm
//            |                                        |
//   ─────────●────────────────────────────────────[ zone ]───────────▶ travel
//     positionCounts                       positionCounts + offset = centre
//
//   output     ________┌───────── hold ─────────┐_____________________▶ counts
//                   fireAt                    offAt
//   on the belt            lead ┌───────── hold ─────────┐
//                               │         centre         │
//   swept            ╰─ ½ zone ─┴────────────────────────┴─ ½ zone ─╯
//
//   fireAt = round(centre - (lead + ½ hold) · speed), a whole count: the middle of the pulse meets the middle of the item.
import type { EncoderCounts } from '../base/units.ts';
import type { ActuatorOptions } from './options.ts';

/** How the belt moves at the moment of planning. */
export interface BeltNow {
  readonly counts: EncoderCounts;
  /** 0 or more. */
  readonly countsPerSecond: number;
  readonly countsPerMm: number;
}

/** A stretch of belt taken up by an object. */
export interface Extent {
  /** Encoder count at which the object's centre passes the camera origin. */
  readonly positionCounts: EncoderCounts;
  readonly lengthMm: number;
}

export interface PulsePlan {
  readonly actuator: ActuatorOptions;
  /** Integer. */
  readonly fireAtCounts: EncoderCounts;
  readonly holdMs: number;
  /** Count at which the output goes off, at the planned speed. */
  readonly offAtCounts: EncoderCounts;
  /** The belt this pulse acts on, as counts at the actuator's centre line. */
  readonly sweptCounts: readonly [from: EncoderCounts, to: EncoderCounts];
}

/** The pulse for a single item. */
export function planPulse(item: Extent, actuator: ActuatorOptions, belt: BeltNow): PulsePlan {
  const centreCounts = item.positionCounts + actuator.offsetMm * belt.countsPerMm;
  const fireAtCounts = Math.round(centreCounts - countsIn(actuator.leadMs + actuator.holdMs / 2, belt));
  return pulseFrom(actuator, fireAtCounts, actuator.holdMs, belt);
}

/** One pulse from the start of the earlier to the end of the later; undefined where that is longer than maxOnMs. */
export function mergePulses(a: PulsePlan, b: PulsePlan, belt: BeltNow): PulsePlan | undefined {
  if (belt.countsPerSecond <= 0) return undefined;
  const fireAtCounts = Math.min(a.fireAtCounts, b.fireAtCounts);
  const offAtCounts = Math.max(a.offAtCounts, b.offAtCounts);
  // The board takes whole microseconds.
  const holdMs = Math.ceil(((offAtCounts - fireAtCounts) / belt.countsPerSecond) * 1e6) / 1000;
  return holdMs <= a.actuator.maxOnMs ? pulseFrom(a.actuator, fireAtCounts, holdMs, belt) : undefined;
}

/** Whether the output could not recover between the two: they overlap, or the pause is shorter than recoverMs. */
export function areTooClose(a: PulsePlan, b: PulsePlan, belt: BeltNow): boolean {
  const recoverCounts = countsIn(a.actuator.recoverMs, belt);
  return a.fireAtCounts < b.offAtCounts + recoverCounts && b.fireAtCounts < a.offAtCounts + recoverCounts;
}

/** Whether the pulse would act on any part of `item`, were it on the belt there. */
export function isSwept(plan: PulsePlan, item: Extent, belt: BeltNow): boolean {
  const centreCounts = item.positionCounts + plan.actuator.offsetMm * belt.countsPerMm;
  const halfCounts = (item.lengthMm / 2) * belt.countsPerMm;
  return centreCounts + halfCounts > plan.sweptCounts[0] && centreCounts - halfCounts < plan.sweptCounts[1];
}

/** Whether a message sent now reaches the board `leadMs` or more before `atCounts`. */
export function isAhead(atCounts: EncoderCounts, belt: BeltNow, leadMs: number): boolean {
  return atCounts - belt.counts > countsIn(leadMs, belt);
}

/** Counts the belt moves in `ms`. */
export function countsIn(ms: number, belt: Pick<BeltNow, 'countsPerSecond'>): number {
  return (ms / 1000) * belt.countsPerSecond;
}

function pulseFrom(actuator: ActuatorOptions, fireAtCounts: EncoderCounts, holdMs: number, belt: BeltNow): PulsePlan {
  const offAtCounts = fireAtCounts + countsIn(holdMs, belt);
  const leadCounts = countsIn(actuator.leadMs, belt);
  const halfZoneCounts = (actuator.zoneMm / 2) * belt.countsPerMm;
  return {
    actuator, fireAtCounts, holdMs, offAtCounts,
    sweptCounts: [fireAtCounts + leadCounts - halfZoneCounts, offAtCounts + leadCounts + halfZoneCounts],
  };
}
