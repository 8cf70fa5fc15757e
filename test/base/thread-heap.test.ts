// In a process of its own: V8's flags are the process's, and its heap is laid out when it starts.
import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';

const PROGRAM = `
  import { Worker } from 'node:worker_threads';
  import { smallHeap } from ${JSON.stringify(new URL('../../src/base/thread-heap.ts', import.meta.url).href)};
  const full = ${String(fullYoungMb)};
  const inThread = (resourceLimits) => new Promise((resolve) => new Worker(
    'process.getBuiltinModule("node:worker_threads").parentPort.postMessage((' + full + ')())', { eval: true, resourceLimits }).once('message', resolve));
  const asked = await inThread({ maxYoungGenerationSizeMb: 3 });
  const small = await inThread(smallHeap(3));
  console.log(JSON.stringify({ asked, small, own: full() }));`;

/** Size of the young space after it has been filled many times over, MB. */
function fullYoungMb(): number {
  const { getHeapSpaceStatistics } = process.getBuiltinModule('node:v8');
  let last: unknown[] = [];
  for (let index = 0; index < 3e6; index++) last = [index, last.length];
  return getHeapSpaceStatistics().find(({ space_name: name }) => name === 'new_space')!.space_size / 1024 / 1024;
}

test("a thread's young space is as small as asked, whatever the process was started with, and the process keeps its own", () => {
  const flags = ['--min-semi-space-size=16', '--max-semi-space-size=16'];
  const { asked, small, own } = JSON.parse(execFileSync(process.execPath, [...flags, '--input-type=module-typescript', '--eval', PROGRAM], { encoding: 'utf8' })) as { asked: number; small: number; own: number };
  // What makes it necessary: once V8 heeds the limit by itself, this file can go.
  expect(asked).toBeGreaterThan(10);
  expect(small).toBeLessThanOrEqual(3);
  expect(own).toBe(32);
});
