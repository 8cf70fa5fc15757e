import { describe, expect, test } from 'vitest';
import { missingSteps, setUp } from '../../scripts/setup/set-up.js';
import { testBrowser } from '../../scripts/setup/test-browser.js';
import { listening, quietProgress, scratchSite } from './scratch-site.ts';

const status = 'system/var/lib/dpkg/status', installed = 'Package: chromium-headless-shell\nStatus: install ok installed\n\n';

describe('the browser for tests of pages', () => {
  test('is wanted for tests only, and once', async () => {
    using scratch = scratchSite({ forTests: true });
    scratch.write(status, '');
    scratch.command('apt-get', 'echo "$@" >> "$CALLS"');
    expect(testBrowser.isDone({ ...scratch.site, forTests: false })).toBe(true);
    expect(testBrowser.isDone(scratch.site)).toBe(false);
    await testBrowser.run(scratch.site, quietProgress());
    expect(scratch.calls().at(-1)).toMatch(/install -y --no-install-recommends chromium-headless-shell$/);
    scratch.write(status, installed);
    expect(testBrowser.isDone(scratch.site)).toBe(true);
  });

  test('is done without where it cannot be had, and not tried for again at every start', async () => {
    using scratch = scratchSite({ forTests: true });
    scratch.write(status, '');
    scratch.command('apt-get', 'case "$*" in *install*) echo "E: Unable to locate package chromium-headless-shell" >&2; exit 100;; esac');
    const stream = listening(), steps = [{ ...testBrowser, needs: [] }];
    expect(await setUp(scratch.site, { stream, steps })).toBe(true);
    expect(stream.said()).toContain('Left out, the line runs without it:');
    expect(missingSteps(scratch.site, { steps })).toEqual([]);
    expect(missingSteps(scratch.site, { steps, retryOptional: true })).toHaveLength(1);
  });
});
