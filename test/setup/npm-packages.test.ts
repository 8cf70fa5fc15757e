import { readlinkSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { npmPackages } from '../../scripts/setup/npm-packages.js';
import { quietProgress, scratchSite } from './scratch-site.ts';
import type { Scratch } from './scratch-site.ts';

const lock = (version: string): string => JSON.stringify({ packages: {
  '': { name: 'sortline' },
  'node_modules/a': { version },
  'node_modules/a/node_modules/b': { version: '2.0.0' },
  'node_modules/for-windows': { version: '1.0.0', optional: true },
} });

/** An `npm ci` that installs what `lock(version)` names, but for the optional package. */
const installing = (version: string): string => `
  echo "$@" >> "$CALLS"
  mkdir -p node_modules/a/node_modules/b
  echo "npm http fetch GET 200 https://x/a.tgz 12ms" >&2
  echo '{"packages":{"node_modules/a":{"version":"${version}"},"node_modules/a/node_modules/b":{"version":"2.0.0"}}}' > node_modules/.package-lock.json`;

function project(version = '1.0.0'): Scratch {
  const scratch = scratchSite();
  scratch.write('package-lock.json', lock(version));
  return scratch;
}

describe('npm packages', () => {
  test('are installed as locked, without running their scripts, and the command is linked', async () => {
    using scratch = project();
    scratch.command('npm', installing('1.0.0'));
    expect(npmPackages.isDone(scratch.site)).toBe(false);
    const progress = quietProgress();
    await npmPackages.run(scratch.site, progress);
    expect(scratch.calls()[0]).toMatch(/^ci --ignore-scripts --include=dev/);
    expect(progress.details.at(-1)).toBe('1 of 2');
    expect(readlinkSync(join(scratch.site.root, 'node_modules/.bin/sortline'))).toBe('../../bin/sortline.js');
    expect(npmPackages.isDone(scratch.site)).toBe(true);
  });

  test('another version in the lock, a deleted folder and a deleted node_modules are noticed', async () => {
    using scratch = project();
    scratch.command('npm', installing('1.0.0'));
    await npmPackages.run(scratch.site, quietProgress());
    scratch.write('package-lock.json', lock('1.0.1'));
    expect(npmPackages.isDone(scratch.site)).toBe(false);
    scratch.write('package-lock.json', lock('1.0.0'));
    expect(npmPackages.isDone(scratch.site)).toBe(true);
    rmSync(join(scratch.site.root, 'node_modules/a/node_modules/b'), { recursive: true });
    expect(npmPackages.isDone(scratch.site)).toBe(false);
    rmSync(join(scratch.site.root, 'node_modules'), { recursive: true });
    expect(npmPackages.isDone(scratch.site)).toBe(false);
  });

  test('a lost link is made again without asking npm', async () => {
    using scratch = project();
    scratch.command('npm', installing('1.0.0'));
    await npmPackages.run(scratch.site, quietProgress());
    rmSync(join(scratch.site.root, 'node_modules/.bin'), { recursive: true });
    await npmPackages.run(scratch.site, quietProgress());
    expect(scratch.calls()).toHaveLength(1);
    expect(npmPackages.isDone(scratch.site)).toBe(true);
  });

  test('no network and a lock that npm did not follow are named', async () => {
    using scratch = project();
    scratch.command('npm', 'echo "npm error network request failed, reason: getaddrinfo EAI_AGAIN" >&2; exit 1');
    await expect(npmPackages.run(scratch.site, quietProgress())).rejects.toMatchObject({ message: expect.stringContaining('network') });
    scratch.command('npm', installing('0.9.0'));
    await expect(npmPackages.run(scratch.site, quietProgress())).rejects.toMatchObject({ message: expect.stringContaining('does not hold') });
  });
});
