// @ts-check
// A browser for the tests that open pages: 96 MB for a Chromium without a window. They are skipped without it, and not every
// relative of Debian packages it, so a failure is said and not fatal.
import { installPackages, notInstalled } from './apt-packages.js';

const browser = 'chromium-headless-shell';

/** @type {import('./set-up.js').Step} */
export const testBrowser = {
  name: 'test-browser',
  title: 'Browser for tests of pages',
  needs: ['debian-packages'],
  optional: true,
  isDone: (site) => !site.forTests || notInstalled(site, [browser]).length === 0,

  async run(site, progress) {
    await installPackages(site, [browser], progress);
    return 'installed';
  },
};
