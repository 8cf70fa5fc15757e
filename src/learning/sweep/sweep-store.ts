// The SweepStore port: which sweeps there are, which trials, and who runs them. Any number of agents, in several processes and on
// several machines, take trials from it without doing one twice. Every call is one transaction on the learning store's database.
// Every call throws STORE_BUSY, STORE_FULL, STORE_FAILED where the database does.
import type { Judgement } from './hyperband.ts';
import type { Parameters, SweepConfig } from './sweep-config.ts';

/**
 * `paused`: nothing new begins, agents wait. `stopping`: nothing new begins, what runs comes to its end. `cancelled`: what runs is
 * ended as well. `finished`: nothing runs and nothing is left to do.
 */
export type SweepState = 'running' | 'paused' | 'stopping' | 'cancelled' | 'finished';

/** What all trials of a sweep share, as the command that made it was told: which pictures, which recipe. Plain JSON. */
export type SweepTask = Readonly<Record<string, unknown>>;

export interface Sweep {
  readonly id: string;
  readonly name: string;
  readonly config: SweepConfig;
  readonly task: SweepTask;
  readonly state: SweepState;
  /** Why it came to an end, or is about to. */
  readonly reason: string | undefined;
  readonly createdAtIso: string;
}

/** `waiting`: nobody runs it, after an agent died or handed it back. `stopped`: by early termination; it counts as a result. */
export type TrialState = 'waiting' | 'running' | 'finished' | 'stopped' | 'failed' | 'cancelled';

export interface Trial {
  /** 0-based. */
  readonly number: number;
  readonly parameters: Parameters;
  readonly state: TrialState;
  /** The best report of the metric so far; undefined before the first. */
  readonly value: number | undefined;
  /** Why it was stopped, failed or was cancelled. */
  readonly reason: string | undefined;
  readonly attempts: readonly Attempt[];
}

/** One process that ran a trial. `lost`: it died; `handed back`: it was ended before the trial was. */
export interface Attempt {
  readonly state: 'running' | 'ended' | 'lost' | 'handed back';
  /** The recorded training run. */
  readonly runId: string | undefined;
  readonly host: string;
  readonly pid: number;
  /** How often it reported the metric. */
  readonly reports: number;
  readonly startedAtIso: string;
  readonly endedAtIso: string | undefined;
}

/** A trial that this process holds, until it settles it, hands it back or is taken for dead. */
export interface HeldTrial {
  readonly number: number;
  readonly parameters: Parameters;
  /** Names the attempt in the calls below. */
  readonly attempt: number;
  /** 1 for the first. */
  readonly attemptOrdinal: number;
  /** Runs of the earlier attempts, for what they left behind. */
  readonly formerRunIds: readonly string[];
}

export type Taken =
  | { readonly kind: 'trial'; readonly trial: HeldTrial }
  /** Others still run trials: one of them may come free. Or the sweep is paused. */
  | { readonly kind: 'wait'; readonly why: 'others run' | 'paused' }
  | { readonly kind: 'done'; readonly reason: string };

/** What is to become of a running trial. `lost`: it was taken for dead, and nothing it says counts any more. */
export type Order =
  | { readonly kind: 'go on' }
  | { readonly kind: 'stop'; readonly judgement: Judgement }
  | { readonly kind: 'cancelled' }
  | { readonly kind: 'lost' };

export interface SweepStore {
  create(sweep: { readonly name: string; readonly config: SweepConfig; readonly task: SweepTask }): Sweep;
  /** Newest first. */
  sweeps(): Sweep[];
  /** By id, unique beginning of an id, or name (the newest of that name). Throws SWEEP_NOT_FOUND. */
  sweep(reference: string): Sweep;
  trials(sweepId: string): Trial[];

  /** Throws SWEEP_REFUSED where the sweep cannot come from its state into `state`. */
  change(sweepId: string, state: 'running' | 'paused' | 'stopping' | 'cancelled'): Sweep;

  /** The next trial for this process: one that lost its agent, or a new one. */
  take(sweepId: string): Taken;
  /** A sign of life. */
  beat(attempt: number): Order;
  /** One report of the metric, and a sign of life. NaN is kept as a report that says nothing. */
  report(attempt: number, value: number): Order;
  /** Says which training run the attempt is. */
  nameRun(attempt: number, runId: string): void;
  /** The trial is over. False where the attempt was lost meanwhile: then another has the trial, and this result is void. */
  settle(attempt: number, outcome: { readonly state: 'finished' | 'stopped' | 'failed' | 'cancelled'; readonly reason?: string }): boolean;
  /** Gives the trial back, for another agent to begin it anew. */
  handBack(attempt: number): void;

  close(): void;
}
