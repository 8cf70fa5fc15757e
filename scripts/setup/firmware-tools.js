// @ts-check
// Compiler and simulator for the reference firmware, for the tests that run it on a simulated ATmega328P. They are skipped without
// them, and not every relative of Debian packages them, so a failure is said and not fatal.
import { installPackages, notInstalled } from './apt-packages.js';

const tools = ['gcc-avr', 'binutils-avr', 'avr-libc', 'simavr', 'libsimavr-dev'];

/** @type {import('./set-up.js').Step} */
export const firmwareTools = {
  name: 'firmware-tools',
  title: 'Compiler and simulator for tests of the firmware',
  needs: ['debian-packages'],
  optional: true,
  isDone: (site) => !site.forTests || notInstalled(site, tools).length === 0,

  async run(site, progress) {
    const missing = notInstalled(site, tools);
    await installPackages(site, missing, progress);
    return `${missing.length} installed`;
  },
};
