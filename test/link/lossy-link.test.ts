// The whole host side against a cable that damages bytes: nothing executed twice, nothing left open, nothing wrong.
import { describe, expect, it } from 'vitest';
import type { CommandResult } from '../../src/link/link.ts';
import { advanceUntil, bringUpArmed, createRig, settle } from './host-link-rig.ts';
import type { CableFaults } from '../../src/sim/faults/faulty-cable.ts';

const UART_115200 = { latencyMs: 0.3, byteNs: 86_805 };
const cables: [string, CableFaults][] = [
  ['clean', UART_115200],
  ['bit errors at 1e-4', { ...UART_115200, flipPerBit: 1e-4 }],
  ['bit errors at 1e-4 and 2 % of bytes dropped', { ...UART_115200, flipPerBit: 1e-4, dropPerByte: 0.02 }],
  ['jitter of 16 ms, as an FTDI chip has', { ...UART_115200, jitterMs: 16 }],
  ['the same with bit errors and lost bytes', { ...UART_115200, jitterMs: 16, flipPerBit: 1e-4, dropPerByte: 0.02 }],
  ['writes repeated', { ...UART_115200, repeat: 0.2 }],
  ['writes reordered and repeated', { ...UART_115200, jitterMs: 8, reorders: true, repeat: 0.1 }],
];

/** Offers 60 commands a second for `seconds`, each to fire 600 ms later. */
async function drive(faults: CableFaults, seed: number, seconds: number) {
  const rig = createRig({ seed, faults });
  await bringUpArmed(rig, 20_000);
  const resultById = new Map<number, CommandResult>();
  const resolvedCount = new Map<number, number>();
  const startNs = rig.clock.nowNs();
  let commandId = 0;
  const pending: Promise<void>[] = [];
  const offer = rig.clock.every(1000 / 60, () => {
    const id = ++commandId;
    const fireAtCounts = rig.board.reading().atCount + 1200;
    pending.push(rig.link.schedule({ commandId: id, output: 3, fireAtCounts, holdMs: 30 }).then((result) => {
      resultById.set(id, result);
      resolvedCount.set(id, (resolvedCount.get(id) ?? 0) + 1);
    }));
  });
  await rig.clock.advanceMs(seconds * 1000);
  offer.cancel();
  await settle(rig, Promise.all(pending), 5000);
  await rig.clock.advanceMs(1500);
  return { rig, resultById, resolvedCount, offered: commandId, seconds: (rig.clock.nowNs() - startNs) / 1e9 };
}

describe.each(cables)('%s', (_name, faults) => {
  it.each([1, 2, 3])('every command is answered once, none executed twice, no report lost (seed %i)', async (seed) => {
    const { rig, resultById, resolvedCount, offered } = await drive(faults, seed, 5);
    const { board } = rig;
    expect([...resolvedCount.values()].every((count) => count === 1)).toBe(true);
    expect(resultById.size).toBe(offered);
    expect([...board.acceptedById.values()].every((count) => count === 1), 'executed twice').toBe(true);
    const acked = [...resultById].filter(([, { result }]) => result === 'acked').map(([id]) => id);
    // A command the host believes taken was taken, and its end was told exactly once.
    const told = [...rig.of('command.fired'), ...rig.of('command.missed')].map(({ commandId }) => commandId);
    expect(new Set(told).size).toBe(told.length);
    for (const id of acked) {
      expect(board.acceptedById.get(id), `command ${id}`).toBe(1);
      expect(told, `command ${id}`).toContain(id);
    }
    // What fired, fired where it was asked to.
    for (const fired of rig.of('command.fired')) expect(fired.firedAtCounts).toBe(fired.targetCounts);
    expect(rig.of('link.down')).toEqual([]);
    if ((faults.flipPerBit ?? 0) > 0) expect(rig.link.stats.framesInvalid).toBeGreaterThan(0);
    // At least 50 commands a second at 115200 baud, however bad the cable of this table.
    expect(acked.length / 5).toBeGreaterThan(50);
  });
});

describe('a board that resets now and then on a bad cable', () => {
  it('leaves no command open and never moves without being armed', async () => {
    const rig = createRig({ seed: 5, faults: { ...UART_115200, flipPerBit: 1e-4, dropPerByte: 0.02 } });
    await bringUpArmed(rig, 20_000);
    const results: Promise<CommandResult>[] = [];
    let commandId = 0;
    const offer = rig.clock.every(20, () => void results.push(rig.link.schedule({ commandId: ++commandId, output: 0, fireAtCounts: rig.board.reading().atCount + 1000, holdMs: 30 })));
    for (let bootId = 100; bootId < 105; bootId++) {
      await rig.clock.advanceMs(1500);
      const board = rig.reboot({ bootId });
      const isBack = (): boolean => rig.of('link.up').some(({ hello }) => hello.bootId === bootId);
      expect(await advanceUntil(rig, 5000, isBack), `boot ${bootId}`).toBe(true);
      expect(board.acceptedById.size).toBe(0);
      expect(board.requests.some(({ kind }) => kind === 'board.arm')).toBe(false);
      const armed = await settle(rig, rig.link.arm());
      expect(armed).toEqual({ result: 'acked' });
    }
    offer.cancel();
    const all = await settle(rig, Promise.all(results));
    expect(all.length).toBe(commandId);
    expect(rig.of('link.up').filter(({ rebooted }) => rebooted)).toHaveLength(5);
  });
});
