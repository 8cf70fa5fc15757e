// The production host link against the firmware: once compiled for this machine with sanitizers, once as the ELF on a simulated
// ATmega328P. What pins did is the bench's word, not the firmware's.
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { createRandom } from '../../src/base/random.ts';
import { build, hasAvrTools, hasCompiler } from './firmware-build.ts';
import { LinkRig } from './link-rig.ts';
import type { BoardKind } from './lockstep-board.ts';

const FASTEST = 20_000;

const kinds: { kind: BoardKind; isHere: boolean }[] = [{ kind: 'host', isHere: hasCompiler }, { kind: 'atmega328p', isHere: hasAvrTools }];

describe.each(kinds)('firmware on $kind', { timeout: 60_000 }, ({ kind, isHere }) => {
  let rig: LinkRig;
  beforeAll(() => { if (isHere) build(kind === 'host' ? 'host' : 'bench'); }, 120_000);
  afterEach(async () => { if (isHere) await rig.close(); });

  test.skipIf(!isHere)('fires every command once, at its count or one later, with the encoder at 20 kHz, and loses no count', async () => {
    rig = new LinkRig(kind);
    await rig.arm(FASTEST);
    const random = createRandom(3);
    const targets = new Map<number, { output: number; count: number }>();
    for (let round = 0; round < 6; round++) {
      const now = rig.of('belt.sample').at(-1)!.sample.counts;
      for (let index = 0; index < 8; index++) {
        const commandId = round * 8 + index + 1;
        // Twice a round all outputs are due at the same count.
        const count = Math.round(now) + (round % 2 === 0 ? 2500 : random.integer(1200, 2800));
        targets.set(commandId, { output: index, count });
        void rig.link.schedule({ commandId, output: index, fireAtCounts: count, holdMs: 5 });
      }
      await rig.stepMs(160);
    }
    await rig.stepMs(200);
    const fired = rig.of('command.fired');
    expect(new Set(fired.map(({ commandId }) => commandId)).size).toBe(48);
    expect(fired).toHaveLength(48);
    const origin = rig.board.moves.find(({ pin, on }) => pin === 'relay' && on)!.count;
    for (const { output, count } of targets.values()) {
      const isOn = output !== 7;
      const switched = rig.board.outputMoves(output).filter((move) => move.on === isOn && Math.abs(move.count - origin - count) <= 1);
      expect(switched, `output ${output} at ${count}`).toHaveLength(1);
    }
    const switchedOn = rig.board.moves.filter(({ pin, on }) => pin !== 'relay' && on === (pin !== 7)).length;
    // Output 7 is on when safe: it went on once at configuration, which is not a shot; its shots switch it off.
    expect(switchedOn).toBe(48);
    rig.board.tell('speed 0');
    await rig.stepMs(300);
    expect(rig.of('belt.sample').at(-1)!.sample).toMatchObject({ counts: rig.board.count, countsPerSecond: 0 });
  });

  test.skipIf(!isHere)('switches off after the hold, at most after maxOnMs, even when the belt stops', async () => {
    rig = new LinkRig(kind);
    await rig.arm(2000);
    await rig.fire({ commandId: 1, output: 0, fireAtCounts: rig.board.count + 60, holdMs: 12.5 });
    await rig.fire({ commandId: 2, output: 1, fireAtCounts: rig.board.count + 60, holdMs: 5000 });
    await rig.until(() => rig.of('command.fired').length === 2);
    rig.board.tell('speed 0');
    await rig.stepMs(300);
    expect(onTimesMs(rig, 0)).toEqual([expect.closeTo(12.5, 1)]);
    expect(onTimesMs(rig, 1)).toEqual([expect.closeTo(200, 1)]);
  });

  test.skipIf(!isHere)('takes as many commands as its queue has places and reports each accepted one once', async () => {
    rig = new LinkRig(kind);
    await rig.arm(2000);
    const results = await rig.settle(Promise.all(Array.from({ length: 40 }, (_, index) => rig.link.schedule({ commandId: index + 1, output: 2, fireAtCounts: 50_000 + index, holdMs: 1 }))));
    expect(results.filter(({ result }) => result === 'acked')).toHaveLength(32);
    expect(results.filter((result) => result.result === 'rejected' && result.reason === 'queue-full')).toHaveLength(8);
    expect(await rig.fire({ commandId: 3, output: 2, fireAtCounts: 60_000, holdMs: 1 })).toEqual({ result: 'rejected', reason: 'duplicate' });
    expect(await rig.settle(rig.link.cancel(7))).toEqual({ result: 'acked' });
    expect(await rig.settle(rig.link.cancel(7))).toEqual({ result: 'rejected', reason: 'late' });
    await rig.settle(rig.link.cancelAll());
    await rig.until(() => rig.of('command.missed').length === 32);
    await rig.stepMs(100);
    expect(rig.of('command.missed').map(({ commandId }) => commandId).toSorted((a, b) => a - b)).toEqual(Array.from({ length: 32 }, (_, index) => index + 1));
    expect(rig.of('command.missed').every(({ cause }) => cause === 'cancelled')).toBe(true);
    expect(await rig.fire({ commandId: 100, output: 9, fireAtCounts: 60_000, holdMs: 1 })).toEqual({ result: 'rejected', reason: 'bad-output' });
    expect(await rig.fire({ commandId: 101, output: 2, fireAtCounts: 0, holdMs: 1 })).toEqual({ result: 'rejected', reason: 'late' });
  });

  test.skipIf(!isHere)('goes safe by itself when the cable is pulled, and never arms by itself', async () => {
    rig = new LinkRig(kind);
    await rig.arm(2000);
    await rig.fire({ commandId: 1, output: 0, fireAtCounts: rig.board.count + 2000, holdMs: 100 });
    await rig.fire({ commandId: 2, output: 1, fireAtCounts: rig.board.count + 900, holdMs: 190 });
    rig.board.tell('cable 0');
    const pulledUs = rig.board.us;
    await rig.stepMs(650);
    const opened = rig.board.moves.find(({ pin, on, us }) => pin === 'relay' && !on && us > pulledUs)!;
    expect((opened.us - pulledUs) / 1000).toBeGreaterThan(400);
    expect((opened.us - pulledUs) / 1000).toBeLessThan(570);
    expect(rig.board.outputMoves(1).at(-1)!.on).toBe(false);
    rig.board.tell('cable 1');
    await rig.until(() => rig.of('link.up').length === 2, 8000);
    expect(rig.of('board.state').at(-1)).toMatchObject({ state: 'safe', cause: 'heartbeat-lost' });
    expect(rig.of('link.up').at(-1)).toMatchObject({ rebooted: false });
    expect(rig.board.moves.filter(({ pin, on }) => pin === 'relay' && on)).toHaveLength(1);
    expect(rig.board.outputMoves(0)).toEqual([]);
  });

  test.skipIf(!isHere)('stops at the E-stop and stays safe after its release; debounces jam and full bins', async () => {
    rig = new LinkRig(kind);
    await rig.arm(2000);
    await rig.fire({ commandId: 1, output: 0, fireAtCounts: rig.board.count + 2000, holdMs: 100 });
    const changes = (): unknown[] => rig.of('board.sensor').slice(told).map(({ event }) => event);
    const told = rig.of('board.sensor').length;
    rig.board.tell('input jam 1');
    await rig.stepMs(10);
    rig.board.tell('input jam 0');
    await rig.stepMs(40);
    expect(changes()).toEqual([]);
    rig.board.tell('input e-stop 1');
    await rig.stepMs(1);
    rig.board.tell('input e-stop 0');
    await rig.until(() => rig.of('board.state').at(-1)!.state === 'safe', 100);
    expect(rig.of('board.state').at(-1)).toMatchObject({ state: 'safe', cause: 'e-stop' });
    expect(rig.of('command.missed')).toMatchObject([{ commandId: 1, cause: 'inhibited' }]);
    await rig.until(() => changes().length === 2, 100);
    expect(changes()).toEqual([{ sensor: 'e-stop', active: true }, { sensor: 'e-stop', active: false }]);
    rig.board.tell('input jam 1');
    await rig.stepMs(40);
    expect(await rig.settle(rig.link.arm())).toEqual({ result: 'rejected', reason: 'interlock' });
    rig.board.tell('input jam 0');
    rig.board.tell('input full-3 1');
    await rig.stepMs(60);
    expect(changes().at(-1)).toEqual({ sensor: 'bin-full', output: 3, active: true });
    expect(await rig.settle(rig.link.arm())).toEqual({ result: 'acked' });
  });

  test.skipIf(!isHere)('a belt that runs backwards, or faster than it can, is a fault; the command it waits for fires once', async () => {
    rig = new LinkRig(kind);
    await rig.arm(2000);
    const target = rig.board.count + 500;
    await rig.fire({ commandId: 1, output: 0, fireAtCounts: target, holdMs: 1 });
    await rig.until(() => rig.of('command.fired').length === 1);
    await rig.fire({ commandId: 2, output: 1, fireAtCounts: target + 400, holdMs: 1 });
    rig.board.tell('speed -2000');
    await rig.stepMs(60);
    rig.board.tell('speed 2000');
    await rig.until(() => rig.of('command.fired').length === 2);
    await rig.stepMs(50);
    expect(rig.of('command.fired').map(({ firedAtCounts }) => firedAtCounts)).toEqual([target, target + 400]);
    expect(rig.board.outputMoves(0)).toHaveLength(2);
    rig.board.tell('speed -2000');
    await rig.until(() => rig.of('board.state').at(-1)!.state === 'safe');
    expect(rig.of('board.state').at(-1)).toMatchObject({ cause: 'fault' });
    expect(await rig.settle(rig.link.arm())).toEqual({ result: 'acked' });
    rig.board.tell('speed 24000');
    await rig.until(() => rig.of('board.state').at(-1)!.state === 'safe');
    expect(rig.of('board.state').at(-1)).toMatchObject({ cause: 'fault' });
  });

  test.skipIf(!isHere)('over a cable that damages bytes every accepted command is fired once or reported missed', async () => {
    rig = new LinkRig(kind, 5);
    const random = createRandom(9);
    const damaged = (bytes: Uint8Array): Uint8Array => Uint8Array.from([...bytes].flatMap((byte) => {
      const dice = random.integer(0, 999);
      if (dice < 5) return [];
      return [dice < 9 ? byte ^ (1 << random.integer(0, 7)) : byte];
    }));
    rig.toBoard = damaged;
    rig.toHost = damaged;
    await rig.arm(5000);
    const accepted: number[] = [];
    for (let commandId = 1; commandId <= 40; commandId++) {
      const fireAtCounts = rig.board.count + 2500;
      void rig.link.schedule({ commandId, output: commandId % 7, fireAtCounts, holdMs: 2 }).then(({ result }) => { if (result === 'acked') accepted.push(commandId); });
      await rig.stepMs(20);
    }
    await rig.stepMs(900);
    const settled = [...rig.of('command.fired'), ...rig.of('command.missed')].map(({ commandId }) => commandId);
    expect(accepted.length).toBeGreaterThan(34);
    expect(settled.toSorted((a, b) => a - b)).toEqual(accepted.toSorted((a, b) => a - b));
    const shots = rig.board.moves.filter(({ pin, on }) => typeof pin === 'number' && pin < 7 && on).length;
    expect(shots).toBe(rig.of('command.fired').length);
  });

  test.skipIf(!isHere)('after a reset it says so, with a new boot id, outputs off', async () => {
    rig = new LinkRig(kind);
    await rig.arm(2000);
    await rig.fire({ commandId: 1, output: 0, fireAtCounts: rig.board.count + 40, holdMs: 190 });
    await rig.until(() => rig.of('command.fired').length === 1);
    rig.board.tell('reset');
    await rig.until(() => rig.of('link.up').length === 2, 8000);
    expect(rig.of('link.up').at(-1)).toMatchObject({ rebooted: true });
    expect(rig.of('board.state').at(-1)).toMatchObject({ state: 'safe', cause: 'boot' });
    expect(rig.board.outputMoves(0).at(-1)!.on).toBe(false);
    expect(rig.board.moves.findLast(({ pin }) => pin === 'relay')!.on).toBe(false);
  });
});

function onTimesMs(rig: LinkRig, output: number): number[] {
  const moves = rig.board.outputMoves(output);
  return moves.flatMap((move, index) => (move.on || index === 0 ? [] : [(move.us - moves[index - 1]!.us) / 1000]));
}
