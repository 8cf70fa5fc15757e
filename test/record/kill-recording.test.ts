// A real `sortline record` killed while it records: the file opens, and at most two seconds are lost.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, statSync, watch, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { Recording } from '../../src/record/open-recording.ts';

const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));
const LOST_AT_MOST_MS = 2000;
/** Enough to be well within the recording, s of pictures. */
const KILLED_AFTER_BYTES = 2_000_000;

test('kill -9 while recording', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'sortline-kill-'));
  const config = join(folder, 'line.yaml');
  const path = join(folder, 'killed.mcap');
  writeFileSync(config, 'mqtt: {embedded: {port: 0}}\nweb: {enabled: false}\nledger: {path: ":memory:"}\n');
  writeFileSync(path, '');
  const child = spawn(process.execPath, [MAIN, 'record', '-c', config, '--out', path], { cwd: folder, stdio: 'ignore' });
  onTestFinished(() => {
    child.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  });
  const ended = once(child, 'exit');
  await Promise.race([grown(path, KILLED_AFTER_BYTES), ended.then(([code]) => { throw new Error(`the recording process ended by itself, exit code ${code}`); })]);
  const killedMs = Date.now();
  child.kill('SIGKILL');
  await ended.catch(() => undefined);
  const recording = Recording.open(path);
  let lastMs = 0, frames = 0;
  for (const entry of recording.entries()) {
    if (entry.kind === 'frame') frames++;
    lastMs = Math.max(lastMs, (entry.atNs + Number(recording.about.wallOffsetNs)) / 1e6);
  }
  expect(frames).toBeGreaterThan(10);
  expect(recording.end!.isWhole).toBe(false);
  expect(killedMs - lastMs).toBeLessThan(LOST_AT_MOST_MS);
}, 60_000);

/** Resolves when the file has that many bytes; told by the file system. */
function grown(path: string, bytes: number): Promise<void> {
  return new Promise((resolve) => {
    const watcher = watch(path, () => {
      if ((statSync(path, { throwIfNoEntry: false })?.size ?? 0) < bytes) return;
      watcher.close();
      resolve();
    });
  });
}
