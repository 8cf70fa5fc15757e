import { describe, expect, test } from 'vitest';
import { createWorld } from '../../src/sim/world.ts';
import type { TwinRig } from './twin-rig.ts';
import { ACTUATORS, advanceUntil, armed, COUNTS_PER_MM, createTwinRig, schedule, settle } from './twin-rig.ts';

/** Count at which to fire so that the pulse is centred on item `index` in front of the actuator. */
function aim(rig: TwinRig, index: number, actuator: (typeof ACTUATORS)[number], startCounts = 0): number {
  const world = createWorld({ seed: 7, countsPerMm: COUNTS_PER_MM, itemsPerSecond: 1, beltMmPerSecond: 500, startCounts });
  const speed = rig.motion.speedAt(rig.clock.nowNs());
  return Math.round(world.item(index)!.entryCounts + actuator.offsetMm * COUNTS_PER_MM - (speed * (actuator.leadMs + 12)) / 1000);
}

describe('twin and link', () => {
  test('arming runs the belt, firing takes items off it, everything is reported', async () => {
    const rig = await armed();
    await advanceUntil(rig, 1000, () => rig.motion.speedAt(rig.clock.nowNs()) === 2500);
    for (let index = 0; index < 20; index++) {
      const actuator = ACTUATORS[index % 2]!;
      const fireAtCounts = aim(rig, index, actuator);
      await advanceUntil(rig, 60_000, () => fireAtCounts - rig.motion.countsAt(rig.clock.nowNs()) < 2000);
      expect(await settle(rig, schedule(rig, { commandId: index + 1, fireAtCounts, output: actuator.output }))).toEqual({ result: 'acked' });
    }
    await rig.clock.advanceMs(10_000);
    const fired = rig.of('command.fired');
    expect(fired).toHaveLength(20);
    for (const { firedAtCounts, targetCounts } of fired) expect(firedAtCounts).toBe(targetCounts);
    const landed = rig.landed().filter(({ index }) => index < 20).sort((a, b) => a.index - b.index);
    expect(landed.map(({ bin }) => bin)).toEqual(Array.from({ length: 20 }, (_, index) => ACTUATORS[index % 2]!.bin));
  });

  test('the link knows where the belt is to a count or two', async () => {
    const rig = await armed();
    await rig.clock.advanceMs(3000);
    for (const { sample } of rig.of('belt.sample').slice(-20)) {
      expect(Math.abs(sample.counts - rig.motion.countsAt(sample.atNs))).toBeLessThan(2.5);
      expect(sample.countsPerSecond).toBeCloseTo(2500, -1);
    }
  });

  test('late is refused and nothing fires', async () => {
    const rig = await armed();
    await rig.clock.advanceMs(2000);
    const behind = Math.floor(rig.motion.countsAt(rig.clock.nowNs())) - 5;
    expect(await settle(rig, schedule(rig, { commandId: 1, fireAtCounts: behind }))).toEqual({ result: 'rejected', reason: 'late' });
    await rig.clock.advanceMs(2000);
    expect(rig.twinEvents.filter(({ kind }) => kind === 'output')).toEqual([]);
  });

  test('across the wrap of the encoder, items land as aimed', async () => {
    const startCounts = 0xffff_ffff - 4000;
    const rig = await armed({ startCounts });
    await rig.clock.advanceMs(1000);
    const fireAtCounts = aim(rig, 1, ACTUATORS[0]!, startCounts);
    expect(fireAtCounts).toBeGreaterThan(2 ** 32);
    expect(await settle(rig, schedule(rig, { commandId: 1, fireAtCounts }))).toEqual({ result: 'acked' });
    await rig.clock.advanceMs(10_000);
    expect(rig.of('command.fired')).toMatchObject([{ firedAtCounts: fireAtCounts, targetCounts: fireAtCounts }]);
    expect(rig.landed()).toContainEqual({ index: 1, bin: 'glass' });
  });

  test('a pulled cable makes the board safe by itself; back in, nothing moves until armed', async () => {
    const rig = await armed();
    await settle(rig, schedule(rig, { commandId: 1, fireAtCounts: Math.floor(rig.motion.countsAt(rig.clock.nowNs())) + 20_000 }));
    await rig.twin.unplug();
    await rig.clock.advanceMs(600);
    expect(rig.of('link.down')).not.toHaveLength(0);
    expect(rig.twin.boardState).toBe('safe');
    await rig.clock.advanceMs(5000);
    await rig.twin.replug();
    await advanceUntil(rig, 20_000, () => rig.of('link.up').length === 2);
    expect(rig.of('link.up')[1]).toMatchObject({ rebooted: false });
    await rig.clock.advanceMs(20_000);
    expect(rig.twin.boardState).toBe('safe');
    expect(rig.motion.speedAt(rig.clock.nowNs())).toBe(0);
    expect(rig.twinEvents.filter(({ kind }) => kind === 'output')).toEqual([]);
    expect(await settle(rig, rig.link.arm())).toEqual({ result: 'acked' });
  });

  test('a reset board comes back safe, with counts of its own', async () => {
    const rig = await armed();
    await rig.clock.advanceMs(3000);
    rig.twin.reset('brown-out');
    await advanceUntil(rig, 20_000, () => rig.of('link.up').length === 2);
    expect(rig.of('link.up')[1]).toMatchObject({ rebooted: true });
    expect(rig.twin.boardState).toBe('safe');
    expect(rig.twin.originCounts).toBeGreaterThan(1000);
    const booted = rig.twinEvents.filter(({ kind }) => kind === 'booted');
    expect(booted).toMatchObject([{ originCounts: 0 }, { originCounts: rig.twin.originCounts }]);
    await settle(rig, rig.link.arm());
    await rig.clock.advanceMs(1000);
    const { sample } = rig.of('belt.sample').at(-1)!;
    expect(Math.abs(sample.counts + rig.twin.originCounts - rig.motion.countsAt(sample.atNs))).toBeLessThan(2.5);
  });

  test('E-stop stops the belt at once, is told, and latches', async () => {
    const rig = await armed();
    await rig.clock.advanceMs(1000);
    rig.twin.setEStop(true);
    await rig.clock.advanceMs(400);
    expect(rig.motion.speedAt(rig.clock.nowNs())).toBe(0);
    expect(rig.of('board.state').at(-1)).toMatchObject({ state: 'safe', cause: 'e-stop' });
    expect(rig.of('board.sensor').at(-1)).toMatchObject({ event: { sensor: 'e-stop', active: true } });
    expect((await settle(rig, rig.link.arm())).result).toBe('rejected');
    rig.twin.setEStop(false);
    await rig.clock.advanceMs(1000);
    expect(rig.twin.boardState).toBe('safe');
    expect(rig.of('board.sensor').at(-1)).toMatchObject({ event: { sensor: 'e-stop', active: false } });
    expect(await settle(rig, rig.link.arm())).toEqual({ result: 'acked' });
  });

  test('inputs are debounced', async () => {
    const rig = await armed();
    rig.twin.setJam(true);
    await rig.clock.advanceMs(10);
    rig.twin.setJam(false);
    await rig.clock.advanceMs(100);
    expect(rig.twin.boardState).toBe('armed');
    rig.twin.setJam(true);
    await rig.clock.advanceMs(100);
    expect(rig.of('board.state').at(-1)).toMatchObject({ state: 'safe', cause: 'jam' });
  });

  test('a bin that fills says so, and stops saying so when emptied', async () => {
    const rig = await armed({ options: { binCapacity: 1 } });
    await rig.clock.advanceMs(1000);
    await settle(rig, schedule(rig, { commandId: 1, fireAtCounts: aim(rig, 0, ACTUATORS[1]!), output: 3 }));
    await rig.clock.advanceMs(10_000);
    expect(rig.twin.fillOf('metal')).toBe(1);
    expect(rig.of('board.sensor').at(-1)).toMatchObject({ event: { sensor: 'bin-full', output: 3, active: true } });
    rig.twin.emptyBin('metal');
    await rig.clock.advanceMs(100);
    expect(rig.of('board.sensor').at(-1)).toMatchObject({ event: { sensor: 'bin-full', output: 3, active: false } });
  });

  test('another protocol version is refused with both named, and accepted once it is flashed right', async () => {
    const rig = createTwinRig();
    rig.twin.speakVersion(9);
    await rig.twin.start();
    rig.link.start();
    await advanceUntil(rig, 5000, () => rig.of('link.refused').length > 0);
    expect(rig.of('link.refused')[0]).toMatchObject({ code: 'LINK_VERSION' });
    expect(rig.of('link.refused')[0]!.message).toContain('9');
    rig.twin.speakVersion(1);
    await advanceUntil(rig, 20_000, () => rig.of('link.up').length > 0);
  });

  test('a board that hangs is noticed, and found again', async () => {
    const rig = await armed();
    rig.twin.mute(true);
    await advanceUntil(rig, 2000, () => rig.of('link.down').length > 0);
    rig.twin.mute(false);
    await advanceUntil(rig, 20_000, () => rig.of('link.up').length === 2);
    expect(rig.twin.boardState).toBe('safe');
  });

  test('noise on the wire costs nothing but the bytes', async () => {
    const rig = await armed();
    for (let burst = 0; burst < 50; burst++) {
      rig.twin.noise(Uint8Array.from({ length: 40 }, (_, index) => (burst * 7 + index * 13) & 0xff));
      await rig.clock.advanceMs(20);
    }
    expect(rig.twin.boardState).toBe('armed');
    expect(rig.of('link.down')).toEqual([]);
    expect(rig.link.stats.framesInvalid).toBeGreaterThan(20);
  });

  test('speed changes move items, not targets', async () => {
    const rig = await armed();
    await rig.clock.advanceMs(1000);
    const now = Math.floor(rig.motion.countsAt(rig.clock.nowNs()));
    for (let commandId = 1; commandId <= 10; commandId++) await settle(rig, schedule(rig, { commandId, fireAtCounts: now + commandId * 700 }));
    for (const speed of [200, 900, 350]) {
      rig.twin.setBeltSpeed(speed);
      await rig.clock.advanceMs(1500);
    }
    await rig.clock.advanceMs(5000);
    expect(rig.of('command.fired').map(({ firedAtCounts }) => firedAtCounts)).toEqual(Array.from({ length: 10 }, (_, index) => now + (index + 1) * 700));
  });

  test.each([1, 2, 3])('over a bad cable (seed %i) every command is answered, and fired at most once, exactly on target', async (seed) => {
    const rig = await armed({ seed, faults: { latencyMs: 1, byteNs: 86_806, flipPerBit: 1e-4, dropPerByte: 0.02 } });
    const results = new Map<number, string>();
    for (let commandId = 1; commandId <= 100; commandId++) {
      const fireAtCounts = Math.floor(rig.motion.countsAt(rig.clock.nowNs())) + 1000;
      void schedule(rig, { commandId, fireAtCounts, holdMs: 1 }).then(({ result }) => results.set(commandId, result));
      await rig.clock.advanceMs(20);
    }
    await rig.clock.advanceMs(10_000);
    expect(results.size).toBe(100);
    const fired = rig.of('command.fired').map(({ commandId }) => commandId);
    expect(new Set(fired).size).toBe(fired.length);
    for (const { firedAtCounts, targetCounts } of rig.of('command.fired')) expect(firedAtCounts).toBe(targetCounts);
    const acked = [...results].filter(([, result]) => result === 'acked').map(([commandId]) => commandId);
    const reported = new Set([...fired, ...rig.of('command.missed').map(({ commandId }) => commandId)]);
    if (rig.of('link.down').length === 0) expect(acked.filter((commandId) => !reported.has(commandId))).toEqual([]);
    expect(acked.length).toBeGreaterThan(90);
    expect(rig.link.stats.retransmissions).toBeGreaterThan(0);
  });

  test('500 items in 500 s of belt all land, link included', async () => {
    const rig = await armed({ world: { itemCount: 500 } });
    await rig.clock.advanceMs(510_000);
    expect(rig.landed()).toHaveLength(500);
  });
});
