// @ts-check
// Shows each step as it goes: on a terminal one live line with the elapsed time, elsewhere plain lines (the start, a
// sign of life now and then, the end), so that a log file stays readable.

const FRAME_MS = 200;
const PLAIN_EVERY_MS = 15_000;

/**
 * @typedef {object} StepProgress
 * @property {(detail: string) => void} detail what the step is at now, as "43 of 104 files"
 * @property {(note?: string) => void} done
 * @property {(reason: string) => void} failed
 */

/**
 * @param {NodeJS.WriteStream | { write(text: string): unknown, isTTY?: boolean, columns?: number }} stream
 * @returns {{ say(text: string): void, step(title: string): StepProgress }}
 */
export function createProgress(stream) {
  const say = (/** @type {string} */ text) => void stream.write(`${text}\n`);
  return { say, step: (title) => (stream.isTTY ? liveStep(stream, title) : plainStep(say, title)) };
}

/** @param {{ write(text: string): unknown, columns?: number }} stream @param {string} title @returns {StepProgress} */
function liveStep(stream, title) {
  const startedMs = Date.now();
  let detail = '';
  const draw = (/** @type {string} */ text) => void stream.write(`\r\x1b[K${text.slice(0, (stream.columns ?? 80) - 1)}`);
  const live = () => draw(`  ${title}${detail === '' ? '' : ` · ${detail}`} · ${elapsed(startedMs)}`);
  const timer = setInterval(live, FRAME_MS);
  timer.unref();
  live();
  const end = (/** @type {string} */ text) => {
    clearInterval(timer);
    draw('');
    stream.write(`${text}\n`);
  };
  return {
    detail: (text) => void (detail = text),
    done: (note) => end(`✔ ${title}${note ? ` · ${note}` : ''} · ${elapsed(startedMs)}`),
    failed: (reason) => end(`✘ ${title} · ${reason}`),
  };
}

/** @param {(text: string) => void} say @param {string} title @returns {StepProgress} */
function plainStep(say, title) {
  const startedMs = Date.now();
  let saidMs = startedMs;
  say(`  ${title} ...`);
  return {
    detail(text) {
      if (Date.now() - saidMs < PLAIN_EVERY_MS) return;
      saidMs = Date.now();
      say(`    ${text} · ${elapsed(startedMs)}`);
    },
    done: (note) => say(`✔ ${title}${note ? ` · ${note}` : ''} · ${elapsed(startedMs)}`),
    failed: (reason) => say(`✘ ${title} · ${reason}`),
  };
}

/** @param {number} sinceMs a Date.now() */
export function elapsed(sinceMs) {
  const seconds = (Date.now() - sinceMs) / 1000;
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  return `${Math.floor(seconds / 60)} min ${Math.floor(seconds % 60)} s`;
}
