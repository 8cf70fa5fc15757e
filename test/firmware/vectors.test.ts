// The firmware's frame layer, compiled for this machine, against the vectors that the host's codec and the twin pass, and the
// worked session of firmware-protocol.md § 8 byte by byte on the simulated processor.
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { FrameDecoder } from '../../src/link/frame-codec.ts';
import { bytesOf, hexOf, vectors, wireOf } from '../link/vectors.ts';
import { build, BUILD_FOLDER, hasAvrTools, hasCompiler } from './firmware-build.ts';
import { LockstepBoard } from './lockstep-board.ts';

/** A frame is at most 64 bytes: the firmware's COBS knows no longer ones, and the document lets it. */
const SHORT_BYTES = 66;

function answers(questions: readonly string[]): string[] {
  return execFileSync(join(BUILD_FOLDER, 'vectors-host'), { input: `${questions.join('\n')}\n`, encoding: 'utf8' }).trimEnd().split('\n').map((line) => line.trim());
}

const packed = (hex: string): string => hex.replaceAll(' ', '');

describe.skipIf(!hasCompiler)('the firmware compiled for this machine', () => {
  beforeAll(() => build('host'), 120_000);

  test('computes every CRC of the vectors', () => {
    expect(answers(vectors.crc16.map(({ bytes }) => `crc ${packed(bytes)}`))).toEqual(vectors.crc16.map(({ crc }) => crc));
  });

  test('codes and decodes every COBS vector that a frame can be as long as', () => {
    const short = vectors.cobs.filter(({ plain }) => bytesOf(plain).length <= SHORT_BYTES);
    expect(short.length).toBeGreaterThan(4);
    expect(answers(short.map(({ plain }) => `cobs-encode ${packed(plain)}`))).toEqual(short.map(({ coded }) => packed(coded)));
    expect(answers(short.map(({ coded }) => `cobs-decode ${packed(coded)}`))).toEqual(short.map(({ plain }) => packed(plain)));
  });

  test('reads and writes every frame of the vectors', () => {
    const header = (frame: string): string => frame.split(' ').slice(0, 4).join(' ');
    const payload = (frame: string): string => frame.split(' ').slice(4, -2).join('');
    expect(answers(vectors.frames.map(({ wire }) => `decode ${packed(wire)}`))).toEqual(vectors.frames.map(({ frame }) => `${header(frame)} ${payload(frame)}`.trim()));
    expect(answers(vectors.frames.map(({ frame }) => `encode ${header(frame)} ${payload(frame)}`))).toEqual(vectors.frames.map(({ wire }) => packed(wire)));
  });

  test('throws away what is no frame', () => {
    expect(answers(vectors.invalid.map(({ wire }) => `decode ${packed(wire)}`))).toEqual(vectors.invalid.map(() => 'damaged'));
  });
});

describe.skipIf(!hasAvrTools)('the worked session on the simulated processor', () => {
  beforeAll(() => build('bench'), 120_000);

  test('goes byte by byte as the document says', async () => {
    const board = new LockstepBoard('atmega328p');
    const say = async (name: string, us = 6000): Promise<string[]> => {
      board.send(wireOf(name));
      return framesIn(await board.run(us));
    };
    await board.run(10_000);
    board.send(Uint8Array.of(0));
    expect(await say('hello', 15_000)).toEqual([expect.stringMatching(/^81 5A 00 00 01 01 01 01 4D 3C 2B 1A /), frameOf('first-state')]);
    for (const name of ['config-begin', 'config-output-0', 'config-output-3']) await say(name);
    expect(await say('config-commit')).toEqual([frameOf('config-result'), frameOf('configured-state')]);
    await say('host-ack');
    board.tell('follow 1');
    board.tell('speed 20000');
    expect(await say('arm')).toContain(frameOf('armed-state'));
    expect(await say('fire')).toContain(frameOf('fire-result'));
    // The belt turns to 102500; the host stays alive meanwhile.
    const late: string[] = [];
    while (board.count < 102_500) {
      board.send(wireOf('heartbeat'));
      late.push(...framesIn(await board.run(200_000)));
    }
    expect(late).toContain(frameOf('fired'));
    expect(board.outputMoves(3).map(({ on, count }) => ({ on, count }))).toEqual([
      { on: true, count: 0 }, { on: false, count: 102_500 }, { on: true, count: expect.any(Number) },
    ]);
    expect(await say('fire-late')).toContain(frameOf('fire-late-result'));
    await board.stop();
  }, 60_000);
});

/** Frames before COBS, belt samples left out, in the order they came. */
function framesIn(bytes: Uint8Array): string[] {
  const frames: string[] = [];
  const decoder = new FrameDecoder({
    onFrame: ({ id, session, seq, ack, payload }) => { if (id !== 0x85 && id !== 0x82) frames.push(hexOf(Uint8Array.of(id, session, seq, ack, ...payload))); },
  });
  decoder.push(bytes);
  return frames;
}

/** Without its CRC. */
function frameOf(name: string): string {
  return vectors.frames.find((vector) => vector.name === name)!.frame.split(' ').slice(0, -2).join(' ');
}
