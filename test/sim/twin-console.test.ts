import { expect, test } from 'vitest';
import { obeyConsole } from '../../src/sim/twin-console.ts';
import { armed } from './twin-rig.ts';

test('does what is typed', async () => {
  const rig = await armed();
  expect(await obeyConsole(rig.twin, 'speed 100')).toBe('done: speed 100');
  await rig.clock.advanceMs(1000);
  expect(rig.motion.speedAt(rig.clock.nowNs())).toBe(500);
  expect(await obeyConsole(rig.twin, '  full 3 on ')).toBe('done: full 3 on');
  expect(await obeyConsole(rig.twin, 'e-stop on')).toBe('done: e-stop on');
  await rig.clock.advanceMs(100);
  expect(rig.of('board.state').at(-1)).toMatchObject({ cause: 'e-stop' });
  expect(rig.of('board.sensor')).toContainEqual({ kind: 'board.sensor', event: { sensor: 'bin-full', output: 3, active: true } });
  await obeyConsole(rig.twin, 'unplug');
  await rig.clock.advanceMs(100);
  expect(rig.of('link.down')).not.toEqual([]);
  await obeyConsole(rig.twin, 'replug');
  expect(await obeyConsole(rig.twin, '')).toBeUndefined();
});

test.each(['e-stop', 'e-stop maybe', 'full on', 'full 40 on', 'speed -3', 'speed fast', 'reset now', 'dance'])('%s is answered with what is allowed', async (line) => {
  const rig = await armed();
  expect(await obeyConsole(rig.twin, line)).toContain(`'${line}' is not understood; allowed:`);
});
