// Where an actuator is and how long it takes, from the aims that hit at two belt speeds. An aim is how far the item's middle is past
// the camera origin when the output switches on. While the output is on the item moves on, so that
//
//   middle of the hits  =  offset − speed · (lead + hold / 2)        width of the hits  =  zone + speed · hold
import type { Millimetres, Milliseconds } from '../base/units.ts';
import type { HitWindow } from './edge-search.ts';

export interface SpeedWindow {
  readonly mmPerSecond: number;
  readonly window: HitWindow;
}

export interface ActuatorFit {
  readonly offsetMm: Millimetres;
  readonly leadMs: Milliseconds;
  readonly zoneMm: Millimetres;
  /** Standard deviations, from how closely the edges are known. */
  readonly offsetDeviationMm: Millimetres;
  readonly leadDeviationMs: Milliseconds;
}

const MS_PER_S = 1000;
/** How well the place of one item is known, standard deviation, mm: an edge is found with the items next to it. */
const PLACE_DEVIATION_MM = 0.5;
/** Two speeds closer than this share tell offset and lead apart too badly. */
const LEAST_SPEED_SHARE = 0.2;

/** Undefined where the speeds are nearly the same. */
export function fitActuator(slow: SpeedWindow, fast: SpeedWindow, holdMs: Milliseconds): ActuatorFit | undefined {
  const difference = fast.mmPerSecond - slow.mmPerSecond;
  if (Math.abs(difference) < LEAST_SPEED_SHARE * Math.max(fast.mmPerSecond, slow.mmPerSecond)) return undefined;
  const middle = ({ window }: SpeedWindow): number => (window.fromMm + window.toMm) / 2;
  // An edge lies anywhere between a miss and a hit, alike; the middle is half the sum of two of them.
  const deviation = ({ window }: SpeedWindow): number => Math.hypot(window.unsureMm / Math.sqrt(12), PLACE_DEVIATION_MM) / Math.SQRT2;
  const delayS = (middle(slow) - middle(fast)) / difference;
  const zone = ({ window, mmPerSecond }: SpeedWindow): number => window.toMm - window.fromMm - (mmPerSecond * holdMs) / MS_PER_S;
  return {
    offsetMm: middle(slow) + slow.mmPerSecond * delayS, leadMs: delayS * MS_PER_S - holdMs / 2, zoneMm: (zone(slow) + zone(fast)) / 2,
    offsetDeviationMm: Math.hypot(fast.mmPerSecond * deviation(slow), slow.mmPerSecond * deviation(fast)) / Math.abs(difference),
    leadDeviationMs: (Math.hypot(deviation(slow), deviation(fast)) / Math.abs(difference)) * MS_PER_S,
  };
}
