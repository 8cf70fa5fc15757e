// @ts-check
// A stamp remembers for what a step was last done: a short key in .node/stamps/<name>. A different key means to do it again.
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** @param {import('./site.js').Site} site @param {string} name @returns {string | undefined} */
export function stampOf(site, name) {
  return readText(join(site.own, 'stamps', name));
}

/** @param {import('./site.js').Site} site @param {string} name @param {string} key */
export function setStamp(site, name, key) {
  writeWhole(join(site.own, 'stamps', name), key);
}

/** @param {string} file @returns {string | undefined} undefined when it cannot be read */
export function readText(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

/** Writes all of it or nothing: an interruption must not leave half a file that looks done. @param {string} file @param {string} text */
export function writeWhole(file, text) {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(`${file}.partial`, text);
  renameSync(`${file}.partial`, file);
}
