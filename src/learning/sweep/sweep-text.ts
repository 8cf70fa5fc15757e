// Sweeps in words, for a terminal: where one stands, its trials, the best of them, and which hyperparameters matter.
import { textTable } from '../evaluate/text-table.ts';
import type { ParameterImportance } from './importance.ts';
import { importanceOf } from './importance.ts';
import type { Choice, Parameters } from './sweep-config.ts';
import { isBetter, metricOf } from './sweep-config.ts';
import type { Sweep, Trial, TrialState } from './sweep-store.ts';

/** The trial with the best value; undefined where none has one. */
export function bestTrial(sweep: Sweep, trials: readonly Trial[]): Trial | undefined {
  const { goal } = metricOf(sweep.config);
  let best: Trial | undefined;
  for (const trial of trials) if (trial.value !== undefined && (best?.value === undefined || isBetter(goal, trial.value, best.value))) best = trial;
  return best;
}

/** Of the trials that came to their end; which of a failed trial's parameters was to blame is not known. */
export function importanceIn(trials: readonly Trial[]): ParameterImportance[] {
  return importanceOf(trials.flatMap(({ state, parameters, value }) => ((state === 'finished' || state === 'stopped') && value !== undefined ? [{ parameters, value }] : [])));
}

/** `12 trials of 40: 9 finished, 2 stopped early, 1 running`. */
export function progressText({ config, state }: Sweep, trials: readonly Trial[]): string {
  const words: Record<TrialState, string> = { running: 'running', finished: 'finished', stopped: 'stopped early', failed: 'failed', cancelled: 'cancelled', waiting: state === 'running' || state === 'paused' ? 'waiting' : 'not run' };
  const counts = Object.entries(words).flatMap(([name, word]) => {
    const count = trials.filter((trial) => trial.state === name).length;
    return count === 0 ? [] : [`${count} ${word}`];
  });
  const of = config.run_cap === undefined ? '' : ` of ${config.run_cap}`;
  return `${trials.length} ${trials.length === 1 && of === '' ? 'trial' : 'trials'}${of}${counts.length === 0 ? '' : `: ${counts.join(', ')}`}`;
}

/** `trial 7, val/accuracy 0.9312 (learn_rate 0.0012, batch_size 32)`; undefined before the first value. */
export function bestText(sweep: Sweep, trials: readonly Trial[]): string | undefined {
  const best = bestTrial(sweep, trials);
  return best === undefined ? undefined : `trial ${best.number}, ${metricOf(sweep.config).name} ${short(best.value!)} (${parametersText(best.parameters, searchedNames(trials))})`;
}

/** Everything of one sweep. */
export function sweepText(sweep: Sweep, trials: readonly Trial[]): string {
  const { goal, name, target } = metricOf(sweep.config);
  const best = bestText(sweep, trials);
  return [
    `${sweep.name} (${sweep.id})`,
    ...(sweep.config.description === undefined ? [] : [`  ${sweep.config.description}`]),
    `  ${sweep.config.method}, ${name} to be ${goal === 'maximize' ? 'large' : 'small'}${target === undefined ? '' : `, until it reaches ${target}`}`,
    `  ${sweep.state}${sweep.reason === undefined ? '' : `: ${sweep.reason}`}; ${progressText(sweep, trials)}`,
    `  best: ${best ?? 'no value yet'}`,
    '', ...(trials.length === 0 ? [] : [trialsTable(sweep, trials)]), ...importanceLines(importanceIn(trials)),
  ].join('\n');
}

/** Trials by number with what they were told; `*` is the best one. */
export function trialsTable(sweep: Sweep, trials: readonly Trial[]): string {
  const names = searchedNames(trials), best = bestTrial(sweep, trials);
  return textTable(
    [{ heading: 'trial', align: 'right' }, { heading: metricOf(sweep.config).name, align: 'right' }, { heading: '' }, ...names.map((heading) => ({ heading, align: 'right' as const })), { heading: 'state' }, { heading: 'attempts', align: 'right' }, { heading: 'run' }, { heading: 'on' }],
    trials.map((trial) => {
      const last = trial.attempts.at(-1);
      return [
        String(trial.number), trial.value === undefined ? '' : short(trial.value), trial === best ? '*' : '', ...names.map((name) => choiceText(trial.parameters[name])),
        trial.reason === undefined ? trial.state : `${trial.state}: ${trial.reason}`, trial.attempts.length > 1 ? String(trial.attempts.length) : '', last?.runId ?? '', last?.host ?? '',
      ];
    }),
  );
}

export function parametersText(parameters: Parameters, names: readonly string[] = Object.keys(parameters)): string {
  return names.map((name) => `${name} ${choiceText(parameters[name])}`).join(', ');
}

/** Parameters that differ between trials; all where there is one trial. */
function searchedNames(trials: readonly Trial[]): string[] {
  const names = [...new Set(trials.flatMap(({ parameters }) => Object.keys(parameters)))];
  const varied = names.filter((name) => new Set(trials.map(({ parameters }) => parameters[name])).size > 1);
  return varied.length === 0 ? names : varied;
}

function importanceLines(rows: readonly ParameterImportance[]): string[] {
  if (!rows.some(({ importance }) => importance > 0)) return [];
  const table = textTable(
    [{ heading: 'hyperparameter' }, { heading: 'importance', align: 'right' }, { heading: 'correlation', align: 'right' }],
    rows.map(({ parameter, importance, correlation }) => [parameter, `${(100 * importance).toFixed(0)} %`, correlation === null ? '' : correlation.toFixed(2)]),
  );
  return [table];
}

function choiceText(value: Choice | undefined): string {
  return typeof value === 'number' ? short(value) : String(value ?? '');
}

function short(value: number): string {
  return String(Number(value.toPrecision(4)));
}
