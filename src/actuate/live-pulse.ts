// The record of one command under way, from being handed to the link until its report.
import type { Timer } from '../base/clock.ts';
import type { MonotonicNs } from '../base/units.ts';
import type { BeltItem } from './belt-items.ts';
import type { PulsePlan } from './pulse.ts';

/** A command the board holds, or may hold. */
export interface LivePulse {
  readonly commandId: number;
  readonly plan: PulsePlan;
  /** The items it fires for. */
  readonly riders: BeltItem[];
  /** Being taken back: to be merged with `joiner`, or for good. The board may still fire it first. */
  withdrawing: { merged: PulsePlan; joiner: BeltItem } | 'for-good' | undefined;
  /** The link gave up waiting for an acknowledgement; the board may hold the command nevertheless. */
  unacknowledged: boolean;
  /** The board said it dropped the command, while it was being taken back. */
  reportedCancelled: boolean;
  restingSinceNs: MonotonicNs | undefined;
  timer: Timer | undefined;
}

/** What to keep clear of: while an item is joining, the pulse to come. */
export function reservedBy(live: LivePulse): PulsePlan {
  return typeof live.withdrawing === 'object' ? live.withdrawing.merged : live.plan;
}

export function joinerOf(live: LivePulse): BeltItem | undefined {
  return typeof live.withdrawing === 'object' ? live.withdrawing.joiner : undefined;
}

export function allItemsOf(live: LivePulse): BeltItem[] {
  const joiner = joinerOf(live);
  return joiner === undefined ? live.riders : [...live.riders, joiner];
}
