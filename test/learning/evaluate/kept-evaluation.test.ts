// Evaluations in a real store: what is kept with a run comes back the same, and models are found by the run that judged them.
import { describe, expect, it } from 'vitest';
import { contenderOf } from '../../../src/learning/evaluate/contenders.ts';
import { keepEvaluation, keptEvaluation, VERDICTS_FILE } from '../../../src/learning/evaluate/kept-evaluation.ts';
import { bytes, storeRig } from '../store/store-rig.ts';
import { verdicts } from './verdicts.ts';

const TEN = [...verdicts(7, 'glass', 'glass', 0.9), ...verdicts(3, 'plastic', 'glass', 0.7)];

describe('an evaluation kept with its run', () => {
  it('comes back with every figure and picture, and its chief figures stand in the summary', () => {
    using rig = storeRig();
    const recorder = rig.store.startRun({ kind: 'evaluate', name: 'judge', config: {} });
    const evaluation = keepEvaluation(recorder, { verdicts: TEN, msPerImage: 9 }, [{ file: TEN[7]!.file, jpeg: bytes('jpeg') }]);
    recorder.end('finished');
    const kept = keptEvaluation(rig.store, rig.store.run('judge'))!;
    expect(kept).toEqual({ verdicts: TEN, evaluation, mistakes: [{ file: TEN[7]!.file, jpeg: expect.anything() }] });
    expect(Buffer.from(kept.mistakes[0]!.jpeg).toString()).toBe('jpeg');
    expect(rig.store.run('judge').summary).toMatchObject({ n: 10, accuracy: 0.7, macroF1: expect.any(Number), msPerImage: 9 });
  });

  it('is undefined where the run kept none, and an error where it cannot be read', () => {
    using rig = storeRig();
    const recorder = rig.store.startRun({ kind: 'train', name: 'train', config: {} });
    expect(keptEvaluation(rig.store, rig.store.run('train'))).toBeUndefined();
    for (const text of ['{', '{"format":2}', JSON.stringify({ format: 1, materials: ['a'], msPerImage: 1, verdicts: [] })]) {
      recorder.keepFile(VERDICTS_FILE, bytes(text));
      expect(() => keptEvaluation(rig.store, rig.store.run('train'))).toThrow(expect.objectContaining({ code: 'STORE_DAMAGED', message: expect.stringContaining('train') }));
    }
  });
});

describe('contenderOf', () => {
  it('takes a run by its name, and a model by the run that judged it last, else by the one that trained it', async () => {
    using rig = storeRig();
    const { store, clock } = rig;
    const training = store.startRun({ kind: 'train', name: 'fine-tune', config: { learn_rate: 0.1 } });
    keepEvaluation(training, { verdicts: TEN, msPerImage: 9 });
    const model = await store.addArtifact({ type: 'model', name: 'sorter', files: [{ path: 'model.onnx', content: bytes('w') }], runId: training.id });
    training.end('finished');
    expect(contenderOf('fine-tune', store)).toMatchObject({ name: 'fine-tune', n: 10, accuracy: 0.7, config: { learn_rate: 0.1 } });
    expect(contenderOf('sorter:v0', store)).toMatchObject({ name: 'sorter:v0', runId: training.id, accuracy: 0.7 });
    await clock.advanceMs(60_000);
    const judging = store.startRun({ kind: 'evaluate', name: 'judge', config: {} });
    judging.use(model);
    keepEvaluation(judging, { verdicts: TEN.slice(0, 8), msPerImage: 9 });
    judging.end('finished');
    expect(contenderOf('sorter', store)).toMatchObject({ name: 'sorter:v0', runId: judging.id, n: 8, accuracy: 7 / 8 });
  });

  it('makes do with a summary, and refuses what was never judged or is not there', async () => {
    using rig = storeRig();
    const run = rig.store.startRun({ kind: 'train', name: 'summary-only', config: {} });
    run.summarise({ accuracy: 0.9, n: 50 });
    rig.store.startRun({ kind: 'train', name: 'nothing', config: {} });
    await rig.store.addArtifact({ type: 'model', name: 'unjudged', files: [{ path: 'model.onnx', content: bytes('w') }] });
    expect(contenderOf('summary-only', rig.store)).toMatchObject({ n: 50, accuracy: 0.9, judged: undefined });
    for (const reference of ['nothing', 'unjudged:v0', 'nowhere']) expect(() => contenderOf(reference, rig.store)).toThrow(expect.objectContaining({ code: 'STORE_NOT_FOUND' }));
  });
});
