import { Worker } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import { NativeGate } from '../../src/onnx/native-gate.ts';

describe('NativeGate', () => {
  it('lets work through until it is closed', async () => {
    const gate = new NativeGate();
    expect(gate.waitOutside(0)).toBe(false);
    gate.leave();
    expect(gate.waitOutside(0)).toBe(true);
    const thread = new NativeGate(gate.memory);
    expect(await thread.pass(async () => gate.waitOutside(0))).toBe(false);
    await expect(thread.pass(() => Promise.reject(new Error('it failed')))).rejects.toThrow('it failed');
    expect(gate.waitOutside(0)).toBe(true);
    gate.close();
    let ran = false;
    await expect(thread.pass(async () => { ran = true; })).rejects.toMatchObject({ code: 'MODEL_RUN_FAILED' });
    expect([ran, gate.waitOutside(0)]).toEqual([false, true]);
  });

  it('holds its owner until the thread comes out', async () => {
    const gate = new NativeGate();
    const worker = new Worker('const { workerData } = require("node:worker_threads"); const words = new Int32Array(workerData); Atomics.wait(words, 1, 0); Atomics.store(words, 0, 0); Atomics.notify(words, 0);', { eval: true, workerData: gate.memory });
    await new Promise((resolve) => worker.once('online', resolve));
    gate.close();
    Atomics.notify(new Int32Array(gate.memory), 1);
    expect(gate.waitOutside(10_000)).toBe(true);
    await worker.terminate();
  });
});
