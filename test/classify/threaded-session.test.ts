import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { allowedCores, OwnCore } from '../../src/base/thread-core.ts';
import type { SessionOptions } from '../../src/classify/model-session.ts';
import { openOnnxSession } from '../../src/classify/onnx-session.ts';
import { openThreadedSession } from '../../src/classify/threaded-session.ts';
import { tinyModel } from './tiny-model.ts';

const OPTIONS: SessionOptions = { providers: ['cpu'], require: undefined, threads: { intraOp: 1, spinning: false } };
const SHAPE = [2, 16, 16, 3];
const CROPS = Uint8Array.from({ length: 2 * 16 * 16 * 3 }, (_, index) => (index * 13) % 256);
const THREADED = { ...OPTIONS, sessions: 1, maxInputBytes: CROPS.length };

describe('openThreadedSession', () => {
  it('gives exactly what the same session gives in this thread', async () => {
    const direct = (await openOnnxSession(tinyModel(), OPTIONS)).session;
    const { session: threaded } = await openThreadedSession(tinyModel(), THREADED);
    expect(threaded.inputs).toEqual(direct.inputs);
    expect(threaded.outputs).toEqual(direct.outputs);
    expect((await threaded.run(CROPS, SHAPE)).values).toEqual((await direct.run(CROPS, SHAPE)).values);
    await direct.close();
    await threaded.close();
  });

  it('reads a part of shared memory where it lies', async () => {
    const { session } = await openThreadedSession(tinyModel(), THREADED);
    const shared = new Uint8Array(new SharedArrayBuffer(100 + CROPS.length + 100)).fill(255);
    shared.set(CROPS, 100);
    expect((await session.run(shared.subarray(100, 100 + CROPS.length), SHAPE)).values).toEqual((await session.run(CROPS, SHAPE)).values);
    await session.close();
  });

  it('leaves the caller\'s thread free while a batch runs', async () => {
    const { session } = await openThreadedSession(tinyModel(), THREADED);
    const order: string[] = [];
    const run = session.run(CROPS, SHAPE).then(() => order.push('ran'));
    await new Promise((resolve) => setImmediate(resolve)).then(() => order.push('turn'));
    await run;
    expect(order).toEqual(['turn', 'ran']);
    await session.close();
  });

  it('takes batches ahead, keeps each one\'s pixels apart, and answers in order', async () => {
    const { session } = await openThreadedSession(tinyModel(), THREADED);
    const single = [1, 16, 16, 3], crop = (level: number): Uint8Array => new Uint8Array(768).fill(level);
    const alone = [];
    for (const level of [10, 100, 200]) alone.push((await session.run(crop(level), single)).values);
    const answered: number[] = [];
    const buffer = new Uint8Array(768);
    const together = await Promise.all([10, 100, 200].map((level) => {
      const run = session.run(buffer.fill(level), single).then(({ values }) => { answered.push(level); return values; });
      // The caller may use its buffer again at once only because its bytes were copied; here it shows that they were.
      buffer.fill(0);
      return run;
    }));
    expect(together).toEqual(alone);
    expect(answered).toEqual([10, 100, 200]);
    await session.close();
  });

  it('runs several side by side from one model, however its bytes are held, each on a copy of its own', async () => {
    // A Buffer's slice shares its memory, and memory that was handed over is gone.
    const { session } = await openThreadedSession(Buffer.from(tinyModel()), { ...THREADED, sessions: 3 });
    expect(session.concurrency).toBe(3);
    const [alone, ...together] = await Promise.all(Array.from({ length: 7 }, () => session.run(CROPS, SHAPE)));
    for (const { values } of together) expect(values).toEqual(alone!.values);
    await session.close();
  });

  it.runIf(process.platform === 'linux')('keeps each thread on a core of its own where there are as many, and gives a run to one of another core than the caller\'s', async () => {
    const cores = allowedCores();
    const before = inferenceThreads();
    const { session } = await openThreadedSession(tinyModel(), { ...THREADED, sessions: cores.length });
    const own = inferenceThreads().filter(({ thread }) => !before.some((known) => known.thread === thread));
    expect(own.map(({ allowed }) => allowed).toSorted()).toEqual(cores.map(String).toSorted());
    const elsewhere = new OwnCore(), busyBefore = new Map(own.map(({ thread, runs }) => [thread, runs]));
    for (let run = 0; run < 20; run++) await session.run(CROPS, SHAPE);
    const mine = String(elsewhere.core);
    const woken = inferenceThreads().map(({ thread, allowed, runs }) => ({ allowed, runs: runs - (busyBefore.get(thread) ?? runs) }));
    // The caller may have been moved meanwhile: then both had their turn.
    if (cores.length > 1) expect(woken.find(({ allowed, runs }) => allowed !== mine && runs > 0)).toBeDefined();
    elsewhere.close();
    await session.close();
  });

  it('refuses more than eight batches ahead', async () => {
    const { session } = await openThreadedSession(tinyModel(), THREADED);
    const runs = Array.from({ length: 9 }, () => session.run(CROPS, SHAPE));
    await expect(runs[8]).rejects.toMatchObject({ code: 'MODEL_RUN_FAILED', message: expect.stringContaining('8 batches') });
    for (const run of runs.slice(0, 8)) expect((await run).values).toHaveLength(12);
    await session.close();
  });

  it('ends the runs it was given before it closes', async () => {
    const { session } = await openThreadedSession(tinyModel(), THREADED);
    const run = session.run(CROPS, SHAPE);
    await session.close();
    expect((await run).values).toHaveLength(12);
  });

  it('passes on what ONNX Runtime says of a batch of the wrong shape, and goes on', async () => {
    const { session } = await openThreadedSession(tinyModel(), THREADED);
    await expect(session.run(CROPS, [2, 16, 48, 1])).rejects.toMatchObject({ code: 'MODEL_RUN_FAILED', message: expect.stringContaining('(2, 16, 48, 1)') });
    expect((await session.run(CROPS, SHAPE)).values).toHaveLength(12);
    await session.close();
  });

  it('refuses to run after it was closed; closing again does nothing', async () => {
    const { session } = await openThreadedSession(tinyModel(), THREADED);
    await session.close();
    await session.close();
    await expect(session.run(CROPS, SHAPE)).rejects.toMatchObject({ code: 'MODEL_RUN_FAILED', message: expect.stringContaining('ended') });
  });
});

/** Of this process: on which cores each may run, and how often it was woken. */
function inferenceThreads(): { thread: string; allowed: string; runs: number }[] {
  return readdirSync('/proc/self/task').flatMap((thread) => {
    const status = readFileSync(`/proc/self/task/${thread}/status`, 'utf8');
    const field = (name: string): string => new RegExp(`^${name}:\\s*(\\S+)$`, 'm').exec(status)![1]!;
    return field('Name') === 'inference' ? [{ thread, allowed: field('Cpus_allowed_list'), runs: Number(field('voluntary_ctxt_switches')) }] : [];
  });
}
