// @ts-check
// Where set-up works and what it found there: every path, the environment and the machine's facts that steps read.
// Steps take a site instead of globals, so that tests can point one at a scratch folder with stand-in commands.
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The Node major the line is built and tested against; its ABI is what the native add-on is compiled for. */
export const NODE_MAJOR = 24;

/**
 * @typedef {object} Site
 * @property {string} root the project folder
 * @property {string} own `.node`: everything set-up makes outside node_modules
 * @property {string} systemRoot `/`, or a stand-in for it in tests
 * @property {NodeJS.ProcessEnv} env
 * @property {string} arch Node's name of the processor architecture
 * @property {boolean} isRoot
 * @property {boolean} forTests whether what only the tests need is wanted too
 * @property {{ version: string, execPath: string, abi: string }} node the Node that runs set-up
 */

/** @param {Partial<Site>} [given] @returns {Site} */
export function createSite(given = {}) {
  const root = given.root ?? dirname(dirname(dirname(fileURLToPath(import.meta.url))));
  return {
    root,
    own: join(root, '.node'),
    systemRoot: given.systemRoot ?? '/',
    env: given.env ?? process.env,
    arch: given.arch ?? process.arch,
    isRoot: given.isRoot ?? process.getuid?.() === 0,
    forTests: given.forTests ?? false,
    node: given.node ?? { version: process.versions.node, execPath: process.execPath, abi: process.versions.modules },
  };
}

/**
 * The Node that runs everything: the one set-up brought, else the one running now if it is of the right major and has
 * its headers beside it: what is compiled with another Node's, left there by an older installation, does not load. Undefined
 * when neither is there.
 * @param {Site} site
 * @returns {{ node: string, home: string, abi: string } | undefined}
 */
export function runtimeOf(site) {
  const brought = join(site.own, 'runtime');
  if (existsSync(join(brought, 'bin', 'node'))) {
    return { node: join(brought, 'bin', 'node'), home: brought, abi: abiFromHeaders(brought) };
  }
  const home = dirname(dirname(site.node.execPath));
  if (majorOf(site.node.version) === NODE_MAJOR && abiFromHeaders(home) === site.node.abi) {
    return { node: site.node.execPath, home, abi: site.node.abi };
  }
  return undefined;
}

/** npm tries a dead network for 90 s by default; a person waiting for the verdict gets it in a third of that. */
export const npmPatience = ['--fetch-retry-mintimeout=1000', '--fetch-retry-maxtimeout=10000'];

/** The environment for a command that must run on the runtime: its folder leads PATH. @param {Site} site */
export function runtimeEnv(site) {
  const runtime = runtimeOf(site);
  const env = { ...site.env };
  // Settings of another Node (a header folder, scripts switched off for one command) must not reach ours.
  delete env.npm_config_nodedir;
  delete env.npm_config_ignore_scripts;
  delete env.NODE_OPTIONS;
  // What Node made of our TypeScript, kept: a command starts in half the time. Where the folder cannot be written, Node does without.
  env.NODE_COMPILE_CACHE ??= join(site.own, 'compile-cache');
  if (runtime !== undefined) env.PATH = `${dirname(runtime.node)}:${env.PATH ?? ''}`;
  return env;
}

/** Whether `command` is an executable on the site's PATH. @param {Site} site @param {string} command */
export function isOnPath(site, command) {
  return (site.env.PATH ?? '').split(':').some((folder) => folder !== '' && existsSync(join(folder, command)));
}

/** @param {string} version */
function majorOf(version) {
  return Number(version.split('.')[0]);
}

/** @param {string} home */
function abiFromHeaders(home) {
  try {
    const header = readFileSync(join(home, 'include', 'node', 'node_version.h'), 'utf8');
    return /#define NODE_MODULE_VERSION (\d+)/.exec(header)?.[1] ?? 'unknown';
  } catch {
    return 'unknown';
  }
}
