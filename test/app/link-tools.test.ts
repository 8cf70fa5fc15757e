// The tools for the cable alone: traffic as text, captures, the fuzzer. The fuzzer is tried on boards that stand it and on boards bent so
// that they do not.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { captureLine, readCapture } from '../../src/app/link-capture.ts';
import type { FuzzResult } from '../../src/app/link-fuzz.ts';
import { fuzzBoard } from '../../src/app/link-fuzz.ts';
import { TrafficDecoder } from '../../src/app/link-traffic.ts';
import { ManualClock } from '../../src/base/manual-clock.ts';
import { createRandom } from '../../src/base/random.ts';
import { build, hasAvrTools, hasCompiler } from '../firmware/firmware-build.ts';
import type { BoardKind } from '../firmware/lockstep-board.ts';
import { LockstepBoard, stepUntil } from '../firmware/lockstep-board.ts';
import { bytesOf, vectors } from '../link/vectors.ts';
import type { Lie } from './hil-lying-board.ts';
import { startBoard } from './hil-lying-board.ts';

describe('traffic as text', () => {
  test('every frame of the vectors is named, with its fields', () => {
    for (const { kind, fields, wire } of vectors.frames) {
      const lines: string[] = [];
      new TrafficDecoder((line) => lines.push(line)).push('out', bytesOf(wire), 1.5e9);
      expect(lines).toHaveLength(1);
      expect(lines[0]).toContain(`1.500 > ${kind}`);
      for (const [name, value] of Object.entries(fields)) expect(lines[0]).toContain(`${name} ${value}`);
    }
  });

  test('damage is told with its bytes, and the next frame is read, however the bytes are split', () => {
    const bytes = Uint8Array.from([...bytesOf(vectors.invalid[0]!.wire), ...bytesOf(vectors.frames[0]!.wire)]);
    fc.assert(fc.property(fc.uniqueArray(fc.integer({ min: 1, max: bytes.length - 1 })), (places) => {
      const lines: string[] = [];
      const decoder = new TrafficDecoder((line) => lines.push(line));
      const cuts = [0, ...places.toSorted((a, b) => a - b), bytes.length];
      for (const [index, end] of cuts.slice(1).entries()) decoder.push('in', bytes.subarray(cuts[index], end), 0);
      expect(lines).toEqual([expect.stringMatching(/< damaged \(badCrc\) +03 01 5A/), expect.stringMatching(/< hello\.ask/)]);
      expect(decoder.totals).toEqual({ frames: 1, damaged: 1, strange: 0 });
    }));
  });
});

describe('captures', () => {
  test('are read as they were written; bare bytes as binary or hex; nonsense is refused with its line', () => {
    const folder = mkdtempSync(join(tmpdir(), 'sortline-capture-'));
    const file = (name: string, content: string | Uint8Array): string => {
      writeFileSync(join(folder, name), content);
      return join(folder, name);
    };
    const captured = [{ atNs: 5, direction: 'out' as const, bytes: Buffer.from('0102', 'hex') }, { atNs: 9, direction: 'in' as const, bytes: Buffer.from('00', 'hex') }];
    expect([...readCapture(file('a.jsonl', captured.map(captureLine).join('\n')), 'in')]).toEqual(captured);
    expect([...readCapture(file('b.hex', '03 01 5A\n01'), 'in')]).toEqual([{ atNs: 0, direction: 'in', bytes: Buffer.from('03015a01', 'hex') }]);
    expect([...readCapture(file('c.bin', Uint8Array.of(3, 1, 0x5a)), 'out')]).toEqual([{ atNs: 0, direction: 'out', bytes: Buffer.from('03015a', 'hex') }]);
    expect(() => [...readCapture(file('d.jsonl', '{"atNs":1,"direction":"out","hex":"00"}\n{"atNs":2}'), 'in')]).toThrow(/d\.jsonl:2 is no line of a capture/);
    expect(() => [...readCapture(join(folder, 'absent'), 'in')]).toThrow(/cannot be read/);
    rmSync(folder, { recursive: true });
  });
});

describe('the fuzzer', () => {
  async function fuzzed(lie: Lie, rounds = 15): Promise<FuzzResult> {
    const clock = new ManualClock({ startNs: 1e9 });
    const board = await startBoard(clock, lie);
    let result: FuzzResult | undefined;
    void fuzzBoard({ clock, random: createRandom(3), transport: board.transport, rounds }).then((done) => { result = done; });
    while (result === undefined) await clock.advanceMs(5);
    await board.close();
    return result;
  }

  test('finds nothing in a board that keeps the protocol', async () => {
    expect(await fuzzed({})).toMatchObject({ rounds: 15, firmware: 'liar 1', findings: [] });
  });

  test.each<[string, Lie, RegExp]>([
    ['restarts', { bends: (board) => { const take = board.stream.receive.bind(board.stream); board.stream.receive = (bytes) => { if (bytes.length > 190) board.restart('watchdog'); take(bytes); }; } }, /restarted \(watchdog\)/],
    ['falls silent', { bends: (board) => { const take = board.stream.receive.bind(board.stream); let heard = 0; board.stream.receive = (bytes) => { if ((heard += bytes.length) < 3000) take(bytes); }; } }, /no answer to 8 hellos/],
    ['arms itself', { says: (message, say) => say(message.kind === 'board.state' ? { ...message, state: 'armed' } : message) }, /armed itself/],
    ['sends frames that no table has', { bends: (board) => { const send = board.stream.sendUnreliable.bind(board.stream); board.stream.sendUnreliable = (message, session) => send(message.kind === 'board.ack' ? { kind: 'host.ack' } as never : message, session); } }, /frame that no table has: id 0x3/],
  ])('a board that %s is found', async (_name, lie, what) => {
    const { findings } = await fuzzed(lie);
    expect(findings.map((finding) => finding.what).join('\n')).toMatch(what);
  });

  const kinds: { kind: BoardKind; isHere: boolean }[] = [{ kind: 'host', isHere: hasCompiler }, { kind: 'atmega328p', isHere: hasAvrTools }];
  for (const { kind, isHere } of kinds) test.skipIf(!isHere)(`finds nothing in the reference firmware on ${kind}`, async () => {
    build(kind === 'host' ? 'host' : 'bench');
    const clock = new ManualClock({ startNs: 1e9 });
    const board = new LockstepBoard(kind);
    let result: FuzzResult | undefined;
    void fuzzBoard({ clock, random: createRandom(8), transport: board, rounds: kind === 'host' ? 40 : 4 }).then((done) => { result = done; });
    await stepUntil(clock, board, 60_000, () => result !== undefined);
    await board.stop();
    expect(result?.findings).toEqual([]);
    expect(board.moves).toEqual([]);
  }, 60_000);
});
