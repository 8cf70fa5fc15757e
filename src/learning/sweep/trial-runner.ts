// The TrialRunner port: what trains a model with the parameters of one trial. The agent knows no trainer; the command line gives it one.
import type { Parameters } from './sweep-config.ts';
import type { SweepTask } from './sweep-store.ts';

export interface TrialRun {
  readonly sweepId: string;
  readonly number: number;
  readonly parameters: Parameters;
  /** What all trials share, as the sweep was begun with. */
  readonly task: SweepTask;
  /** Runs of earlier attempts, whose agents died or handed the trial back. */
  readonly formerRunIds: readonly string[];
  /** Aborts when the trial is to end early: by hyperband, by command, or because this agent has to go. */
  readonly signal: AbortSignal;
  /** The run has begun to be recorded. */
  onRun(runId: string): void;
  /** Numbers of one moment, as the run logs them; those of the sweep's metric are its reports. */
  onMetrics(values: Readonly<Record<string, number>>): void;
}

/** `failed` is what these parameters led to, such as a loss that is no number. `ended`: by its signal, before its time. */
export type TrialResult = { readonly state: 'finished' | 'ended' } | { readonly state: 'failed'; readonly reason: string };

export interface TrialRunner {
  /** Trains once. Throws what is not the parameters' fault: a missing folder, a full disk, a bug. */
  run(trial: TrialRun): Promise<TrialResult>;
}
