// A store with one family of artifacts: imported, split, trained twice, evaluated.
import type { Artifact, LearningStore } from '../../../src/learning/store/learning-store.ts';
import type { ManualClock } from '../../../src/base/manual-clock.ts';
import { pictures } from '../store/store-rig.ts';

export interface Family {
  readonly raw: Artifact;
  readonly train: Artifact;
  readonly val: Artifact;
  readonly model: Artifact;
}

/** raw ─▶ split ─▶ train, val; train + val ─▶ train-1 ─▶ net:v0; train ─▶ train-2 ─▶ net:v1; net:v0 + val ─▶ evaluate. */
export async function smallFamily(store: LearningStore, clock: ManualClock): Promise<Family> {
  const run = async (kind: 'import' | 'split' | 'train' | 'evaluate', name: string, inputs: readonly Artifact[], outputs: readonly (readonly [name: string, content: string])[]): Promise<Artifact[]> => {
    await clock.advanceMs(60_000);
    const recorder = store.startRun({ kind, name, config: {} });
    for (const artifact of inputs) recorder.use(artifact);
    const made: Artifact[] = [];
    for (const [output, content] of outputs) {
      const type = output === 'trash' ? 'raw_data' : output === 'net' ? 'model' : 'split_data';
      made.push(await store.addArtifact(pictures(output, { a: content }, { type, runId: recorder.id })));
    }
    recorder.end('finished');
    return made;
  };
  const [raw] = await run('import', 'import-trash', [], [['trash', '1']]);
  const [train, val] = await run('split', 'split-trash', [raw!], [['trash-train', '1'], ['trash-val', '2']]);
  const [model] = await run('train', 'train-1', [train!, val!], [['net', '1']]);
  await run('train', 'train-2', [train!], [['net', '2']]);
  await run('evaluate', 'evaluate-net-v0', [model!, val!], []);
  // As they stand now: net:v0 is no longer the latest.
  const [rawNow, trainNow, valNow, modelNow] = [raw!, train!, val!, model!].map(({ name, version }) => store.artifact(`${name}:v${version}`));
  return { raw: rawNow!, train: trainNow!, val: valNow!, model: modelNow! };
}
