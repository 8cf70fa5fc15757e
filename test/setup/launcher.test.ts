// The real bin/sortline.js, in a project folder with a stand-in for the command line behind it.
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createSite, runtimeOf } from '../../scripts/setup/site.js';
import { missingSteps } from '../../scripts/setup/set-up.js';
import { tinyFolder } from '../classify/tiny-model.ts';
import { root } from '../structure/source-files.ts';

/** Says what it was given; with `wait` it counts signals and ends, with code 5, some time after the first one. */
const standIn = `
  console.log(JSON.stringify({ args: process.argv.slice(2), major: process.versions.node.split('.')[0] }));
  if (process.argv[2] !== 'wait') process.exit(Number(process.argv[2]));
  const seen: string[] = [];
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {
    if (seen.push(signal) === 1) setTimeout(() => { console.log('seen ' + seen.join(' ')); process.exit(5); }, 200);
  });
  setInterval(() => undefined, 1000);
  console.log('waiting');`;

let project: string;
beforeAll(() => {
  // Otherwise the launcher would begin to set up for real.
  expect(missingSteps(createSite({ root }))).toEqual([]);
  project = mkdtempSync(join(tmpdir(), 'sortline-launcher-'));
  for (const part of ['bin', 'scripts', 'package.json', 'package-lock.json']) cpSync(join(root, part), join(project, part), { recursive: true });
  for (const part of ['node_modules', '.node']) symlinkSync(join(root, part), join(project, part));
  mkdirSync(join(project, 'src', 'cli'), { recursive: true });
  writeFileSync(join(project, 'src', 'cli', 'main.ts'), standIn);
});
afterAll(() => rmSync(project, { recursive: true, force: true }));

describe('bin/sortline.js', () => {
  test('hands arguments, standard output and the exit code through, on the runtime', async () => {
    const { code, out } = await ended(launch(['7', '--json', 'a b']));
    expect(code).toBe(7);
    expect(JSON.parse(out)).toEqual({ args: ['7', '--json', 'a b'], major: '24' });
  });

  test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('%s is passed on, and the launcher stays until the command has ended', async (signal) => {
    const child = launch(['wait']);
    await said(child, 'waiting');
    child.kill(signal);
    expect(await ended(child)).toMatchObject({ code: 5, out: expect.stringContaining(`seen ${signal}\n`) });
  });

  test("a terminal's Ctrl-C reaches the command once", async () => {
    const command = `exec ${quoted(runtimeOf(createSite({ root }))!.node)} ${quoted(join(project, 'bin', 'sortline.js'))} wait`;
    const child = spawn('script', ['-qec', command, '/dev/null'], { stdio: 'pipe' });
    await said(child, 'waiting');
    child.stdin.write('\x03');
    expect(await ended(child)).toMatchObject({ code: 5, out: expect.stringMatching(/seen SIGINT\r\n/) });
  });

  test('the command does not outlive a launcher that was killed', async () => {
    const child = spawn(process.execPath, [join(root, 'bin', 'sortline.js'), 'twin', '--tcp', '0'], { stdio: ['ignore', 'pipe', 'inherit'] });
    await said(child, 'tcp');
    child.kill('SIGKILL');
    // Its output ends only with the last process that could write to it.
    expect(await ended(child)).toMatchObject({ code: null, out: expect.stringContaining('board ready') });
  });

  test('takes more names of pictures than fit on a command line that ONNX Runtime can read', async () => {
    const names = Array.from({ length: 400 }, (_, index) => join(project, 'no-such-folder', 'of-photographs', `picture-${index}.jpg`));
    const child = spawn(process.execPath, [join(root, 'bin', 'sortline.js'), 'classify', '--model', tinyFolder(), ...names], { stdio: ['ignore', 'ignore', 'pipe'] });
    let said = '';
    child.stderr.on('data', (chunk: Buffer) => { said += chunk.toString(); });
    expect(await ended(child)).toMatchObject({ code: 1 });
    expect(said.match(/^error IMAGE_UNREADABLE: /gm)).toHaveLength(names.length);
  });

  test('a command ended by a signal gives the code a shell would', async () => {
    writeFileSync(join(project, 'src', 'cli', 'main.ts'), 'process.kill(process.pid, "SIGKILL"); setInterval(() => undefined, 1000);');
    expect(await ended(launch([]))).toMatchObject({ code: 137 });
  });
});

function launch(args: string[]): ChildProcess {
  return spawn(runtimeOf(createSite({ root }))!.node, [join(project, 'bin', 'sortline.js'), ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
}

const output = new WeakMap<ChildProcess, string>();

/** Resolves once the child has written `text`; what it wrote is kept for `ended`. */
function said(child: ChildProcess, text: string): Promise<void> {
  return new Promise((resolve) => child.stdout?.on('data', (chunk) => {
    output.set(child, (output.get(child) ?? '') + chunk);
    if (output.get(child)?.includes(text)) resolve();
  }));
}

function ended(child: ChildProcess): Promise<{ code: number | null; out: string }> {
  if (!output.has(child)) void said(child, '\0');
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, out: output.get(child) ?? '' })));
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
