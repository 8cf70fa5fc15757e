// What an evaluation says: plain data, the same for text, JSON, HTML, comparison and report.
import type { Ratio } from '../../base/units.ts';
import type { Material } from '../../domain/material.ts';
import type { Interval } from './intervals.ts';

/** What the model said of one picture. Probabilities are in the order of MATERIALS. */
export interface Verdict {
  /** `material/file.jpg` as in the list, or a path relative to the folder. */
  readonly file: string;
  readonly actual: Material;
  readonly probabilities: readonly number[];
}

export interface MaterialFigures {
  /** Share of the pictures of this material that were recognised. The same as recall; kept for readers who look for either. */
  readonly accuracy: Ratio;
  /** Of the pictures taken for this material, the share that is of it; null where none was taken for it. */
  readonly precision: Ratio | null;
  readonly recall: Ratio;
  /** Harmonic mean of precision and recall; 0 where no picture was recognised. */
  readonly f1: Ratio;
  /** Pictures of this material. */
  readonly n: number;
  /** 95 % intervals; those of precision and recall are Wilson's, for F1's see `f1Interval`. */
  readonly precisionInterval: Interval | null;
  readonly recallInterval: Interval;
  readonly f1Interval: Interval;
}

/** The pictures whose confidence, the probability of the most probable material, lies in [from, to). */
export interface ReliabilityBand {
  readonly from: Ratio;
  readonly to: Ratio;
  readonly n: number;
  /** Mean confidence, and share that is right; null in an empty band. */
  readonly confidence: Ratio | null;
  readonly accuracy: Ratio | null;
}

export interface Evaluation {
  readonly n: number;
  readonly accuracy: Ratio;
  /** 95 % Wilson interval of the accuracy. */
  readonly interval: Interval;
  /** Null for a material of which there is no picture. */
  readonly perMaterial: Readonly<Record<Material, MaterialFigures | null>>;
  /** Mean F1 of the materials that have pictures: each counts alike, however few there are of it. */
  readonly macroF1: Ratio;
  /** `rows[predicted][actual]`, counts, in the order of `labels`. */
  readonly confusion: { readonly labels: readonly Material[]; readonly rows: readonly (readonly number[])[] };
  /** Share of the pictures whose material is among the five most probable. */
  readonly top5: Ratio;
  /** Expected calibration error over ten bands of confidence (Guo et al., 2017). */
  readonly ece: Ratio;
  readonly reliability: readonly ReliabilityBand[];
  readonly negativeLogLikelihood: number;
  /** The model's time for a picture, mean. */
  readonly msPerImage: number;
}
