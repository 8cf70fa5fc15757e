// What the firmware costs and what it stands: flash and memory, the watchdog, and bytes of any kind under sanitizers.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { FrameDecoder, encodeFrame } from '../../src/link/frame-codec.ts';
import { decodePayload } from '../../src/link/message-codec.ts';
import type { Message } from '../../src/link/messages.ts';
import { wireOf } from '../link/vectors.ts';
import { build, ELF, FIRMWARE_FOLDER, hasAvrTools, hasCompiler } from './firmware-build.ts';
import { LinkRig } from './link-rig.ts';
import { LockstepBoard } from './lockstep-board.ts';

/** An ATmega328P has 32 KB of flash, 0.5 KB of it a boot loader's, and 2 KB of memory. */
const FLASH_BYTES = 32_256;
const MEMORY_BYTES = 2048;

describe.skipIf(!hasAvrTools)('the firmware on an ATmega328P', { timeout: 60_000 }, () => {
  beforeAll(() => build('bench'), 120_000);

  test('fits, and takes what docs/firmware.md says', () => {
    const { flash, memory } = sizes();
    expect(flash).toBeLessThan(FLASH_BYTES / 2);
    expect(memory).toBeLessThan(MEMORY_BYTES * 0.75);
    const document = readFileSync(join(FIRMWARE_FOLDER, '..', 'docs', 'firmware.md'), 'utf8');
    const stated = (unit: string): number => Number(new RegExp(`([\\d,]+) bytes of ${unit}`).exec(document)?.[1]?.replaceAll(',', ''));
    // Another version of the compiler may differ a little.
    expect(Math.abs(stated('flash') - flash)).toBeLessThan(400);
    expect(Math.abs(stated('memory') - memory)).toBeLessThan(40);
  });

  test('never allocates', () => {
    const symbols = execFileSync('avr-nm', [ELF], { encoding: 'utf8' });
    expect(symbols).toMatch(/ T main$/m);
    expect(symbols).not.toMatch(/\b(malloc|calloc|realloc|free)\b/);
  });

  test('a main loop that hangs is reset by the watchdog within 100 ms, outputs off, and says so', async () => {
    const rig = new LinkRig('atmega328p');
    await rig.arm(2000);
    await rig.fire({ commandId: 1, output: 0, fireAtCounts: rig.board.count + 40, holdMs: 190 });
    await rig.until(() => rig.of('command.fired').length === 1);
    const hungUs = rig.board.us;
    rig.board.tell('hang');
    await rig.stepMs(200);
    const opened = rig.board.moves.findLast(({ pin }) => pin === 'relay')!;
    expect(opened.on).toBe(false);
    expect((opened.us - hungUs) / 1000).toBeLessThan(100);
    expect(rig.board.outputMoves(0).at(-1)!.on).toBe(false);
    const hello = messagesIn(Uint8Array.from(rig.board.sent)).findLast(({ kind }) => kind === 'hello.reply');
    expect(hello).toMatchObject({ resetCause: 'watchdog' });
    await rig.close();
  });

  test('leaves a reserve of stack in the heaviest use', async () => {
    const rig = new LinkRig('atmega328p');
    await rig.arm(20_000);
    for (let index = 0; index < 32; index++) void rig.link.schedule({ commandId: index + 1, output: index % 8, fireAtCounts: rig.board.count + 2000 + index, holdMs: 1 });
    await rig.stepMs(250);
    rig.board.tell('input e-stop 1');
    await rig.stepMs(50);
    expect(await rig.board.freeStack()).toBeGreaterThan(200);
    await rig.close();
  });
});

describe.skipIf(!hasCompiler)('the firmware under sanitizers', { timeout: 60_000 }, () => {
  beforeAll(() => build('host'), 120_000);

  test('whatever bytes come, no output moves, and the next hello is answered', async () => {
    const anything = fc.uint8Array({ maxLength: 120 });
    const frame = fc.record({ id: fc.integer({ min: 0, max: 255 }), session: fc.constantFrom(0x5a, 0, 7), seq: fc.integer({ min: 0, max: 9 }), ack: fc.integer({ min: 0, max: 9 }), payload: fc.uint8Array({ maxLength: 14 }) })
      .filter(({ id }) => id !== 0x13)
      .map(encodeFrame);
    await fc.assert(fc.asyncProperty(fc.array(fc.oneof(anything, frame), { maxLength: 60 }), async (pieces) => {
      const board = new LockstepBoard('host');
      await board.run(1000);
      board.send(wireOf('hello'));
      for (const piece of pieces) {
        board.send(piece);
        await board.run(3000);
      }
      board.send(Uint8Array.of(0));
      board.send(wireOf('hello'));
      const answers = messagesIn(await board.run(40_000));
      await board.stop();
      expect(answers.some((message) => message.kind === 'hello.reply' && message.nonce === 0x1a2b3c4d)).toBe(true);
      // Without board.arm nothing may fire; a safe value that is on needs a committed configuration, which chance does not make.
      expect(board.moves).toEqual([]);
    }), { numRuns: 25 });
  });
});

function sizes(): { flash: number; memory: number } {
  const [text, data, bss] = execFileSync('avr-size', [ELF], { encoding: 'utf8' }).split('\n')[1]!.trim().split(/\s+/).map(Number) as [number, number, number];
  return { flash: text + data, memory: data + bss };
}

function messagesIn(bytes: Uint8Array): Message[] {
  const messages: Message[] = [];
  const decoder = new FrameDecoder({ onFrame: ({ id, payload }) => {
    const message = decodePayload(id, payload);
    if (message !== undefined) messages.push(message);
  } });
  decoder.push(bytes);
  return messages;
}
