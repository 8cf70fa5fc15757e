// What samples of head mode are trained towards: their labels, and what a teacher says of them.
import { MATERIALS } from '../../domain/material.ts';
import type { LabelledPicture } from '../../image/labelled-pictures.ts';
import type { BatchTargets, TargetOptions } from './batch-targets.ts';
import { batchTargets } from './batch-targets.ts';
import { gatherRows } from './gather-rows.ts';
import { blendTaught } from './teacher.ts';

export interface SampleTargets {
  readonly pictures: readonly LabelledPicture[];
  /** (samples, materials); undefined without a teacher. */
  readonly taught: Float32Array | undefined;
  readonly targets: TargetOptions;
}

/** The targets of step `step`; sample s is picture s modulo their number. */
export function sampleTargets({ pictures, taught, targets }: SampleTargets, samples: readonly number[], step: number): BatchTargets {
  const batch = batchTargets(samples.map((sample) => pictures[sample % pictures.length]!.material), step, targets);
  if (taught !== undefined) {
    const said = gatherRows(taught, samples, MATERIALS.length);
    batch.mix(said);
    blendTaught(batch.labels, said, targets.hyperparameters.teacher_share);
  }
  return batch;
}
