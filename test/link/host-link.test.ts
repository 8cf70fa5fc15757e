import { describe, expect, it } from 'vitest';
import { SortlineError } from '../../src/base/errors.ts';
import { createLink } from '../../src/link/host-link.ts';
import type { CommandResult } from '../../src/link/link.ts';
import { linkTimingOptions } from '../../src/link/options.ts';
import { toU32 } from '../../src/link/modular.ts';
import { advanceUntil, bringUp, bringUpArmed, createRig, OUTPUTS, settle } from './host-link-rig.ts';

const ahead = (rig: { board: { reading(): { atCount: number } } }, counts: number): number => rig.board.reading().atCount + counts;

describe('connecting', () => {
  it('says hello, configures, and tells the line everything once', async () => {
    const rig = createRig();
    await bringUp(rig);
    expect(rig.board.requests.map(({ kind }) => kind)).toEqual(['config.begin', 'config.output', 'config.output', 'config.commit']);
    expect(rig.kinds()).toEqual(['link.up', 'board.sensor', 'board.sensor', 'board.sensor', 'board.sensor', 'board.state']);
    expect(rig.events[0]).toEqual({ kind: 'link.up', rebooted: false, hello: { protocolVersion: 1, firmware: 'tiny 1', bootId: 7, outputCount: 8, queueDepth: 32 } });
    expect(rig.of('board.state')).toEqual([{ kind: 'board.state', state: 'safe', cause: 'boot' }]);
    expect(rig.of('board.sensor').map(({ event }) => [event.sensor, event.active])).toEqual([['e-stop', false], ['jam', false], ['bin-full', false], ['bin-full', false]]);
  });

  it('never arms by itself', async () => {
    const rig = createRig();
    await bringUp(rig);
    await rig.clock.advanceMs(10_000);
    expect(rig.board.requests.some(({ kind }) => kind === 'board.arm')).toBe(false);
    expect(rig.of('link.down')).toEqual([]);
  });

  it('keeps saying hello to a board that boots slowly', async () => {
    const rig = createRig();
    const { toBoard } = rig.cable;
    rig.cable.toBoard = () => undefined;
    rig.link.start();
    await rig.clock.advanceMs(2000);
    rig.cable.toBoard = toBoard;
    expect(await advanceUntil(rig, 400, () => rig.kinds().includes('link.up'))).toBe(true);
    expect(rig.cable.openCount).toBe(1);
  });

  it('reopens the cable with growing delays while nobody answers, and says so once', async () => {
    const rig = createRig({ timing: { helloTimeoutMs: 500, retryFirstMs: 100, retryMaxMs: 1000 } });
    rig.cable.toBoard = () => undefined;
    rig.board.powerOff();
    rig.link.start();
    await rig.clock.advanceMs(20_000);
    expect(rig.of('link.down')).toHaveLength(1);
    expect(rig.of('link.down')[0]!.reason).toContain('no hello from the board within 500 ms');
    // 500 ms hello each, then 0.1, 0.2, 0.4, 0.8, 1, 1 … s less up to a fifth.
    expect(rig.cable.openCount).toBeGreaterThan(13);
    expect(rig.cable.openCount).toBeLessThan(19);
  });

  it('names an absent device and connects when it appears', async () => {
    const rig = createRig();
    rig.cable.isPluggedIn = false;
    rig.link.start();
    await rig.clock.advanceMs(3000);
    expect(rig.of('link.down').map(({ reason }) => reason)).toEqual(['faulty cable: no such device; plug it in']);
    rig.cable.isPluggedIn = true;
    expect(await advanceUntil(rig, 6000, () => rig.kinds().includes('link.up'))).toBe(true);
  });

  it('refuses another protocol version, naming both, and takes the board once it is flashed', async () => {
    const rig = createRig({ board: { hello: { minVersion: 2, maxVersion: 3, version: 0, firmware: 'future 3.0' } } });
    rig.link.start();
    await rig.clock.advanceMs(12_000);
    expect(rig.kinds()).toEqual(['link.refused']);
    const refused = rig.of('link.refused')[0]!;
    expect(refused.code).toBe('LINK_VERSION');
    expect(refused.message).toContain("'future 3.0'");
    expect(refused.message).toContain('versions 2 to 3');
    expect(refused.message).toContain('version 1');
    expect(rig.cable.openCount).toBeGreaterThan(1);
    rig.reboot({ bootId: 8 });
    expect(await advanceUntil(rig, 6000, () => rig.kinds().includes('link.up'))).toBe(true);
  });

  it('refuses a version it did not offer, and a board with too few outputs', async () => {
    const other = createRig({ board: { hello: { version: 2 } } });
    other.link.start();
    await other.clock.advanceMs(100);
    expect(other.of('link.refused')[0]!.message).toContain('chose version 2');
    const small = createRig({ board: { hello: { outputCount: 2 } } });
    small.link.start();
    await small.clock.advanceMs(100);
    expect(small.of('link.refused')[0]).toMatchObject({ code: 'LINK_OUTPUTS' });
    expect(small.of('link.refused')[0]!.message).toContain('has 2 outputs, 0 to 1, but an actuator is configured on output 3');
  });

  it.each([
    [[{ output: 40, maxOnMs: 100, safeOn: false }], 'output is 40'],
    [[{ output: 1, maxOnMs: 0, safeOn: false }], 'maxOnMs is 0'],
    [[OUTPUTS[0]!, OUTPUTS[0]!], 'configured twice'],
  ])('throws at once for outputs %j', (outputs, text) => {
    const { clock, cable } = createRig();
    const creating = (): unknown => createLink({ clock, transport: cable.host, outputs, options: linkTimingOptions.parse({}) } as never);
    expect(creating).toThrow(SortlineError);
    expect(creating).toThrow(text);
  });

  it('gets up through noise and counts it', async () => {
    const rig = createRig();
    let on = true;
    const noise = rig.clock.every(3, () => { if (on) rig.cable.toHost(Uint8Array.from({ length: 40 }, (_, index) => (index * 37 + rig.clock.nowNs() / 1e6) & 0xff)); });
    rig.link.start();
    await rig.clock.advanceMs(1000);
    expect(rig.link.stats.framesInvalid).toBeGreaterThan(100);
    on = false;
    noise.cancel();
    expect(await advanceUntil(rig, 3000, () => rig.kinds().includes('link.up'))).toBe(true);
  });
});

