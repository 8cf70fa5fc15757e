// From looks to a bin, and how the item ended.
import type { EncoderCounts, Milliseconds, MonotonicNs, Ratio } from '../base/units.ts';
import type { BeltPosition } from './item.ts';
import type { Material } from './material.ts';

export type ItemId = string;
export type BinId = string;
/** The stream that no actuator touches: what falls off the end of the belt. */
export const RESIDUE: BinId = 'residue';

/** Why an item goes where it goes. Exactly one per decision. */
export const DECISION_REASONS = [
  'recipe',          // confident, and the recipe names a bin that can take it
  'residue-policy',  // confident, and the recipe sends the material to the residue
  'low-confidence',  // the vote stayed under the material's threshold
  'conflicting-looks', // looks disagree and no material leads by the margin
  'no-look',         // never classified (classifier down, or behind)
  'bin-full',
  'bin-disabled',
  'paused',          // the line is not running
  'neighbour',       // too close to an item that goes elsewhere: firing would take both
] as const;
export type DecisionReason = (typeof DECISION_REASONS)[number];

/** The vote over an item's looks. */
export interface Prediction {
  readonly material: Material;
  readonly confidence: Ratio;
  readonly probabilities: readonly Ratio[];
  readonly lookCount: number;
  /** SHA-256 of the model that gave the latest of the looks, hex: where the model changed meanwhile, the earlier ones are another's. */
  readonly modelSha256: string;
}

export interface Decision {
  readonly itemId: ItemId;
  readonly bin: BinId;
  readonly reason: DecisionReason;
  /** Absent where the item was never classified. */
  readonly prediction: Prediction | undefined;
  readonly position: BeltPosition;
  readonly decidedAtNs: MonotonicNs;
}

/** A timed output on the microcontroller. */
export interface FireCommand {
  /** 1 … 65535, wraps; unique among commands in flight. */
  readonly commandId: number;
  /** Output number on the board, 0 … 31. */
  readonly output: number;
  /** Encoder count at which the output switches on. Integer, unwrapped. */
  readonly fireAtCounts: EncoderCounts;
  readonly holdMs: Milliseconds;
}

/** How an item ended: exactly one each. */
export const OUTCOMES = ['sorted', 'missed', 'rejected', 'inhibited', 'passed', 'lost'] as const;
export type Outcome = (typeof OUTCOMES)[number];

/** Finer than the outcome: what made it so. */
export const OUTCOME_CAUSES = [
  'fired',            // sorted
  'too-late',         // missed: the decision came when the target could no longer be armed
  'late-on-board',    // missed: the board received the command after its count had passed
  'not-acknowledged', // missed: the link gave up
  'rejected-by-board',// missed: the board refused the command (queue full, bad output)
  'link-down',        // missed: no armed link when it had to be sent
  'cancelled',        // inhibited: safe state or pause took the command back
  'low-confidence', 'conflicting-looks', 'no-look',   // rejected
  'bin-full', 'bin-disabled', 'paused', 'neighbour',  // inhibited
  'residue-policy',   // passed
  'vision-restart',   // lost: the vision process died with the item in view
  'no-report',        // lost: fired or not, the board never said
  'unseen',           // lost: known only to the simulator's ground truth
] as const;
export type OutcomeCause = (typeof OUTCOME_CAUSES)[number];
