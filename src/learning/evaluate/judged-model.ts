// One model judged on one list: what `sortline evaluate` says as text, JSON and HTML.
import type { Material } from '../../domain/material.ts';
import { byMaterial } from '../../domain/material.ts';
import { confidentMistakes, predictedOf } from './evaluate-verdicts.ts';
import type { Evaluation, Verdict } from './evaluation.ts';
import type { PurityPoint } from './purity-curve.ts';
import { pointAtPurity, purityCurve } from './purity-curve.ts';

export interface JudgedModel {
  /** Folder name, or `name:v3`. */
  readonly model: string;
  /** SHA-256 of model.onnx. */
  readonly sha256: string;
  /** What was judged, in words: a folder and its list, or a data set. */
  readonly data: string;
  readonly evaluation: Evaluation;
  readonly verdicts: readonly Verdict[];
  /** Names of the pictures that could not be read. */
  readonly unreadable: readonly string[];
  /** What the thresholds below aim at. */
  readonly purity: number;
  /** The run it was recorded as. */
  readonly runId: string | undefined;
}

/** Per material the threshold that recovers most at `purity`; null where none is pure enough, or there is nothing to go by. */
export function thresholdsFor(verdicts: readonly Verdict[], purity: number): Record<Material, PurityPoint | null> {
  return byMaterial((material) => pointAtPurity(purityCurve(verdicts, material), purity) ?? null);
}

/** What `--json` prints: the figures, then what they are of. */
export function judgedDocument({ model, sha256, data, evaluation, verdicts, unreadable, purity, runId }: JudgedModel): Record<string, unknown> {
  return {
    ...evaluation,
    thresholds: { purity, perMaterial: thresholdsFor(verdicts, purity) },
    mistakes: confidentMistakes(verdicts).map((verdict) => ({ file: verdict.file, actual: verdict.actual, predicted: predictedOf(verdict), confidence: Math.max(...verdict.probabilities) })),
    unreadable, model, sha256, data, run: runId ?? null,
  };
}
