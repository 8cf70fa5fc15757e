import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import { NS_PER_S } from '../../src/base/units.ts';
import type { HostMessage } from '../../src/link/messages.ts';
import { begin, Bench, configCrc, outputs } from './board-bench.ts';

let bench: Bench;
beforeEach(() => { bench = new Bench(); });

describe('firing', () => {
  test('at the exact count, on for the hold', async () => {
    bench.arm();
    bench.fire({ commandId: 9, fireAtCount: 101_000, holdUs: 40_000 });
    await bench.run(1000);
    expect(bench.host.all('fire.fired')).toEqual([{ kind: 'fire.fired', commandId: 9, atCount: 101_000 }]);
    expect(bench.outputs).toEqual([
      { output: 0, active: true, atNs: expect.closeTo(0.5 * NS_PER_S, -2) },
      { output: 0, active: false, atNs: expect.closeTo(0.54 * NS_PER_S, -2) },
    ]);
  });

  test('every command at its own count, whatever the order and the speed', async () => {
    await fc.assert(fc.asyncProperty(
      fc.uniqueArray(fc.integer({ min: 1, max: 4000 }), { minLength: 1, maxLength: 20 }),
      fc.array(fc.constantFrom(0, 700, 3000), { maxLength: 4 }),
      async (distances, speeds) => {
        const own = new Bench();
        own.arm();
        for (const [index, distance] of distances.entries()) {
          own.fire({ commandId: index + 1, fireAtCount: own.count() + distance });
          own.host.acknowledge();
        }
        const targets = distances.map((distance) => 100_000 + distance);
        for (const speed of [...speeds, 3000]) {
          own.motion.setSpeed(speed, own.clock.nowNs(), 200);
          await own.run(400);
        }
        await own.run(6000);
        const fired = own.host.all('fire.fired').map(({ commandId, atCount }) => ({ commandId, atCount })).sort((a, b) => a.commandId - b.commandId);
        expect(fired).toEqual(targets.map((atCount, index) => ({ commandId: index + 1, atCount })));
        expect(own.board.machine.queueFree).toBe(32);
      },
    ), { numRuns: 15 });
  });

  test('late, too far, unknown outputs and a full queue are refused', () => {
    bench.arm();
    const codeOf = (command: Parameters<Bench['fire']>[0]): string | undefined => {
      bench.fire(command);
      bench.host.acknowledge();
      return bench.code;
    };
    expect(codeOf({ commandId: 1, fireAtCount: 100_000 })).toBe('late');
    expect(codeOf({ commandId: 1, fireAtCount: 99_999 })).toBe('late');
    expect(codeOf({ commandId: 1, fireAtCount: 100_001 + 2 ** 30 })).toBe('too-far');
    expect(codeOf({ commandId: 1, fireAtCount: 101_000, output: 1 })).toBe('bad-output');
    expect(codeOf({ commandId: 1, fireAtCount: 101_000, output: 9 })).toBe('bad-output');
    for (let commandId = 1; commandId <= 32; commandId++) expect(codeOf({ commandId, fireAtCount: 101_000 + commandId })).toBe('ok');
    expect(codeOf({ commandId: 33, fireAtCount: 102_000 })).toBe('queue-full');
    expect(codeOf({ commandId: 5, fireAtCount: 102_000 })).toBe('duplicate');
  });

  test('a repeated frame, and a repeated command, fire once', async () => {
    bench.arm();
    const frame = bench.host.frameOf({ kind: 'fire.schedule', commandId: 4, output: 0, fireAtCount: 100_500, holdUs: 1000 });
    for (let copy = 0; copy < 3; copy++) bench.board.stream.receive(frame);
    expect(bench.host.all('board.ack').length).toBeGreaterThan(0);
    bench.fire({ commandId: 4, fireAtCount: 100_500 });
    expect(bench.code).toBe('duplicate');
    await bench.run(1000);
    expect(bench.host.all('fire.fired')).toHaveLength(1);
    expect(bench.outputs).toHaveLength(2);
    bench.fire({ commandId: 4, fireAtCount: bench.count() + 50 });
    expect(bench.code).toBe('ok');
  });

  test('across the wrap of the counter', async () => {
    const own = new Bench({ startCounts: 0xffff_ffff - 500 });
    own.arm();
    own.fire({ commandId: 1, fireAtCount: 400 });
    expect(own.code).toBe('ok');
    await own.run(1000);
    expect(own.host.last('fire.fired')).toMatchObject({ commandId: 1, atCount: 400 });
    expect(own.count()).toBeLessThan(2000);
  });

  test('ticks wrap as well', async () => {
    const own = new Bench({ options: { bootTicks: 0xffff_ffff } });
    own.configure();
    await own.clock.advanceMs(1);
    own.host.say({ kind: 'heartbeat.ask', token: 1 });
    expect(own.host.last('heartbeat.reply')!.atTicks).toBe(999);
  });

  test('no output stays on longer than its maximum, not even when extended', async () => {
    bench.arm();
    for (let index = 0; index < 6; index++) {
      bench.fire({ commandId: index + 1, fireAtCount: 100_100 + index * 100, holdUs: 80_000 });
      bench.host.acknowledge();
    }
    await bench.run(1000);
    const spans: number[] = [];
    for (let index = 0; index < bench.outputs.length; index += 2) spans.push((bench.outputs[index + 1]!.atNs - bench.outputs[index]!.atNs) / 1e6);
    expect(Math.max(...spans)).toBeLessThanOrEqual(200.001);
    expect(spans.length).toBeGreaterThan(1);
    expect(bench.host.all('fire.fired')).toHaveLength(6);
  });

  test('cancelled commands are reported once and never fire', async () => {
    bench.arm();
    for (const commandId of [1, 2, 3]) bench.fire({ commandId, fireAtCount: 100_500 + commandId });
    bench.host.say({ kind: 'fire.cancel', commandId: 2 });
    expect(bench.host.last('request.result')).toMatchObject({ code: 'ok', detail: 2 });
    bench.host.acknowledge();
    bench.host.say({ kind: 'fire.cancel', commandId: 2 });
    expect(bench.code).toBe('late');
    bench.host.say({ kind: 'fire.cancelAll' });
    expect(bench.host.last('request.result')).toMatchObject({ code: 'ok', detail: 2 });
    await bench.run(1000);
    expect(bench.host.all('fire.missed').map(({ commandId, cause }) => [commandId, cause])).toEqual([[2, 'cancelled'], [1, 'cancelled'], [3, 'cancelled']]);
    expect(bench.outputs).toEqual([]);
  });

  test('an encoder that jumps past the tolerance misses, one within it fires', async () => {
    bench.arm();
    bench.fire({ commandId: 1, fireAtCount: 100_500 });
    bench.fire({ commandId: 2, fireAtCount: 100_520 });
    await bench.run(200);
    expect(100_523 - bench.count()).toBeLessThan(200);
    bench.board.machine.jumpEncoder(100_523 - bench.count());
    await bench.run(100);
    expect(bench.host.last('fire.missed')).toMatchObject({ commandId: 1, cause: 'late' });
    expect(bench.host.last('fire.fired')).toMatchObject({ commandId: 2, atCount: 100_523 });
  });
});

