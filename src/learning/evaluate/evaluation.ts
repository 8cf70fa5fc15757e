// What an evaluation says: plain data, the same for text, JSON, HTML, comparison and report.
import type { Material } from '../../domain/material.ts';

/** What the model said of one picture. Probabilities are in the order of MATERIALS. */
export interface Verdict {
  /** `material/file.jpg` as in the list, or a path relative to the folder. */
  readonly file: string;
  readonly actual: Material;
  readonly probabilities: readonly number[];
}

export interface MaterialFigures {
  /** Share of the pictures of this material that were recognised. The same as recall; kept for readers who look for either. */
  readonly accuracy: number;
  readonly precision: number | null;
  readonly recall: number;
  readonly f1: number | null;
  /** Pictures of this material. */
  readonly n: number;
  readonly precisionInterval: readonly [number, number] | null;
  readonly recallInterval: readonly [number, number];
}

export interface Evaluation {
  readonly n: number;
  readonly accuracy: number;
  /** 95 % Wilson interval of the accuracy. */
  readonly interval: readonly [number, number];
  readonly perMaterial: Readonly<Record<Material, MaterialFigures | null>>;
  /** `rows[predicted][actual]`, counts, in the order of `labels`. */
  readonly confusion: { readonly labels: readonly Material[]; readonly rows: readonly (readonly number[])[] };
  /** Share of the pictures whose material is among the five most probable. */
  readonly top5: number;
  /** Expected calibration error over ten bands of confidence (Guo et al., 2017). */
  readonly ece: number;
  readonly negativeLogLikelihood: number;
  readonly msPerImage: number;
}
