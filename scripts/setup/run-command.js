// @ts-check
// Runs one command of a step: its output goes to .node/setup.log and, line by line, to whoever shows progress.
// It never throws for a failing command: the step knows what the failure means.
import { spawn } from 'node:child_process';
import { appendFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const TAIL_LINES = 60;

/** Commands under way, so that an interrupted set-up leaves none behind. @type {Set<import('node:child_process').ChildProcess>} */
const running = new Set();

/** Reaches what the commands started as well: each leads a process group of its own. @param {NodeJS.Signals} signal */
export function stopRunningCommands(signal) {
  for (const { pid } of running) {
    try {
      if (pid !== undefined) process.kill(-pid, signal);
    } catch {
      // It ended by itself meanwhile.
    }
  }
}

/**
 * @param {import('./site.js').Site} site
 * @param {string} command
 * @param {string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv, onLine?: (line: string) => void }} [options]
 * @returns {Promise<{ ok: boolean, command: string, code: number | string, tail: string[] }>} the exit code, or the reason the command could not start
 */
export function runCommand(site, command, args, options = {}) {
  const shown = [command, ...args].join(' ');
  const tail = /** @type {string[]} */ ([]);
  log(site, `$ ${shown}`);
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd: options.cwd ?? site.root, env: options.env ?? site.env, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
    running.add(child);
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream }).on('line', (line) => {
        log(site, line);
        tail.push(line);
        if (tail.length > TAIL_LINES) tail.shift();
        options.onLine?.(line);
      });
    }
    /** @param {number | string} code */
    const end = (code) => {
      running.delete(child);
      resolve({ ok: code === 0, command: shown, code, tail });
    };
    child.on('error', (error) => {
      tail.push(`${command}: ${error.message}`);
      end(error.message);
    });
    child.on('close', (code, signal) => end(code ?? String(signal)));
  });
}

/** @param {import('./site.js').Site} site @param {string} line */
function log(site, line) {
  mkdirSync(site.own, { recursive: true });
  appendFileSync(join(site.own, 'setup.log'), `${line}\n`);
}
