import { describe, expect, test } from 'vitest';
import { firmwareTools } from '../../scripts/setup/firmware-tools.js';
import { missingSteps, setUp, steps } from '../../scripts/setup/set-up.js';
import { listening, quietProgress, scratchSite } from './scratch-site.ts';

const status = 'system/var/lib/dpkg/status';
const tools = ['gcc-avr', 'binutils-avr', 'avr-libc', 'simavr', 'libsimavr-dev'];
const installed = (names: readonly string[]): string => names.map((name) => `Package: ${name}\nStatus: install ok installed\n\n`).join('');

describe('compiler and simulator for tests of the firmware', () => {
  test('are a step of the set-up, wanted for tests only; what is there is not asked for again', async () => {
    using scratch = scratchSite({ forTests: true });
    scratch.write(status, installed(tools.slice(2)));
    scratch.command('apt-get', 'echo "$@" >> "$CALLS"');
    expect(steps).toContain(firmwareTools);
    expect(firmwareTools.isDone({ ...scratch.site, forTests: false })).toBe(true);
    expect(firmwareTools.isDone(scratch.site)).toBe(false);
    await firmwareTools.run(scratch.site, quietProgress());
    expect(scratch.calls().at(-1)).toMatch(/install -y --no-install-recommends gcc-avr binutils-avr$/);
    scratch.write(status, installed(tools));
    expect(firmwareTools.isDone(scratch.site)).toBe(true);
  });

  test('are done without where they cannot be had', async () => {
    using scratch = scratchSite({ forTests: true });
    scratch.write(status, '');
    scratch.command('apt-get', 'case "$*" in *install*) echo "E: Unable to locate package gcc-avr" >&2; exit 100;; esac');
    const only = [{ ...firmwareTools, needs: [] }];
    expect(await setUp(scratch.site, { stream: listening(), steps: only })).toBe(true);
    expect(missingSteps(scratch.site, { steps: only })).toEqual([]);
  });
});
