import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ManualClock } from '../../../src/base/manual-clock.ts';
import type { RunRecorder } from '../../../src/learning/store/learning-store.ts';
import { thisProcess } from '../../../src/learning/store/process-life.ts';
import { bytes, pictures, storeRig } from './store-rig.ts';
import type { StoreRig } from './store-rig.ts';

let rig: StoreRig;
beforeEach(() => {
  rig = storeRig();
});
afterEach(() => rig[Symbol.dispose]());

function start(name = 'first', sweepId?: string): RunRecorder {
  return rig.store.startRun({ kind: 'train', name, config: { seed: 1 }, ...(sweepId !== undefined && { sweepId }) });
}

const elsewhere = { host: 'edge-2', hostKey: 'another boot', pid: 4711, startedTicks: '99' };

describe('what a run logs is there as soon as the call returns, for every process', () => {
  test('metrics by step, also those that are no numbers', () => {
    const run = start();
    const reader = rig.open();
    run.log({ step: 1, epoch: 0.5 }, { loss: 2.5, 'val/accuracy': 0.5 });
    run.log({ step: 2, epoch: 1 }, { loss: Number.NaN });
    run.log({ step: 3, epoch: 1.5 }, { loss: Number.POSITIVE_INFINITY });
    expect(reader.metricKeys(run.id)).toEqual(['loss', 'val/accuracy']);
    expect(reader.metric(run.id, 'loss').map(({ step, epoch, value }) => [step, epoch, value])).toEqual([[1, 0.5, 2.5], [2, 1, Number.NaN], [3, 1.5, Number.POSITIVE_INFINITY]]);
    expect(reader.metric(run.id, 'none')).toEqual([]);
  });

  test('a step that is logged again, as after a resumed crash, is replaced', () => {
    const run = start();
    for (const value of [1, 2]) run.log({ step: 7, epoch: 1 }, { loss: value });
    expect(rig.store.metric(run.id, 'loss').map(({ value }) => value)).toEqual([2]);
  });

  test('console, files, summary, inputs and outputs', async () => {
    const run = start();
    run.say('epoch 1: loss 2.5');
    run.say('');
    run.keepFile('charts/a.svg', bytes('<svg/>'));
    run.keepFile('charts/a.svg', bytes('<svg>2</svg>'));
    run.summarise({ accuracy: 0.5, nested: { a: 1 } });
    run.summarise({ accuracy: 0.75 });
    const data = await rig.store.addArtifact(pictures('trash', { a: '1' }));
    const model = await rig.store.addArtifact(pictures('net', { 'model.onnx': 'x' }, { type: 'model', runId: run.id }));
    run.use(data);
    run.use(data);
    expect(rig.store.consoleOf(run.id).map(({ line }) => line)).toEqual(['epoch 1: loss 2.5', '']);
    expect(rig.store.runFiles(run.id).map(({ path }) => path)).toEqual(['charts/a.svg']);
    expect(Buffer.from(rig.store.runFile(run.id, 'charts/a.svg')!).toString()).toBe('<svg>2</svg>');
    expect(rig.store.runFile(run.id, 'none')).toBeUndefined();
    expect(rig.store.run(run.id).summary).toEqual({ accuracy: 0.75, nested: { a: 1 } });
    expect([rig.store.inputsOf(run.id), rig.store.outputsOf(run.id)]).toEqual([[data], [model]]);
    expect(() => run.keepFile('../x', bytes('x'))).toThrow(expect.objectContaining({ code: 'STORE_REFUSED' }));
  });

  test('the load of the machine, every 15 s and at the end', async () => {
    const run = start();
    await rig.clock.advanceMs(40_000);
    run.end('finished');
    const samples = rig.store.loadOf(run.id);
    expect(samples).toHaveLength(3);
    for (const { cpuShare, ownCpuShare, residentMb, freeMb } of samples) {
      expect([cpuShare, ownCpuShare].every((share) => share >= 0 && share <= 1)).toBe(true);
      expect(Math.min(residentMb, freeMb)).toBeGreaterThan(1);
    }
    await rig.clock.advanceMs(60_000);
    expect(rig.store.loadOf(run.id)).toHaveLength(3);
  });
});

