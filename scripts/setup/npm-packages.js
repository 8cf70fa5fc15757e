// @ts-check
// npm's packages, exactly as package-lock.json names them. Their install scripts are not run: the add-on is built by a
// step of its own, and the others ship what they need in the package.
import { existsSync, mkdirSync, readlinkSync, rmSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { problemFrom, SetupProblem } from './problem.js';
import { runCommand } from './run-command.js';
import { isOnPath, npmPatience, runtimeEnv } from './site.js';
import { readText } from './stamp.js';

const LINK_TARGET = '../../bin/sortline.js';

/** @type {import('./set-up.js').Step} */
export const npmPackages = {
  name: 'npm-packages',
  title: 'npm packages',
  needs: ['node-runtime'],
  isDone: (site) => holdsLockedPackages(site) && linkTarget(site) === LINK_TARGET,

  async run(site, progress) {
    if (!holdsLockedPackages(site)) await install(site, progress);
    linkCommand(site);
    return `${Object.keys(lockedPackages(site)).length} in package-lock.json`;
  },
};

/** @param {import('./site.js').Site} site @param {import('./progress.js').StepProgress} progress */
async function install(site, progress) {
  const mend = 'see .node/setup.log; removing node_modules and running the command again starts this step over';
  if (!isOnPath(site, 'npm')) throw new SetupProblem('npm was not found on PATH', 'as root: apt-get install -y npm, or install Node from https://nodejs.org, which has npm with it');
  const total = Object.values(lockedPackages(site)).filter((entry) => !entry.optional).length;
  let got = 0;
  const onLine = (/** @type {string} */ line) => {
    if (/npm http (fetch|cache) .*\.tgz/.test(line)) progress.detail(`${Math.min((got += 1), total)} of ${total}`);
  };
  progress.detail(`asking the registry about ${total}`);
  const args = ['ci', '--ignore-scripts', '--include=dev', '--include=optional', '--no-audit', '--no-fund', '--loglevel=http', ...npmPatience];
  const outcome = await runCommand(site, 'npm', args, { env: runtimeEnv(site), onLine });
  if (!outcome.ok) throw problemFrom('installing the npm packages', outcome, mend);
  if (!holdsLockedPackages(site)) throw new SetupProblem('npm ended well but node_modules does not hold what package-lock.json names', mend);
}

/**
 * Compares what npm says it installed with the lock file, so that packages someone installed by hand count too, and a
 * package whose folder was deleted does not.
 * @param {import('./site.js').Site} site
 */
function holdsLockedPackages(site) {
  const locked = lockedPackages(site);
  const present = packagesOf(join(site.root, 'node_modules', '.package-lock.json'));
  return Object.entries(locked).every(([path, entry]) => {
    const found = present[path];
    if (found === undefined) return entry.optional === true;
    return found.version === entry.version && existsSync(join(site.root, path));
  });
}

/** @param {import('./site.js').Site} site */
function lockedPackages(site) {
  const { '': _project, ...packages } = packagesOf(join(site.root, 'package-lock.json'));
  return packages;
}

/** @param {string} file @returns {Record<string, { version: string, optional?: boolean }>} */
function packagesOf(file) {
  try {
    return JSON.parse(readText(file) ?? '{}').packages ?? {};
  } catch {
    return {};
  }
}

/** `npx sortline` finds the project's own command here without asking the registry. @param {import('./site.js').Site} site */
function linkCommand(site) {
  const link = join(site.root, 'node_modules', '.bin', 'sortline');
  if (linkTarget(site) === LINK_TARGET) return;
  mkdirSync(dirname(link), { recursive: true });
  rmSync(link, { force: true });
  symlinkSync(LINK_TARGET, link);
}

/** @param {import('./site.js').Site} site */
function linkTarget(site) {
  try {
    return readlinkSync(join(site.root, 'node_modules', '.bin', 'sortline'));
  } catch {
    return undefined;
  }
}
