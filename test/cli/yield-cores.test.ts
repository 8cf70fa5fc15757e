import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

const MODULE = fileURLToPath(new URL('../../src/cli/yield-cores.ts', import.meta.url));
const AUTOGROUP = '/proc/self/autogroup';

/** In a session of its own, so that the tests' own one keeps its place. */
function inOwnSession(shell: string): string {
  return spawnSync('setsid', ['--wait', 'sh', '-c', shell], { encoding: 'utf8' }).stdout;
}

describe('yielding the cores', () => {
  test('makes this process and those it starts nice', () => {
    const script = `import { yieldCores } from '${MODULE}'; import { execSync } from 'node:child_process'; import { getPriority } from 'node:os';
      yieldCores(); console.log(getPriority(), execSync('nice').toString().trim());`;
    expect(inOwnSession(`'${process.execPath}' --input-type=module-typescript -e "${script}"`).trim()).toBe('19 19');
  });

  test.skipIf(!existsSync(AUTOGROUP))('makes its session nice until it ends', () => {
    const script = `import { yieldCores } from '${MODULE}'; import { readFileSync } from 'node:fs'; yieldCores(); console.log(readFileSync('${AUTOGROUP}', 'utf8').trim());`;
    const [during, after] = inOwnSession(`'${process.execPath}' --input-type=module-typescript -e "${script}"; cat ${AUTOGROUP}`).trim().split('\n');
    expect(during).toMatch(/nice 19$/);
    expect(after).toMatch(/nice 0$/);
  });
});
