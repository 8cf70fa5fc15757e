#!/usr/bin/env node
// @ts-check
// The `sortline` command: sets up what is missing, then hands over to src/cli/main.ts on the runtime that set-up chose.
// Plain JavaScript that an older Node can run. Set-up talks on stderr: stdout belongs to the command.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { createSite, runtimeEnv, runtimeOf } from '../scripts/setup/site.js';
import { missingSteps, setUp } from '../scripts/setup/set-up.js';

/**
 * What lives long in a line is small, so that V8 would compact its heap every few seconds, 5 to 10 ms at a time, between an exposure and its
 * command. With room from the start it does so once in minutes. The room for what is new stays as it is: V8 would double it after some
 * 15,000 frames, 25 MB that look like a leak. The vision process inherits it. MB.
 */
const HEAP = ['--initial-old-space-size=64', '--min-semi-space-size=16', '--max-semi-space-size=16'];

/**
 * ONNX Runtime reads its process's command line with a regular expression that calls itself for every character; some 15 kB, as the names of
 * 330 pictures are, end the process (seen with 1.30). Longer ones go to the command by a pipe. Characters.
 */
const LONGEST_COMMAND_LINE = 4000;
const ARGUMENTS_FD = 3;

const site = createSite();
if (missingSteps(site).length > 0) {
  console.error('Sortline is not completely set up on this machine yet; doing that first.');
  if (!(await setUp(site, { stream: process.stderr }))) process.exit(1);
}
process.exitCode = await handOver(join(site.root, 'src', 'cli', 'main.ts'), process.argv.slice(2));

/**
 * Runs `script` as a child and stays until it has ended, whatever signal comes.
 * @param {string} script @param {string[]} args @returns {Promise<number>} the exit code
 */
function handOver(script, args) {
  // Without the launcher, killed, the command is to end as well.
  const env = { ...runtimeEnv(site), NODE_OPTIONS: process.env.NODE_OPTIONS, SORTLINE_LAUNCHER_PID: String(process.pid) };
  const byPipe = args.join(' ').length > LONGEST_COMMAND_LINE;
  const child = spawn(runtimeOf(site)?.node ?? process.execPath, [...HEAP, script, ...(byPipe ? [] : args)], {
    stdio: ['inherit', 'inherit', 'inherit', ...(byPipe ? [/** @type {const} */ ('pipe')] : [])], env: byPipe ? { ...env, SORTLINE_ARGUMENTS_FD: String(ARGUMENTS_FD) } : env,
  });
  if (byPipe) /** @type {import('node:stream').Writable} */ (child.stdio[ARGUMENTS_FD]).on('error', () => undefined).end(JSON.stringify(args));
  for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) {
    process.on(signal, () => {
      // A terminal's Ctrl-C has already reached the child, which is in the same foreground group.
      if (signal !== 'SIGINT' || !isInForeground()) child.kill(signal);
    });
  }
  return new Promise((resolve) => {
    child.on('error', (error) => {
      console.error(`sortline: Node could not be started: ${error.message}; \`npm run setup\` mends it`);
      resolve(1);
    });
    child.on('exit', (code, signal) => resolve(code ?? 128 + constants.signals[signal ?? 'SIGKILL']));
  });
}

/** Whether this process belongs to its terminal's foreground group: fields 5 and 8 of the kernel's stat line. */
function isInForeground() {
  const fields = readFileSync('/proc/self/stat', 'utf8').split(') ')[1]?.split(' ') ?? [];
  return fields[2] === fields[5];
}
