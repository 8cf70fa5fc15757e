// @ts-check
// Runs the steps that are not done yet, in order, and reports every one that could not be done with what mends it. What
// is done is left alone, so an interrupted set-up goes on where it stopped, and a complete one costs some milliseconds.
import { rmSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { cudaProvider } from './cuda-provider.js';
import { debianPackages } from './debian-packages.js';
import { firmwareTools } from './firmware-tools.js';
import { withLock } from './lock.js';
import { nativeCheck } from './native-check.js';
import { nodeRuntime } from './node-runtime.js';
import { npmPackages } from './npm-packages.js';
import { openCvAddon } from './opencv-addon.js';
import { SetupProblem } from './problem.js';
import { createProgress, elapsed } from './progress.js';
import { stopRunningCommands } from './run-command.js';
import { setStamp, stampOf } from './stamp.js';
import { testBrowser } from './test-browser.js';

/**
 * @typedef {object} Step
 * @property {string} name
 * @property {string} title
 * @property {string[]} needs names of steps without which this one cannot start
 * @property {boolean} [optional] the line runs without it: a failure is said and not fatal
 * @property {(site: import('./site.js').Site) => boolean} isDone quick: asked at every start
 * @property {(site: import('./site.js').Site, progress: import('./progress.js').StepProgress) => Promise<string>} run returns a short note; throws SetupProblem
 */

/** @type {Step[]} */
export const steps = [nodeRuntime, debianPackages, npmPackages, openCvAddon, cudaProvider, nativeCheck, testBrowser, firmwareTools];

/**
 * The steps that are to be run. An optional one that failed before is tried again only by `npm run setup`, not at every start.
 * @param {import('./site.js').Site} site @param {{ retryOptional?: boolean, steps?: Step[] }} [options]
 */
export function missingSteps(site, options = {}) {
  return (options.steps ?? steps).filter((step) => !step.isDone(site) && (options.retryOptional || !step.optional || stampOf(site, `${step.name}.failed`) === undefined));
}

/**
 * @param {import('./site.js').Site} site
 * @param {{ stream: NodeJS.WriteStream | { write(text: string): unknown, isTTY?: boolean }, retryOptional?: boolean, steps?: Step[] }} options
 * @returns {Promise<boolean>} whether everything the line needs is there
 */
export async function setUp(site, options) {
  if (missingSteps(site, options).length === 0) return true;
  const progress = createProgress(options.stream);
  const startedMs = Date.now();
  const ended = endOnSignals(progress);
  try {
    return await withLock(site, {
      onWait: (pid) => progress.say(`Another set-up (process ${pid}) is at work in this folder; waiting for it.`),
      work: () => runMissing(site, { ...options, progress, startedMs }),
    });
  } finally {
    ended();
  }
}

/** @param {import('./site.js').Site} site @param {{ progress: ReturnType<typeof createProgress>, startedMs: number, retryOptional?: boolean, steps?: Step[] }} options */
async function runMissing(site, options) {
  const { progress } = options;
  const missing = missingSteps(site, options);
  if (missing.length === 0) return true;
  rmSync(join(site.own, 'setup.log'), { force: true });
  progress.say(`Setting up: ${missing.map((step) => step.title).join(', ')}. The details go to .node/setup.log.`);
  const failed = /** @type {{ step: Step, problem: SetupProblem }[]} */ ([]);
  const undone = new Set();
  for (const step of missing) {
    const lacking = step.needs.filter((name) => undone.has(name));
    const problem = lacking.length > 0 ? 'blocked' : await runStep(site, step, progress);
    if (problem === undefined) continue;
    undone.add(step.name);
    if (problem !== 'blocked') failed.push({ step, problem });
    else progress.say(`- ${step.title}: waits for ${lacking.join(', ')}`);
  }
  report(progress, failed, options.startedMs);
  return failed.every(({ step }) => step.optional);
}

/** @param {import('./site.js').Site} site @param {Step} step @param {ReturnType<typeof createProgress>} progress */
async function runStep(site, step, progress) {
  const shown = progress.step(step.title);
  try {
    const note = await step.run(site, shown);
    if (!step.isDone(site)) throw new SetupProblem(`${step.title} ended well but is still incomplete`, 'see .node/setup.log');
    shown.done(note);
    return undefined;
  } catch (error) {
    const problem = error instanceof SetupProblem ? error : new SetupProblem(error instanceof Error ? error.message : String(error), 'see .node/setup.log');
    shown.failed(problem.message);
    if (step.optional) setStamp(site, `${step.name}.failed`, problem.message);
    return problem;
  }
}

/** @param {ReturnType<typeof createProgress>} progress @param {{ step: Step, problem: SetupProblem }[]} failed @param {number} startedMs */
function report(progress, failed, startedMs) {
  const fatal = failed.filter(({ step }) => !step.optional);
  if (fatal.length === 0) progress.say(`Set up in ${elapsed(startedMs)}.`);
  if (failed.length > 0) progress.say(fatal.length > 0 ? '\nSet-up is incomplete:' : '\nLeft out, the line runs without it:');
  for (const { step, problem } of failed) progress.say(`  ${step.title}: ${problem.message}\n    To mend it: ${problem.mend}`);
}

/** The commands lead process groups of their own: they get every signal from here. @param {ReturnType<typeof createProgress>} progress */
function endOnSignals(progress) {
  const signals = /** @type {NodeJS.Signals[]} */ (['SIGINT', 'SIGTERM', 'SIGHUP']);
  const end = (/** @type {NodeJS.Signals} */ signal) => {
    stopRunningCommands(signal === 'SIGINT' ? 'SIGINT' : 'SIGTERM');
    progress.say('\nSet-up was interrupted; the next run goes on where it stopped.');
    process.exit(128 + constants.signals[signal]);
  };
  for (const signal of signals) process.once(signal, end);
  return () => signals.forEach((signal) => process.removeListener(signal, end));
}
