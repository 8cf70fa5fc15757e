// The commands, each once as a shell runs it: the simulated board over TCP under the contract, its traffic captured and decoded, and
// what wrong use gets.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import { silentLogger } from '../../src/base/logger.ts';
import { createRandom } from '../../src/base/random.ts';
import { defaultConfig } from '../../src/config/load-config.ts';
import { BeltMotion } from '../../src/sim/belt-motion.ts';
import { createTcpCable } from '../../src/sim/tcp-cable.ts';
import { createTwin } from '../../src/sim/twin.ts';
import { vectors } from '../link/vectors.ts';
import { sortline } from './command-line.ts';
import { sortlineHere } from './in-process.ts';

const TIMEOUT_MS = 60_000;

describe('sortline hil and sortline link', { timeout: TIMEOUT_MS }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'sortline-hil-'));
  const cable = createTcpCable();
  const twin = createTwin({
    clock: systemClock, random: createRandom(1), log: silentLogger, motion: new BeltMotion({ atNs: systemClock.nowNs(), counts: 0 }), actuators: [], countsPerMm: 5,
    cable, options: defaultConfig().sim.twin,
  });
  beforeAll(() => twin.start());
  afterAll(async () => {
    await twin.stop();
    rmSync(folder, { recursive: true });
  });

  test('the traffic of a port is shown and kept, and decodes to the same', async () => {
    const capture = join(folder, 'cable.jsonl');
    const shown = await sortline(['link', 'monitor', `tcp:127.0.0.1:${cable.port}`, '--seconds', '1', '--capture', capture]);
    expect(shown).toMatchObject({ exitCode: 0, stderr: '' });
    expect(shown.stdout).toMatch(/> hello\.ask .*\n[\s\S]*< hello\.reply .*firmware sortline-twin 1[\s\S]*- session with firmware/);
    const blocks = (text: string): string[] => text.split('\n').filter((line) => / [<>] /.test(line));
    const decoded = await sortlineHere(['link', 'decode', capture]);
    expect(blocks(decoded.stdout)).toEqual(blocks(shown.stdout));
  });

  test('bare bytes are decoded by the shared vectors', async () => {
    const file = join(folder, 'frames.hex');
    writeFileSync(file, vectors.frames.map(({ wire }) => wire).join('\n'));
    const { stdout } = await sortlineHere(['link', 'decode', file]);
    expect(stdout).toContain(`${vectors.frames.length} frames, 0 damaged blocks, 0 frames that no table has`);
  });

  test('what is wrong is said, and nothing is begun', async () => {
    const profile = join(folder, 'profile.yaml');
    writeFileSync(profile, 'maxCountError: 1\nmaxAckMS: 20\n');
    const bad = await sortline(['hil', '--port', 'twin', '--profile', profile]);
    expect(bad).toMatchObject({ exitCode: 1, stdout: '' });
    expect(bad.stderr).toMatch(/CONFIG_INVALID[\s\S]*profile\.yaml:2:1 .*maxAckM[Ss]/);
    expect(await sortlineHere(['hil'])).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('--port') });
    expect((await sortlineHere(['link', 'fuzz', join(folder, 'no-such-port')])).stderr).toMatch(/LINK_OPEN_FAILED/);
    expect((await sortlineHere(['hil', join(folder, 'absent.mcap'), '--port', 'twin'])).stderr).toMatch(/RECORD_UNREADABLE/);
    expect(() => readFileSync(join(folder, 'report.json'))).toThrow(/ENOENT/);
  });
});
