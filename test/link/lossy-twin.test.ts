// Host and twin, two readings of one document, over a cable that damages bytes. Time is virtual: minutes cost a second.
import { describe, expect, it } from 'vitest';
import type { CommandResult, LinkEvent } from '../../src/link/link.ts';
import type { TwinRig } from '../sim/twin-rig.ts';
import { advanceUntil, armed, settle } from '../sim/twin-rig.ts';
import type { CableFaults } from '../../src/sim/faults/faulty-cable.ts';

const UART_115200: CableFaults = { latencyMs: 0.3, byteNs: 86_805 };
const BIT_ERRORS: CableFaults = { flipPerBit: 1e-4, dropPerByte: 0.02 };
/** Targets this far ahead: half a second at the rig's belt speed. */
const AHEAD_COUNTS = 1250;

interface Driven {
  results: string[];
  waitsMs: number[];
}

async function drive(rig: TwinRig, setup: { seconds: number; firstId: number }): Promise<Driven> {
  const driven: Driven = { results: [], waitsMs: [] };
  const pending: Promise<void>[] = [];
  let commandId = setup.firstId;
  let belt = lastSample(rig.events);
  const offer = rig.clock.every(20, () => {
    belt = lastSample(rig.events) ?? belt;
    const atNs = rig.clock.nowNs();
    pending.push(rig.link.schedule({ commandId: commandId++, output: 0, fireAtCounts: Math.round(belt!.counts) + AHEAD_COUNTS, holdMs: 10 }).then((result: CommandResult) => {
      driven.results.push(result.result === 'rejected' ? result.reason : result.result);
      driven.waitsMs.push((rig.clock.nowNs() - atNs) / 1e6);
    }));
  });
  await rig.clock.advanceMs(setup.seconds * 1000);
  offer.cancel();
  await settle(rig, Promise.all(pending));
  await rig.clock.advanceMs(2000);
  return driven;
}

function lastSample(events: readonly LinkEvent[]) {
  const event = events.findLast((candidate) => candidate.kind === 'belt.sample');
  return event?.kind === 'belt.sample' ? event.sample : undefined;
}

describe('50 commands a second', () => {
  it.each([
    ['a UART with bit errors at 1e-4 and 2 % of bytes lost', { ...UART_115200, ...BIT_ERRORS }, 250],
    ['the same behind a USB chip with 16 ms of jitter', { ...UART_115200, ...BIT_ERRORS, latencyMs: 1, jitterMs: 16 }, 400],
    ['repeated and reordered writes', { ...UART_115200, jitterMs: 8, reorders: true, repeat: 0.1 }, 150],
  ])('get through %s, in time to fire', async (_name, faults, p99Ms) => {
    const rig = await armed({ seed: 11, faults });
    const { results, waitsMs } = await drive(rig, { seconds: 30, firstId: 1 });
    expect(results).toHaveLength(1500);
    const acked = results.filter((result) => result === 'acked').length;
    // One block in 65536 is damaged unseen, and may cost its command.
    expect(acked).toBeGreaterThanOrEqual(1498);
    waitsMs.sort((a, b) => a - b);
    expect(waitsMs[Math.floor(waitsMs.length * 0.99)]).toBeLessThan(p99Ms);
    const fired = rig.of('command.fired');
    expect(new Set(fired.map(({ commandId }) => commandId)).size).toBe(fired.length);
    expect(fired.length + rig.of('command.missed').length).toBe(acked);
    for (const { firedAtCounts, targetCounts } of fired) expect(Math.abs(firedAtCounts - targetCounts)).toBeLessThanOrEqual(1);
    expect(rig.of('link.down')).toEqual([]);
    await rig.link.stop();
    await rig.twin.stop();
  });
});

describe('a board that resets on such a cable', () => {
  it('leaves no command open, and moves again only when armed', async () => {
    const rig = await armed({ seed: 12, faults: { ...UART_115200, ...BIT_ERRORS } });
    const all: string[] = [];
    for (let reset = 0; reset < 3; reset++) {
      const driving = drive(rig, { seconds: 10, firstId: 1 + reset * 500 });
      const up = rig.of('link.up').length;
      rig.clock.after(5000, () => rig.twin.reset('brown-out'));
      all.push(...(await driving).results);
      await advanceUntil(rig, 20_000, () => rig.of('link.up').length > up);
      expect(rig.twin.boardState).toBe('safe');
      expect(await settle(rig, rig.link.arm())).toEqual({ result: 'acked' });
      await rig.clock.advanceMs(500);
    }
    expect(all).toHaveLength(1500);
    expect(new Set(all)).toContain('closed');
    expect(rig.of('link.up').filter(({ rebooted }) => rebooted)).toHaveLength(3);
    await rig.link.stop();
    await rig.twin.stop();
  });
});
