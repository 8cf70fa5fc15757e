// A run as a report shows it: everything read from the store once, with a name and a colour that stay the same on every chart.
import type { Contender } from '../evaluate/comparison.ts';
import { wilsonInterval } from '../evaluate/intervals.ts';
import type { KeptEvaluation } from '../evaluate/kept-evaluation.ts';
import { keptEvaluation } from '../evaluate/kept-evaluation.ts';
import { settingsOf } from '../evaluate/run-settings.ts';
import type { Artifact, LearningStore, MetricPoint, Run } from '../store/learning-store.ts';

/** Runs with a colour of their own; the others of a large sweep are drawn alike, in grey. */
export const COLOURS = 8;
/** What training runs log after each epoch; the best of it stands for a run that was not evaluated. */
const VALIDATION_ACCURACY = 'val/accuracy';

export interface RunView {
  readonly run: Run;
  /** Its name, told apart from namesakes by its id. */
  readonly name: string;
  readonly colour: number | 'muted';
  readonly kept: KeptEvaluation | undefined;
  /** Accuracy, however the run came to it: evaluated, summarised, or the best while training. */
  readonly accuracy: number | undefined;
  /** By metric, in the order of steps. */
  readonly curves: ReadonlyMap<string, readonly MetricPoint[]>;
  readonly inputs: readonly Artifact[];
  readonly outputs: readonly Artifact[];
  /** By name, in the order of the configuration. */
  readonly settings: ReadonlyMap<string, unknown>;
}

/** In the order given; the most accurate ones get the colours. Throws STORE_DAMAGED. */
export function runViews(runs: readonly Run[], store: LearningStore): RunView[] {
  const views = runs.map((run) => {
    const curves = new Map(store.metricKeys(run.id).map((key) => [key, store.metric(run.id, key)]));
    const kept = keptEvaluation(store, run);
    const isNamesake = runs.some(({ id, name }) => id !== run.id && name === run.name);
    return {
      run, kept, curves, name: isNamesake ? `${run.name} ${run.id}` : run.name, accuracy: kept?.evaluation.accuracy ?? accuracyOf(run, curves),
      inputs: store.inputsOf(run.id), outputs: store.outputsOf(run.id), settings: settingsOf(run.config),
    };
  });
  const coloured = new Set([...views].sort(byAccuracy).slice(0, COLOURS));
  let next = 0;
  return views.map((view) => ({ ...view, colour: coloured.has(view) ? next++ : 'muted' }));
}

/** Most accurate first; those that were never judged last. */
export function byAccuracy(a: Pick<RunView, 'accuracy'>, b: Pick<RunView, 'accuracy'>): number {
  return (b.accuracy ?? -1) - (a.accuracy ?? -1);
}

/** For a comparison; undefined where nothing was counted. */
export function contenderFrom({ run, name, kept, accuracy }: RunView): Contender | undefined {
  if (kept !== undefined) return { name, runId: run.id, n: kept.evaluation.n, accuracy: kept.evaluation.accuracy, interval: kept.evaluation.interval, judged: kept, config: run.config };
  const n = run.summary.n;
  if (accuracy === undefined || typeof n !== 'number' || !(n >= 1)) return undefined;
  return { name, runId: run.id, n, accuracy, interval: wilsonInterval(Math.round(n * accuracy), n), judged: undefined, config: run.config };
}

function accuracyOf(run: Run, curves: RunView['curves']): number | undefined {
  for (const key of ['accuracy', VALIDATION_ACCURACY]) {
    const value = run.summary[key];
    if (typeof value === 'number' && Number.isFinite(value)) return value;
  }
  const values = (curves.get(VALIDATION_ACCURACY) ?? []).map(({ value }) => value).filter(Number.isFinite);
  return values.length === 0 ? undefined : Math.max(...values);
}
