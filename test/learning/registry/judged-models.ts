// Models that the line could run, and evaluations of them, for the tests of the registry.
import { createHash } from 'node:crypto';
import { keepEvaluation } from '../../../src/learning/evaluate/kept-evaluation.ts';
import type { Artifact, LearningStore } from '../../../src/learning/store/learning-store.ts';
import { MATERIALS } from '../../../src/domain/material.ts';
import { tinyModel } from '../../classify/tiny-model.ts';
import { bytes } from '../store/store-rig.ts';

/** A version of `name` that differs from all others by `note`; the model itself is the hand-made one. */
export async function addModel(store: LearningStore, name: string, note: string): Promise<Artifact> {
  const model = tinyModel();
  const manifest = {
    labels: MATERIALS, input: { name: 'image', layout: 'NHWC', type: 'uint8', channels: 'RGB', height: 16, width: 16, preprocess: 'none' }, output: { name: 'logits' },
    sha256: createHash('sha256').update(model).digest('hex'), trainedOn: note, metrics: {},
  };
  return store.addArtifact({ type: 'model', name, files: [{ path: 'model.onnx', content: model }, { path: 'manifest.json', content: bytes(JSON.stringify(manifest)) }] });
}

/** An evaluation that finds the model right on the first `right` of `n` pictures of the list. The run's id. */
export function judge(store: LearningStore, artifact: Artifact, found: { list: string; n: number; right: number }): string {
  const run = store.startRun({ kind: 'evaluate', name: `evaluate-${artifact.name}`, config: {} });
  run.use(artifact);
  const certain = (index: number): number[] => MATERIALS.map((_, each) => (each === index ? 1 : 0));
  const verdicts = Array.from({ length: found.n }, (_, index) => ({ file: `glass/${found.list}-${index}.jpg`, actual: 'glass' as const, probabilities: certain(MATERIALS.indexOf(index < found.right ? 'glass' : 'metal')) }));
  keepEvaluation(run, { verdicts, msPerImage: 1 });
  run.end('finished');
  return run.id;
}
