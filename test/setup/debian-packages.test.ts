import { describe, expect, test } from 'vitest';
import { debianPackages } from '../../scripts/setup/debian-packages.js';
import { quietProgress, scratchSite } from './scratch-site.ts';
import type { Scratch } from './scratch-site.ts';

const all = ['libopencv-core-dev', 'libopencv-imgproc-dev', 'libopencv-imgcodecs-dev', 'libopencv-videoio-dev', 'libopencv-calib3d-dev',
  'libopencv-video-dev', 'libopencv-features2d-dev', 'libopencv-highgui-dev', 'g++', 'make', 'python3', 'socat', 'udev'];

function installed(scratch: Scratch, names: readonly string[], state = 'install ok installed'): void {
  scratch.write('system/var/lib/dpkg/status', names.map((name) => `Package: ${name}\nStatus: ${state}\nPriority: optional\n\n`).join(''));
}

describe('Debian packages', () => {
  test('what is installed is not asked for again; the tests want a broker too', () => {
    using scratch = scratchSite();
    installed(scratch, all);
    expect(debianPackages.isDone(scratch.site)).toBe(true);
    expect(debianPackages.isDone({ ...scratch.site, forTests: true })).toBe(false);
    installed(scratch, all, 'deinstall ok config-files');
    expect(debianPackages.isDone(scratch.site)).toBe(false);
  });

  test('only what is missing is installed, without recommended packages, with the count as it goes', async () => {
    using scratch = scratchSite();
    installed(scratch, all.filter((name) => name !== 'socat' && name !== 'udev'));
    scratch.command('apt-get', 'echo "$@" >> "$CALLS"; case "$*" in *install*) echo "0 upgraded, 3 newly installed, 0 to remove"; echo "Get:1 http://x socat"; echo "Unpacking socat (1) ..."; echo "Setting up socat (1) ...";; esac');
    const progress = quietProgress();
    await debianPackages.run(scratch.site, progress);
    expect(scratch.calls()[0]).toMatch(/update$/);
    expect(scratch.calls()[1]).toMatch(/install -y --no-install-recommends socat udev$/);
    expect(progress.details).toEqual(['reading the package lists', 'getting 1 of 3', 'unpacking 1 of 3', 'setting up 1 of 3']);
  });

  test('without root and without sudo the exact command is given', async () => {
    using scratch = scratchSite({ isRoot: false });
    installed(scratch, all.filter((name) => name !== 'g++' && name !== 'make'));
    scratch.command('sudo', 'exit 1');
    await expect(debianPackages.run(scratch.site, quietProgress())).rejects.toMatchObject({
      message: expect.stringContaining('needs root'),
      mend: 'as root: apt-get update && apt-get install -y --no-install-recommends g++ make',
    });
  });

  test('a sudo that asks no password is used', async () => {
    using scratch = scratchSite({ isRoot: false });
    installed(scratch, all.slice(1));
    scratch.command('sudo', 'echo "sudo $2" >> "$CALLS"; shift; "$@"');
    scratch.command('apt-get', 'echo "apt-get" >> "$CALLS"');
    await debianPackages.run(scratch.site, quietProgress());
    expect(scratch.calls()).toEqual(['sudo true', 'sudo env', 'apt-get', 'sudo env', 'apt-get']);
  });

  test.each([
    ['no network', "E: Failed to fetch http://x  Temporary failure resolving 'x'", /network/],
    ['another apt at work', 'E: Could not get lock /var/lib/dpkg/lock-frontend', /another program holds/],
    ['an interrupted installation', 'E: dpkg was interrupted, you must manually run', /interrupted/],
    ['something else', 'E: Unable to locate package libopencv-core-dev', /Unable to locate package/],
  ])('%s is named', async (_name, said, what) => {
    using scratch = scratchSite();
    installed(scratch, []);
    scratch.command('apt-get', `case "$*" in *install*) echo "${said}" >&2; exit 100;; esac`);
    await expect(debianPackages.run(scratch.site, quietProgress())).rejects.toMatchObject({ name: 'SetupProblem', message: expect.stringMatching(what) });
  });

  test('a system that is not Debian is told what to install', async () => {
    using scratch = scratchSite();
    await expect(debianPackages.run(scratch.site, quietProgress())).rejects.toMatchObject({ mend: expect.stringContaining('libopencv-core-dev') });
  });
});