describe('commands', () => {
  it('are acknowledged, fire, and report their target unwrapped', async () => {
    const rig = createRig({ board: { startCount: 0xffff_fff0 - 2000 } });
    await bringUpArmed(rig);
    const fireAtCounts = rig.of('belt.sample').at(-1)!.sample.counts + 3000;
    expect(fireAtCounts).toBeGreaterThan(0xffff_ffff);
    expect(await settle(rig, rig.link.schedule({ commandId: 5, output: 3, fireAtCounts, holdMs: 40 }))).toEqual({ result: 'acked' });
    expect(rig.board.requests.at(-1)).toEqual({ kind: 'fire.schedule', commandId: 5, output: 3, fireAtCount: toU32(fireAtCounts), holdUs: 40_000 });
    await rig.clock.advanceMs(2000);
    expect(rig.of('command.fired')).toEqual([{ kind: 'command.fired', commandId: 5, firedAtCounts: fireAtCounts, targetCounts: fireAtCounts }]);
  });

  it('are refused with the board’s reason', async () => {
    const rig = createRig();
    await bringUp(rig);
    expect(await settle(rig, rig.link.schedule({ commandId: 1, output: 0, fireAtCounts: ahead(rig, 500), holdMs: 40 }))).toEqual({ result: 'rejected', reason: 'not-armed' });
    await settle(rig, rig.link.arm());
    await rig.clock.advanceMs(50);
    expect(await settle(rig, rig.link.schedule({ commandId: 2, output: 0, fireAtCounts: 1, holdMs: 40 }))).toEqual({ result: 'rejected', reason: 'late' });
    const far = rig.of('belt.sample').at(-1)!.sample.counts + 2 ** 31;
    expect(await rig.link.schedule({ commandId: 3, output: 0, fireAtCounts: far, holdMs: 40 })).toEqual({ result: 'rejected', reason: 'too-far' });
    expect(await rig.link.schedule({ commandId: 3, output: 0, fireAtCounts: far - 2 ** 32, holdMs: 40 })).toEqual({ result: 'rejected', reason: 'late' });
    const twice = ahead(rig, 4000);
    expect(await settle(rig, rig.link.schedule({ commandId: 4, output: 0, fireAtCounts: twice, holdMs: 40 }))).toEqual({ result: 'acked' });
    expect(await settle(rig, rig.link.schedule({ commandId: 4, output: 0, fireAtCounts: twice, holdMs: 40 }))).toEqual({ result: 'rejected', reason: 'duplicate' });
    expect(await settle(rig, rig.link.cancel(4))).toEqual({ result: 'acked' });
    expect(await settle(rig, rig.link.cancel(4))).toEqual({ result: 'rejected', reason: 'late' });
    expect(rig.of('command.missed')).toEqual([{ kind: 'command.missed', commandId: 4, cause: 'cancelled' }]);
    expect(await settle(rig, rig.link.cancelAll())).toEqual({ result: 'acked' });
    rig.board.setState({ inputs: 1 });
    expect(await settle(rig, rig.link.arm())).toEqual({ result: 'rejected', reason: 'interlock' });
  });

  it('wait for room in the window, and one write carries one', async () => {
    const rig = createRig({ faults: { latencyMs: 5 }, timing: { window: 3 } });
    await bringUpArmed(rig);
    const before = rig.board.requests.length;
    const results = Array.from({ length: 10 }, (_, index) => rig.link.schedule({ commandId: index + 1, output: 0, fireAtCounts: ahead(rig, 20_000), holdMs: 40 }));
    await rig.clock.advanceMs(6);
    expect(rig.board.requests.length - before).toBe(3);
    expect(await settle(rig, Promise.all(results))).toEqual(results.map(() => ({ result: 'acked' })));
  });

  it('a safe request overtakes commands that were not sent yet', async () => {
    const rig = createRig({ faults: { latencyMs: 5 }, timing: { window: 2 } });
    await bringUpArmed(rig);
    const fires = Array.from({ length: 6 }, (_, index) => rig.link.schedule({ commandId: index + 1, output: 0, fireAtCounts: ahead(rig, 20_000), holdMs: 40 }));
    const safe = rig.link.safe();
    const all = await settle(rig, Promise.all([safe, ...fires]));
    expect(all.map((result) => (result.result === 'rejected' ? result.reason : result.result))).toEqual(['acked', 'acked', 'acked', 'not-armed', 'not-armed', 'not-armed', 'not-armed']);
    await rig.clock.advanceMs(50);
    expect(rig.of('board.state').at(-1)).toEqual({ kind: 'board.state', state: 'safe', cause: 'host-request' });
    expect(rig.of('command.missed').map(({ commandId }) => commandId)).toEqual([1, 2]);
  });

  it('that get no answer in time are timed out, and taken back when they were sent', async () => {
    const rig = createRig({ board: {} });
    await bringUpArmed(rig);
    rig.board.mute = true;
    const result = await settle(rig, rig.link.schedule({ commandId: 9, output: 0, fireAtCounts: ahead(rig, 20_000), holdMs: 40 }));
    expect(result).toEqual({ result: 'timed-out' });
    await rig.clock.advanceMs(10);
    expect(rig.board.requests.at(-1)).toEqual({ kind: 'fire.cancel', commandId: 9 });
  });

  it('resolve as closed without a session, and when it is lost', async () => {
    const rig = createRig();
    const closed: CommandResult = { result: 'closed' };
    expect(await Promise.all([rig.link.arm(), rig.link.safe(), rig.link.cancel(1), rig.link.cancelAll()])).toEqual([closed, closed, closed, closed]);
    await bringUpArmed(rig);
    rig.board.mute = true;
    const pending = [1, 2, 3].map((commandId) => rig.link.schedule({ commandId, output: 0, fireAtCounts: ahead(rig, 9000), holdMs: 40 }));
    await rig.clock.advanceMs(5);
    rig.cable.pull('cable pulled');
    expect(await Promise.all(pending)).toEqual([closed, closed, closed]);
    expect(rig.of('link.down').at(-1)).toMatchObject({ reason: 'cable pulled' });
    expect(await rig.link.schedule({ commandId: 4, output: 0, fireAtCounts: 1, holdMs: 40 })).toEqual(closed);
  });
});

