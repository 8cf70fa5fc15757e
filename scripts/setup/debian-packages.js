// @ts-check
// What comes from Debian: OpenCV's single libraries (not libopencv-dev, which brings 46 packages more), the compiler for
// the add-on, socat for the emulated controller's pseudo-terminal, udev for naming serial ports.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { installPackages, notInstalled } from './apt-packages.js';
import { runCommand } from './run-command.js';

const openCvModules = ['core', 'imgproc', 'imgcodecs', 'videoio', 'calib3d', 'video', 'features2d', 'highgui'];
const always = [...openCvModules.map((name) => `libopencv-${name}-dev`), 'g++', 'make', 'python3', 'socat', 'udev'];
const testsToo = ['mosquitto', 'mosquitto-clients'];

/** @type {import('./set-up.js').Step} */
export const debianPackages = {
  name: 'debian-packages',
  title: 'Debian packages',
  needs: [],
  isDone: (site) => missingPackages(site).length === 0,

  async run(site, progress) {
    const missing = missingPackages(site);
    await keepBrokerStopped(site, await installPackages(site, missing, progress), missing);
    return `${missing.length} installed, with what they need`;
  },
};

/** @param {import('./site.js').Site} site */
function missingPackages(site) {
  return notInstalled(site, site.forTests ? [...always, ...testsToo] : always);
}

/**
 * Debian starts a broker as soon as it is installed. The tests start their own on a free port; one left running would
 * hold the port that the line's embedded broker uses.
 * @param {import('./site.js').Site} site @param {string[]} prefix @param {string[]} installed
 */
async function keepBrokerStopped(site, prefix, installed) {
  if (!installed.includes('mosquitto') || !existsSync(join(site.systemRoot, 'run/systemd/system'))) return;
  const [command = '', ...rest] = [...prefix, 'systemctl', 'disable', '--now', 'mosquitto'];
  await runCommand(site, command, rest);
}
