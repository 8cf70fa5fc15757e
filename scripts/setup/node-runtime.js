// @ts-check
// Node 24: used as installed where the running Node is 24 and has its headers; otherwise brought from the npm registry
// into .node/runtime. An older Node cannot run TypeScript with `using`, and another major has another native ABI.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { problemFrom, SetupProblem } from './problem.js';
import { runCommand } from './run-command.js';
import { isOnPath, NODE_MAJOR, npmPatience, runtimeOf } from './site.js';

const byHand = `install Node ${NODE_MAJOR} with its headers yourself (https://nodejs.org) so that \`node\` on PATH is it, then run the command again`;

/** @type {import('./set-up.js').Step} */
export const nodeRuntime = {
  name: 'node-runtime',
  title: `Node ${NODE_MAJOR}`,
  needs: [],
  isDone: (site) => runtimeOf(site) !== undefined,

  async run(site, progress) {
    const packageName = `node-linux-${site.arch}@${NODE_MAJOR}`;
    if (!['x64', 'arm64'].includes(site.arch)) throw new SetupProblem(`the npm registry has no Node ${NODE_MAJOR} for the architecture ${site.arch}`, byHand);
    if (!isOnPath(site, 'npm')) throw new SetupProblem('npm was not found on PATH, which brings Node', 'as root: apt-get install -y npm, or install Node from https://nodejs.org, which has npm with it');

    const partial = join(site.own, 'runtime.partial');
    rmSync(partial, { recursive: true, force: true });
    mkdirSync(join(partial, 'unpacked'), { recursive: true });
    progress.detail(`getting ${packageName} from the npm registry (about 45 MB)`);
    const packed = await runCommand(site, 'npm', ['pack', packageName, '--pack-destination', partial, '--loglevel=error', ...npmPatience], { cwd: site.own });
    if (!packed.ok) throw problemFrom(`getting ${packageName} from the npm registry`, packed, byHand);
    const archive = readdirSync(partial).find((file) => file.endsWith('.tgz'));
    if (archive === undefined) throw new SetupProblem(`\`npm pack ${packageName}\` left no archive in ${partial}`, byHand);
    progress.detail('unpacking');
    const unpacked = await runCommand(site, 'tar', ['-xzf', join(partial, archive), '-C', join(partial, 'unpacked'), '--strip-components=1']);
    if (!unpacked.ok) throw problemFrom(`unpacking ${archive}`, unpacked, byHand);
    const version = checkedVersion(join(partial, 'unpacked'));
    rmSync(join(site.own, 'runtime'), { recursive: true, force: true });
    renameSync(join(partial, 'unpacked'), join(site.own, 'runtime'));
    rmSync(partial, { recursive: true, force: true });
    return `${version} in .node/runtime (the installed one is ${site.node.version})`;
  },
};

/** @param {string} home */
function checkedVersion(home) {
  if (!existsSync(join(home, 'include', 'node', 'node_version.h'))) throw new SetupProblem('the Node that was brought has no headers, which the native build needs', byHand);
  try {
    return execFileSync(join(home, 'bin', 'node'), ['--version'], { encoding: 'utf8' }).trim();
  } catch (error) {
    throw new SetupProblem(`the Node that was brought does not run on this system: ${error instanceof Error ? error.message.split('\n')[0] : error}`, byHand);
  }
}