describe('state and sensors', () => {
  it('changes are told, repetitions are not', async () => {
    const rig = createRig();
    await bringUpArmed(rig);
    rig.events.length = 0;
    rig.board.setState({ binFull: 0b1001 });
    rig.board.setState({ binFull: 0b1001 });
    rig.board.setState({ binFull: 0b1000, state: 'safe', cause: 'e-stop', inputs: 1 });
    rig.board.setState({ inputs: 2 });
    await rig.clock.advanceMs(20);
    expect(rig.events.filter(({ kind }) => kind !== 'belt.sample')).toEqual([
      { kind: 'board.sensor', event: { sensor: 'bin-full', output: 0, active: true } },
      { kind: 'board.sensor', event: { sensor: 'bin-full', output: 3, active: true } },
      { kind: 'board.sensor', event: { sensor: 'e-stop', active: true } },
      { kind: 'board.sensor', event: { sensor: 'bin-full', output: 0, active: false } },
      { kind: 'board.state', state: 'safe', cause: 'e-stop' },
      { kind: 'board.sensor', event: { sensor: 'e-stop', active: false } },
      { kind: 'board.sensor', event: { sensor: 'jam', active: true } },
    ]);
  });

  it('belt samples carry host time within the jitter of the cable, for a board clock 0.3 % off', async () => {
    const rig = createRig({ faults: { latencyMs: 0.4, jitterMs: 3 }, board: { tickError: 0.003, startTicks: 0xffff_ffff - 3_000_000 } });
    const bootNs = rig.clock.nowNs();
    await bringUp(rig);
    await rig.clock.advanceMs(10_000);
    const samples = rig.of('belt.sample').map(({ sample }) => sample).filter(({ atNs }) => atNs > bootNs + 5e9);
    expect(samples.length).toBeGreaterThan(230);
    // The board's belt runs 2000 counts a second of true time from its boot; a sample is off by one count of rounding.
    for (const { atNs, counts } of samples) expect(Math.abs(1000 + (2000 * (atNs - bootNs)) / 1e9 - counts)).toBeLessThan(2);
  });
});
