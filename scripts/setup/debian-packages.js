// @ts-check
// What comes from Debian: OpenCV's single libraries (not libopencv-dev, which brings 46 packages more), the compiler for
// the add-on, socat for the emulated controller's pseudo-terminal, udev for naming serial ports. Recommended packages are
// left out. Installing needs root, or a sudo that asks no password.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { problemFrom, SetupProblem } from './problem.js';
import { runCommand } from './run-command.js';
import { readText } from './stamp.js';

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
    const byHand = `as root: apt-get update && apt-get install -y --no-install-recommends ${missing.join(' ')}`;
    if (!existsSync(join(site.systemRoot, 'var/lib/dpkg/status'))) {
      throw new SetupProblem('this system has no Debian package list', `Sortline's set-up knows Debian 12 and its relatives; install the equivalents of these yourself: ${missing.join(' ')}`);
    }
    const prefix = await rootPrefix(site, missing, byHand);
    const env = { ...site.env, DEBIAN_FRONTEND: 'noninteractive' };
    const apt = (/** @type {string[]} */ args, /** @type {(line: string) => void} */ onLine) => {
      const [command = '', ...rest] = [...prefix, 'apt-get', '-q', '-o', 'DPkg::Lock::Timeout=300', '-o', 'Acquire::Retries=3', ...args];
      return runCommand(site, command, rest, { env, onLine });
    };
    progress.detail('reading the package lists');
    const updated = await apt(['update'], () => {});
    const installed = await apt(['install', '-y', '--no-install-recommends', ...missing], aptProgress(progress));
    if (!installed.ok) throw problemFrom(`installing ${missing.length} Debian packages`, { ...installed, tail: [...updated.tail, ...installed.tail] }, byHand);
    await keepBrokerStopped(site, prefix, missing);
    return `${missing.length} installed, with what they need`;
  },
};

/** @param {import('./site.js').Site} site */
function missingPackages(site) {
  const status = readText(join(site.systemRoot, 'var/lib/dpkg/status')) ?? '';
  const wanted = site.forTests ? [...always, ...testsToo] : always;
  return wanted.filter((name) => !status.includes(`Package: ${name}\nStatus: install ok installed\n`));
}

/** @param {import('./site.js').Site} site @param {string[]} missing @param {string} byHand */
async function rootPrefix(site, missing, byHand) {
  if (site.isRoot) return ['env', 'DEBIAN_FRONTEND=noninteractive'];
  const sudo = await runCommand(site, 'sudo', ['-n', 'true']);
  if (!sudo.ok) throw new SetupProblem(`installing ${missing.length} Debian packages needs root, and sudo without a password is not available`, byHand);
  return ['sudo', '-n', 'env', 'DEBIAN_FRONTEND=noninteractive'];
}

/** @param {import('./progress.js').StepProgress} progress */
function aptProgress(progress) {
  let total = 0;
  let got = 0;
  let unpacked = 0;
  let configured = 0;
  return (/** @type {string} */ line) => {
    total = Number(/(\d+) newly installed/.exec(line)?.[1] ?? total);
    if (line.startsWith('Get:')) progress.detail(`getting ${(got += 1)} of ${total}`);
    if (line.startsWith('Unpacking ')) progress.detail(`unpacking ${(unpacked += 1)} of ${total}`);
    if (line.startsWith('Setting up ')) progress.detail(`setting up ${(configured += 1)} of ${total}`);
  };
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
