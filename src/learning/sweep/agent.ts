// An agent: takes trials of a sweep one after the other, has them run, and says what became of them. It ends when the sweep does,
// when it has done its count, or when it is told to; then it hands the trial it holds back. If its process dies, its trial waits
// for the next agent that asks.
import type { Clock } from '../../base/clock.ts';
import { SortlineError } from '../../base/errors.ts';
import { HEARTBEAT_MS } from '../store/process-life.ts';
import { metricOf } from './sweep-config.ts';
import type { HeldTrial, Order, Sweep, SweepStore, Taken } from './sweep-store.ts';
import type { TrialResult, TrialRunner } from './trial-runner.ts';

/** How often to ask again while others run the last trials, or the sweep is paused. */
const ASK_AGAIN_MS = 2000;

export interface AgentDeps {
  readonly store: SweepStore;
  readonly runner: TrialRunner;
  readonly clock: Clock;
  /** Aborts when this agent is to end. */
  readonly signal: AbortSignal;
  readonly onEvent: (event: AgentEvent) => void;
}

export type AgentEvent =
  | { readonly kind: 'trial begun'; readonly trial: HeldTrial }
  | { readonly kind: 'metric'; readonly trial: HeldTrial; readonly value: number }
  | { readonly kind: 'trial over'; readonly trial: HeldTrial; readonly outcome: Outcome }
  | { readonly kind: 'waiting'; readonly why: 'others run' | 'paused' }
  /** A sign of life could not be given; the trial goes on, and what it reports will fail where the cause lasts. */
  | { readonly kind: 'sign of life failed'; readonly trial: HeldTrial; readonly error: unknown };

/** `handed back`: this agent had to go. `lost`: it was taken for dead, and another has the trial. */
export type Outcome = Result | { readonly state: 'handed back' } | { readonly state: 'lost' };
type Result = { readonly state: 'finished' | 'cancelled' } | { readonly state: 'stopped' | 'failed'; readonly reason: string };

export interface AgentEnd {
  readonly trials: number;
  readonly reason: string;
}

/**
 * Runs trials until there is nothing left to do. `count`: most trials of this agent. Throws what the runner throws, after handing the
 * trial back; SWEEP_METRIC_MISSING where a finished trial has not once reported the sweep's metric; and what the store throws.
 */
export async function runAgent(sweep: Sweep, deps: AgentDeps, count = Infinity): Promise<AgentEnd> {
  for (let trials = 0; ; trials++) {
    if (trials >= count) return { trials, reason: `it has run ${count === 1 ? 'its trial' : `its ${count} trials`}` };
    const taken = await nextTrial(sweep, deps);
    if (taken === undefined) return { trials, reason: 'it was told to end' };
    if (taken.kind === 'done') return { trials, reason: taken.reason };
    const outcome = await runTrial(taken.trial, sweep, deps);
    if (outcome.state === 'handed back') return { trials, reason: 'it was told to end' };
  }
}

/** Waits until there is a trial or an end; undefined where this agent is to end. */
async function nextTrial(sweep: Sweep, { store, clock, signal, onEvent }: AgentDeps): Promise<Exclude<Taken, { kind: 'wait' }> | undefined> {
  let said: string | undefined;
  while (!signal.aborted) {
    const taken = store.take(sweep.id);
    if (taken.kind !== 'wait') return taken;
    if (said !== taken.why) onEvent({ kind: 'waiting', why: taken.why });
    said = taken.why;
    await pause(clock, signal);
  }
  return undefined;
}

function pause(clock: Clock, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const finish = (): void => {
      timer.cancel();
      signal.removeEventListener('abort', finish);
      resolve();
    };
    const timer = clock.after(ASK_AGAIN_MS, finish);
    signal.addEventListener('abort', finish, { once: true });
  });
}

