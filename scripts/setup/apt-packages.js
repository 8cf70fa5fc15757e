// @ts-check
// Installs packages with apt, for the steps that want some. It needs root, or a sudo that asks no password; recommended packages
// are left out.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { problemFrom, SetupProblem } from './problem.js';
import { runCommand } from './run-command.js';
import { readText } from './stamp.js';

/** Those of `names` that are not installed. @param {import('./site.js').Site} site @param {string[]} names */
export function notInstalled(site, names) {
  const status = readText(join(site.systemRoot, 'var/lib/dpkg/status')) ?? '';
  return names.filter((name) => !status.includes(`Package: ${name}\nStatus: install ok installed\n`));
}

/**
 * Returns what to put before a command that needs root. Throws SetupProblem with the command that mends it.
 * @param {import('./site.js').Site} site @param {string[]} missing @param {import('./progress.js').StepProgress} progress
 * @returns {Promise<string[]>}
 */
export async function installPackages(site, missing, progress) {
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
  return prefix;
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