describe('safe state', () => {
  const flushed = (): unknown => bench.host.all('fire.missed').map(({ commandId, cause }) => [commandId, cause]);

  test('a lost heartbeat empties the queue, closes outputs and stops the belt', async () => {
    bench.arm();
    bench.fire({ commandId: 1, fireAtCount: 100_990, output: 3, holdUs: 900_000 });
    bench.fire({ commandId: 2, fireAtCount: 110_000 });
    await bench.clock.advanceMs(499);
    expect(bench.board.machine.state).toBe('armed');
    expect(bench.outputs).toHaveLength(1);
    await bench.clock.advanceMs(2);
    expect(bench.board.machine.state).toBe('safe');
    expect(bench.outputs.at(-1)).toMatchObject({ output: 3, active: false });
    expect(bench.motion.speedAt(bench.clock.nowNs())).toBe(0);
    bench.host.acknowledge();
    await bench.clock.advanceMs(60);
    expect(flushed()).toContainEqual([2, 'inhibited']);
    expect(bench.host.last('board.state')).toMatchObject({ state: 'safe', cause: 'heartbeat-lost', configCrc });
    bench.fire({ commandId: 3, fireAtCount: 120_000 });
    expect(bench.code).toBe('not-armed');
    bench.host.say({ kind: 'board.arm' });
    expect(bench.code).toBe('ok');
  });

  test('every 50 ms of heartbeat keep it armed', async () => {
    bench.arm();
    await bench.run(5000);
    expect(bench.board.machine.state).toBe('armed');
  });

  test('E-stop latches: pressed it refuses, released it stays safe until armed', () => {
    bench.arm();
    bench.fire({ commandId: 1, fireAtCount: 110_000 });
    bench.board.machine.setEStop(true);
    expect(bench.host.last('board.state')).toMatchObject({ state: 'safe', cause: 'e-stop', inputs: 1 });
    expect(flushed()).toEqual([[1, 'inhibited']]);
    bench.host.say({ kind: 'board.arm' });
    expect(bench.code).toBe('interlock');
    bench.host.acknowledge();
    bench.board.machine.setEStop(false);
    expect(bench.host.last('board.state')).toMatchObject({ state: 'safe', cause: 'e-stop', inputs: 0 });
    bench.host.say({ kind: 'board.arm' });
    expect(bench.code).toBe('ok');
    bench.host.acknowledge();
    expect(bench.host.last('board.state')).toMatchObject({ state: 'armed', cause: 'none', inputs: 4 });
  });

  test('jam and fault make safe, but do not hide an E-stop', () => {
    bench.arm();
    bench.board.machine.setJam(true);
    expect(bench.host.last('board.state')).toMatchObject({ state: 'safe', cause: 'jam', inputs: 2 });
    bench.board.machine.setEStop(true);
    bench.host.acknowledge();
    bench.board.machine.raiseFault('output-failed');
    expect(bench.host.last('board.state')).toMatchObject({ cause: 'e-stop', fault: 'output-failed', inputs: 3 });
    bench.board.machine.setEStop(false);
    bench.board.machine.setJam(false);
    bench.host.say({ kind: 'board.arm' });
    bench.host.acknowledge();
    expect(bench.host.last('board.state')).toMatchObject({ state: 'armed', fault: 'none' });
  });

  test('an encoder that runs back is followed for a while, then it is a fault', async () => {
    bench.arm();
    bench.fire({ commandId: 1, fireAtCount: 101_000 });
    await bench.run(200);
    bench.board.machine.jumpEncoder(-240);
    expect(bench.board.machine.state).toBe('armed');
    await bench.run(400);
    expect(bench.host.last('fire.fired')).toBeUndefined();
    await bench.run(100);
    expect(bench.host.last('fire.fired')).toMatchObject({ commandId: 1, atCount: 101_000 });
    bench.board.machine.jumpEncoder(-200);
    bench.board.machine.jumpEncoder(-100);
    expect(bench.host.last('board.state')).toMatchObject({ state: 'safe', cause: 'fault', fault: 'encoder-reversed' });
    // Armed again, it begins from where the belt is.
    bench.host.acknowledge();
    bench.host.say({ kind: 'board.arm' });
    bench.board.machine.jumpEncoder(-200);
    expect(bench.board.machine.state).toBe('armed');
  });

  test('an encoder faster than any belt is a fault', () => {
    bench.arm();
    bench.fire({ commandId: 1, fireAtCount: 100_100 });
    bench.board.machine.jumpEncoder(5000);
    expect(bench.host.last('board.state')).toMatchObject({ state: 'safe', cause: 'fault', fault: 'encoder-implausible' });
    expect(flushed()).toEqual([[1, 'inhibited']]);
  });

  test('asked for by the host: commands are cancelled', () => {
    bench.arm();
    bench.fire({ commandId: 1, fireAtCount: 110_000 });
    bench.host.say({ kind: 'board.safe' });
    expect(bench.code).toBe('ok');
    expect(flushed()).toEqual([[1, 'cancelled']]);
    expect(bench.host.last('board.state')).toMatchObject({ state: 'safe', cause: 'host-request' });
  });

  test('a restart forgets everything and counts from 0', async () => {
    bench.arm();
    bench.fire({ commandId: 1, fireAtCount: 100_300, output: 3, holdUs: 900_000 });
    await bench.run(200);
    expect(bench.outputs).toHaveLength(1);
    bench.board.restart('brown-out');
    expect(bench.outputs.at(-1)).toMatchObject({ output: 3, active: false });
    expect(bench.board.machine.queueFree).toBe(32);
    expect(bench.count()).toBe(0);
    expect(bench.board.encoder.originCounts).toBe(100_400);
    bench.configure();
    expect(bench.host.last('board.state')).toMatchObject({ state: 'safe', cause: 'boot', configCrc });
  });

  test('only board.arm leaves it: no other request, in any order, runs the belt', () => {
    const request = fc.constantFrom<HostMessage>(
      begin, ...outputs, { kind: 'config.commit', configCrc }, { kind: 'board.safe' }, { kind: 'fire.cancelAll' }, { kind: 'fire.cancel', commandId: 1 },
      { kind: 'fire.schedule', commandId: 1, output: 0, fireAtCount: 100_100, holdUs: 1000 }, { kind: 'heartbeat.ask', token: 1 }, { kind: 'host.nak', kept: 0 },
      { kind: 'hello.ask', minVersion: 1, maxVersion: 1, nonce: 5 },
    );
    fc.assert(fc.property(fc.array(request, { maxLength: 30 }), (requests) => {
      const own = new Bench();
      own.configure();
      for (const message of requests) {
        if (message.kind === 'hello.ask') own.host.hello(message.nonce);
        else own.host.say(message);
        own.host.acknowledge();
      }
      expect(own.board.machine.state).toBe('safe');
      expect(own.motion.speedAt(own.clock.nowNs())).toBe(0);
      expect(own.outputs).toEqual([]);
    }));
  });

  test('bytes of any kind never stop it from answering a hello', () => {
    fc.assert(fc.property(fc.array(fc.uint8Array({ maxLength: 90 }), { maxLength: 20 }), (chunks) => {
      const own = new Bench();
      own.configure();
      for (const chunk of chunks) own.board.stream.receive(chunk);
      own.board.stream.receive(Uint8Array.of(0));
      own.host.hello(4242);
      expect(own.host.last('hello.reply')).toMatchObject({ version: 1, nonce: 4242 });
    }));
  });
});
