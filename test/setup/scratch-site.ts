// A project folder of its own for set-up's tests, with stand-in commands first on PATH: nothing of the machine is touched.
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createSite } from '../../scripts/setup/site.js';
import type { Site } from '../../scripts/setup/site.js';

export interface Scratch extends Disposable {
  readonly site: Site;
  /** Writes a file below the project folder. */
  write(path: string, text: string): void;
  /** Puts a shell script on PATH; it can use $CALLS, a file to note calls in. */
  command(name: string, script: string): void;
  /** What the stand-ins noted in $CALLS, one line a call. */
  calls(): string[];
}

/** `node` is Node 20 without headers unless given; the system is an empty folder below the project. */
export function scratchSite(given: Partial<Site> = {}): Scratch {
  const root = mkdtempSync(join(tmpdir(), 'sortline-setup-'));
  const bin = join(root, 'stand-ins');
  const calls = join(root, 'calls.txt');
  const write = (path: string, text: string): void => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  };
  const site = createSite({
    root,
    systemRoot: join(root, 'system'),
    env: { PATH: `${bin}:/usr/bin:/bin`, HOME: root, CALLS: calls },
    arch: 'x64',
    isRoot: true,
    node: { version: '20.19.0', execPath: join(root, 'old-node', 'bin', 'node'), abi: '115' },
    ...given,
  });
  return {
    site,
    write,
    command: (name, script) => {
      write(`stand-ins/${name}`, `#!/bin/sh\n${script}\n`);
      chmodSync(join(bin, name), 0o755);
    },
    calls: () => (existsSync(calls) ? readFileSync(calls, 'utf8').trim().split('\n') : []),
    [Symbol.dispose]: () => rmSync(root, { recursive: true, force: true }),
  };
}

/** Collects what set-up says instead of showing it. */
export function listening(): { write(text: string): boolean; said(): string } {
  let text = '';
  return { write: (part) => ((text += part), true), said: () => text };
}

/** A step's progress that keeps the details. */
export function quietProgress(): { details: string[]; detail(text: string): void; done(): void; failed(): void } {
  const details: string[] = [];
  return { details, detail: (text) => void details.push(text), done: () => undefined, failed: () => undefined };
}