async function runTrial(trial: HeldTrial, sweep: Sweep, deps: AgentDeps): Promise<Outcome> {
  const { store, runner, signal, onEvent } = deps;
  onEvent({ kind: 'trial begun', trial });
  const ending = new AbortController();
  let order: Order = { kind: 'go on' };
  const obey = (given: Order): void => {
    if (given.kind === 'go on' || order.kind !== 'go on') return;
    order = given;
    ending.abort();
  };
  const reports = collectReports(trial, sweep, { ...deps, obey });
  const stopBeating = keepAlive(trial, { ...deps, obey });
  const leave = (): void => ending.abort();
  signal.addEventListener('abort', leave, { once: true });
  if (signal.aborted) leave();
  try {
    const result = await runner.run({
      sweepId: sweep.id, number: trial.number, parameters: trial.parameters, formerRunIds: trial.formerRunIds, task: sweep.task, signal: ending.signal,
      onMetrics: reports.take, onRun: (runId) => store.nameRun(trial.attempt, runId),
    });
    const isDumb = result.state === 'finished' && !reports.hasMetric();
    const outcome = settle(trial, { outcome: outcomeOf(isDumb ? { state: 'failed', reason: 'it never reported the metric' } : result, order), store });
    onEvent({ kind: 'trial over', trial, outcome });
    if (isDumb) throw metricMissing(trial, sweep, reports.keys());
    return outcome;
  } catch (error) {
    store.handBack(trial.attempt);
    throw error;
  } finally {
    stopBeating();
    signal.removeEventListener('abort', leave);
  }
}

type Obedience = AgentDeps & { readonly obey: (order: Order) => void };

function keepAlive(trial: HeldTrial, { store, clock, onEvent, obey }: Obedience): () => void {
  const timer = clock.every(HEARTBEAT_MS, () => {
    try {
      obey(store.beat(trial.attempt));
    } catch (error) {
      onEvent({ kind: 'sign of life failed', trial, error });
    }
  });
  return () => timer.cancel();
}

/** What the trial logs: reports of the sweep's metric go to the store, which answers whether it may go on. */
function collectReports(trial: HeldTrial, sweep: Sweep, { store, onEvent, obey }: Obedience): { take: (values: Readonly<Record<string, number>>) => void; hasMetric: () => boolean; keys: () => string[] } {
  const { name } = metricOf(sweep.config);
  const seen = new Set<string>();
  return {
    take: (values) => {
      for (const key of Object.keys(values)) seen.add(key);
      const value = values[name];
      if (value === undefined) return;
      obey(store.report(trial.attempt, value));
      onEvent({ kind: 'metric', trial, value });
    },
    hasMetric: () => seen.has(name),
    keys: () => [...seen].toSorted(),
  };
}

function metricMissing(trial: HeldTrial, sweep: Sweep, keys: readonly string[]): SortlineError {
  const { name } = metricOf(sweep.config);
  return new SortlineError('SWEEP_METRIC_MISSING',
    `trial ${trial.number} of sweep ${sweep.id} ended without ever reporting \`${name}\`, the metric that the sweep compares; it reported ${keys.map((key) => `\`${key}\``).join(', ') || 'nothing'}. Give one of these as \`metric.name\` and begin a new sweep.`,
    { context: { sweep: sweep.id, metric: name } });
}

function settle(trial: HeldTrial, { outcome, store }: { outcome: Outcome; store: SweepStore }): Outcome {
  if (outcome.state === 'handed back') store.handBack(trial.attempt);
  if (outcome.state === 'handed back' || outcome.state === 'lost') return outcome;
  return store.settle(trial.attempt, outcome) ? outcome : { state: 'lost' };
}

function outcomeOf(result: TrialResult, order: Order): Outcome {
  if (result.state === 'failed') return result;
  // It may have come to its end in the moment in which it was told to stop: then it is finished.
  if (result.state === 'finished') return { state: 'finished' };
  switch (order.kind) {
    case 'stop': {
      const { bracket, value, threshold } = order.judgement;
      return { state: 'stopped', reason: `behind the others at report ${bracket}: ${Number(value.toPrecision(4))}, needed was ${Number(threshold.toPrecision(4))}` };
    }
    case 'cancelled': return { state: 'cancelled' };
    case 'lost': return { state: 'lost' };
    case 'go on': return { state: 'handed back' };
  }
}
