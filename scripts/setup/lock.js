// @ts-check
// One set-up at a time in a project folder: a lock file naming its holder. A holder that no longer lives (killed,
// power cut) is found out by its process id and start time, and its lock is taken over.
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { readText } from './stamp.js';

const POLL_MS = 250;

/**
 * Runs `work` while holding the lock; waits for another holder to end first.
 * @template T
 * @param {import('./site.js').Site} site
 * @param {{ onWait: (holderPid: number) => void, work: () => Promise<T>, pollMs?: number }} options `onWait` is called once, if there is a wait
 * @returns {Promise<T>}
 */
export async function withLock(site, options) {
  const file = join(site.own, 'setup.lock');
  const mine = `${process.pid} ${startOf(process.pid)}`;
  mkdirSync(site.own, { recursive: true });
  let told = false;
  while (!take(file, mine)) {
    const holder = readText(file);
    if (holder !== undefined && !isAlive(holder)) {
      removeDead(file, holder);
      continue;
    }
    if (!told && holder !== undefined) options.onWait(pidOf(holder));
    told = told || holder !== undefined;
    await sleep(options.pollMs ?? POLL_MS);
  }
  const release = () => {
    if (readText(file) === mine) rmSync(file, { force: true });
  };
  process.once('exit', release);
  try {
    return await options.work();
  } finally {
    process.removeListener('exit', release);
    release();
  }
}

/** The lock appears with its content or not at all: written aside, then linked. @param {string} file @param {string} mine */
function take(file, mine) {
  const aside = `${file}.${process.pid}`;
  writeFileSync(aside, mine);
  try {
    linkSync(aside, file);
    return true;
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code === 'EEXIST') return false;
    throw error;
  } finally {
    rmSync(aside, { force: true });
  }
}

/** Moves a dead holder's lock away; puts it back if a living one had taken its place meanwhile. @param {string} file @param {string} dead */
function removeDead(file, dead) {
  const aside = `${file}.${process.pid}.dead`;
  try {
    renameSync(file, aside);
    if (readFileSync(aside, 'utf8') !== dead) linkSync(aside, file);
  } catch {
    // Another one waiting was quicker; the next round sees what it left.
  } finally {
    rmSync(aside, { force: true });
  }
}

/** @param {string} holder */
function isAlive(holder) {
  const [pid, start] = holder.split(' ');
  return startOf(Number(pid)) === start && start !== '';
}

/** @param {string} holder */
function pidOf(holder) {
  return Number(holder.split(' ')[0]);
}

/**
 * When the process started, in the kernel's ticks: a process id alone may have been given again. Empty for none, and for
 * one that has ended and only waits to be collected.
 * @param {number} pid
 */
function startOf(pid) {
  const stat = readText(`/proc/${pid}/stat`) ?? '';
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields[0] === 'Z' || fields[0] === 'X' ? '' : fields[19] ?? '';
}
