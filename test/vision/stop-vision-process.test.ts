// The real vision process, asked to end while its model is busy: it ends in order and at once, and no native code has a word
// on stderr. The model is heavy for its size: a batch takes many times longer than a turn of the event loop.
import { describe, expect, it } from 'vitest';
import { tinyFolder } from '../classify/tiny-model.ts';
import type { Told } from './vision-child.ts';
import { VisionChild } from './vision-child.ts';

const TIMEOUT_MS = 30_000;
const STOP_LIMIT_MS = 3000;
const IN_ORDER = { code: 0, signal: null, stderr: '' };
const SIDE = 512;

function heavyModel(): string {
  return tinyFolder({ shape: { height: SIDE, width: SIDE } });
}

const isLook = ({ kind }: Told): boolean => kind === 'item.look';

/** With two batches given at a time, one is running whenever the other is told. */
async function busyChild(): Promise<VisionChild> {
  const child = new VisionChild();
  child.start({ classifier: { model: heavyModel(), threads: { intraOp: 1 } }, inFlight: 2 });
  await child.hear(isLook);
  return child;
}

describe('a vision process whose model is busy', () => {
  it('leaves a signal to the whole service to the line, and ends in order when it is told to stop', async () => {
    const child = await busyChild();
    for (const signal of ['SIGTERM', 'SIGINT'] as const) child.process.kill(signal);
    await child.hear(isLook, child.heard.length);
    const startedMs = performance.now();
    for (let times = 0; times < 2; times++) child.send({ kind: 'stop' });
    expect(await child.ended()).toEqual(IN_ORDER);
    expect(performance.now() - startedMs).toBeLessThan(STOP_LIMIT_MS);
  }, TIMEOUT_MS);

  it('ends in order when the line has died', async () => {
    const child = await busyChild();
    const startedMs = performance.now();
    child.process.disconnect();
    expect(await child.ended()).toEqual(IN_ORDER);
    expect(performance.now() - startedMs).toBeLessThan(STOP_LIMIT_MS);
  }, TIMEOUT_MS);
});

describe('a vision process that is starting', () => {
  it('ends in order when it is told to stop while the model loads', async () => {
    const child = new VisionChild();
    child.start({ classifier: { model: heavyModel() } });
    child.send({ kind: 'stop' });
    expect(await child.ended()).toEqual(IN_ORDER);
  }, TIMEOUT_MS);

  it('ends with exit code 1 and a word to the line when its model is refused', async () => {
    const child = new VisionChild();
    child.start({ classifier: { model: tinyFolder({ shape: { labels: 4 } }) } });
    expect(await child.ended()).toEqual({ code: 1, signal: null, stderr: '' });
    expect(child.heard).toEqual([{ kind: 'refused', code: 'MODEL_MISMATCH', message: expect.any(String) }]);
  }, TIMEOUT_MS);
});