describe('how a run ends', () => {
  test.each(['finished', 'failed', 'stopped'] as const)('%s: said once, and nothing can be added', (state) => {
    const run = start();
    run.end(state, state === 'failed' ? 'the loss is NaN' : undefined);
    run.end('failed', 'later');
    expect(rig.store.run(run.id)).toMatchObject({ state, failure: state === 'failed' ? 'the loss is NaN' : undefined, codeRevision: 'test', config: { seed: 1 } });
    expect(rig.store.run(run.id).endedAtIso).toBeDefined();
    expect(() => run.log({ step: 1, epoch: 1 }, { loss: 1 })).toThrow(expect.objectContaining({ code: 'STORE_REFUSED', message: expect.stringContaining(`it has ended (${state})`) }));
  });

  test('a run of a process that is gone is crashed: same machine, at once', () => {
    const gone = rig.open({ here: { ...thisProcess(), startedTicks: '1' } });
    const { id } = gone.startRun({ kind: 'train', name: 'gone', config: {} });
    expect(rig.store.run(id).state).toBe('crashed');
    expect(rig.store.run(start().id).state).toBe('running');
  });

  test('a run on another machine is crashed when it was silent for two minutes', async () => {
    const other = rig.open({ here: elsewhere });
    const { id } = other.startRun({ kind: 'train', name: 'far', config: {} });
    await rig.clock.advanceMs(600_000);
    expect(rig.store.run(id)).toMatchObject({ state: 'running', host: 'edge-2' });
    other.close();
    await rig.clock.advanceMs(100_000);
    expect(rig.store.run(id).state).toBe('running');
    await rig.clock.advanceMs(20_000);
    expect(rig.store.run(id).state).toBe('crashed');
  });
});

describe('going on with a run', () => {
  test('that stopped: it runs again, and what it logged before stays', () => {
    const first = start();
    first.log({ step: 1, epoch: 1 }, { loss: 3 });
    first.end('stopped');
    const second = rig.open().resumeRun(first.id);
    expect(rig.store.run(first.id)).toMatchObject({ state: 'running', endedAtIso: undefined });
    second.log({ step: 2, epoch: 2 }, { loss: 2 });
    second.end('finished');
    expect(rig.store.metric(first.id, 'loss').map(({ value }) => value)).toEqual([3, 2]);
    expect(() => rig.store.resumeRun(first.id)).toThrow(expect.objectContaining({ code: 'STORE_REFUSED', message: expect.stringContaining('is finished') }));
  });

  test('that still goes on is refused, and so is one that is not there', () => {
    const first = start();
    expect(() => rig.store.resumeRun(first.id)).toThrow(expect.objectContaining({ code: 'STORE_BUSY', message: expect.stringContaining(`process ${process.pid}`) }));
    expect(() => rig.store.resumeRun('none')).toThrow(expect.objectContaining({ code: 'STORE_NOT_FOUND' }));
  });

  test('that was thought dead: the one who comes back late can write nothing any more', async () => {
    // A machine that hangs: its clock stands still, it gives no sign of life.
    const first = rig.open({ here: elsewhere, clock: new ManualClock() }).startRun({ kind: 'train', name: 'far', config: {} });
    await rig.clock.advanceMs(120_000);
    const second = rig.store.resumeRun(first.id);
    for (const late of [() => first.log({ step: 1, epoch: 1 }, { loss: 1 }), () => first.say('x'), () => first.end('finished')]) {
      expect(late).toThrow(expect.objectContaining({ code: 'STORE_REFUSED', message: expect.stringMatching(/process \d+ on .* has taken it over/) }));
    }
    second.end('finished');
    expect(rig.store.consoleOf(first.id)).toEqual([]);
    expect(rig.store.run(first.id).state).toBe('finished');
  });
});

describe('finding runs', () => {
  test('newest first, by kind, by sweep, so many', async () => {
    const ids: string[] = [];
    for (const name of ['a', 'b', 'a']) {
      ids.push(start(name, name === 'a' ? 'sweep1' : undefined).id);
      await rig.clock.advanceMs(1000);
    }
    rig.store.startRun({ kind: 'evaluate', name: 'e', config: {} });
    expect(rig.store.runs({ kind: 'train' }).map(({ id }) => id)).toEqual(ids.toReversed());
    expect(rig.store.runs({ sweepId: 'sweep1' }).map(({ id }) => id)).toEqual([ids[2], ids[0]]);
    expect(rig.store.runs({ limit: 1 }).map(({ name }) => name)).toEqual(['e']);
    expect(rig.store.run('a').id).toBe(ids[2]);
    expect(rig.store.run(ids[1]!).id).toBe(ids[1]);
    expect(rig.store.run(ids[1]!.slice(0, -1)).name).toBe('b');
    expect(() => rig.store.run(ids[0]!.slice(0, 8))).toThrow(expect.objectContaining({ code: 'STORE_NOT_FOUND', message: expect.stringContaining('several begin so') }));
    expect(() => rig.store.run('zzz')).toThrow(expect.objectContaining({ code: 'STORE_NOT_FOUND', message: expect.stringContaining(`${ids[2]} (a)`) }));
  });

  test('ids that begin within one second are different', () => {
    expect(new Set(Array.from({ length: 300 }, () => start().id)).size).toBe(300);
  });
});
