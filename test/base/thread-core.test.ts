import { availableParallelism } from 'node:os';
import { readFileSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import { allowedCores, OwnCore } from '../../src/base/thread-core.ts';

const isLinux = process.platform === 'linux';

/** What a thread of its own finds after it was asked to keep to `core`. */
function keptOn(core: number): Promise<{ kept: boolean; allowed: string; core: number | undefined }> {
  const code = `
    const { parentPort } = require('node:worker_threads');
    const { readFileSync } = require('node:fs');
    import(${JSON.stringify(new URL('../../src/base/thread-core.ts', import.meta.url).href)}).then(async ({ keepOnCore, OwnCore }) => {
      const kept = await keepOnCore(${core});
      const own = new OwnCore();
      parentPort.postMessage({ kept, core: own.core, allowed: /^Cpus_allowed_list:\\s*(\\S+)$/m.exec(readFileSync('/proc/thread-self/status', 'utf8'))[1] });
      own.close();
    });`;
  return new Promise((resolve, reject) => {
    const worker = new Worker(code, { eval: true });
    worker.once('message', resolve);
    worker.once('error', reject);
  });
}

describe.runIf(isLinux)('thread-core', () => {
  it('names the cores that the process may use', () => {
    expect(allowedCores()).toHaveLength(availableParallelism());
  });

  it('tells the core it runs on, and nothing once closed', () => {
    const own = new OwnCore();
    expect(allowedCores()).toContain(own.core);
    own.close();
    own.close();
    expect(own.core).toBeUndefined();
  });

  it('keeps a thread on one core and leaves the others where they may be', async () => {
    const before = readFileSync('/proc/self/status', 'utf8').match(/^Cpus_allowed_list.*$/m)![0];
    for (const core of allowedCores().slice(0, 2)) expect(await keptOn(core)).toEqual({ kept: true, allowed: String(core), core });
    expect(readFileSync('/proc/self/status', 'utf8').match(/^Cpus_allowed_list.*$/m)![0]).toBe(before);
  });

  it('says that a thread cannot be kept on a core that there is not', async () => {
    expect((await keptOn(100_000)).kept).toBe(false);
  });
});
