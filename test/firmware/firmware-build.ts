// Builds the firmware and its benches once, where the compilers are; two test files at the same time wait for each other.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';

export const FIRMWARE_FOLDER = join(import.meta.dirname, '..', '..', 'firmware');
export const BUILD_FOLDER = join(FIRMWARE_FOLDER, 'build');
export const ELF = join(BUILD_FOLDER, 'sortline.elf');

/** gcc-avr and simavr are extra packages; without them the tests that need them skip, and say so. */
export const hasAvrTools = spawnSync('avr-gcc', ['--version']).status === 0 && existsSync('/usr/include/simavr/sim_avr.h');
export const hasCompiler = spawnSync('cc', ['--version']).status === 0 && spawnSync('make', ['--version']).status === 0;

export function build(target: 'bench' | 'host' | 'all'): void {
  mkdirSync(BUILD_FOLDER, { recursive: true });
  execFileSync('flock', [join(BUILD_FOLDER, 'lock'), 'make', '-s', '-C', FIRMWARE_FOLDER, target], { stdio: ['ignore', 'ignore', 'inherit'] });
}
