import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Frame } from '../../src/link/frame-codec.ts';
import { encodeFrame, FrameDecoder, MAX_PAYLOAD_BYTES } from '../../src/link/frame-codec.ts';
import { encodePayload } from '../../src/link/message-codec.ts';
import { MESSAGES } from '../../src/link/messages.ts';
import { bytesOf, hexOf, messageOf, vectors, wireOf } from './vectors.ts';

function collector() {
  const frames: Frame[] = [];
  const invalid: string[] = [];
  const decoder = new FrameDecoder({
    onFrame: (frame) => frames.push({ ...frame, payload: frame.payload.slice() }),
    onInvalid: (why) => invalid.push(why),
  });
  return { frames, invalid, decoder };
}

const byte = fc.integer({ min: 0, max: 255 });
const anyFrame = fc.record({ id: byte, session: byte, seq: byte, ack: byte, payload: fc.uint8Array({ maxLength: MAX_PAYLOAD_BYTES }) });

describe('frame codec', () => {
  it.each(vectors.frames)('encodes and decodes $name', (vector) => {
    const frame = { id: MESSAGES[vector.kind].id, session: vector.session, seq: vector.seq, ack: vector.ack, payload: encodePayload(messageOf(vector)) };
    expect(hexOf(encodeFrame(frame))).toBe(vector.wire);
    const { frames, decoder } = collector();
    decoder.push(bytesOf(vector.wire));
    expect(frames).toEqual([frame]);
  });

  it('decodes a stream split at every position', () => {
    const stream = new Uint8Array([...wireOf('hello'), ...wireOf('fire'), 0, 0, ...wireOf('hello-reply')]);
    const whole = collector();
    whole.decoder.push(stream);
    expect(whole.frames.map(({ id }) => id)).toEqual([0x01, 0x15, 0x81]);
    for (let cut = 0; cut <= stream.length; cut++) {
      const { frames, decoder } = collector();
      decoder.push(stream.subarray(0, cut));
      decoder.push(stream.subarray(cut));
      expect(frames).toEqual(whole.frames);
    }
    const single = collector();
    for (const value of stream) single.decoder.push(Uint8Array.of(value));
    expect(single.frames).toEqual(whole.frames);
  });

  it.each(vectors.invalid)('throws away $name as $why, counts it, and reads the next block', ({ why, wire }) => {
    const { frames, invalid, decoder } = collector();
    const bytes = bytesOf(wire);
    decoder.push(bytes);
    decoder.push(wireOf('arm'));
    expect(invalid).toEqual([why]);
    expect(frames.map(({ id }) => id)).toEqual([0x13]);
    expect(decoder.counters).toMatchObject({ frames: 1, [why]: 1, bytesDiscarded: bytes.length - 1 });
    expect(decoder.framesInvalid).toBe(1);
  });

  it('forgets half a block at reset', () => {
    const { frames, decoder } = collector();
    decoder.push(bytesOf('03 01 5A'));
    decoder.reset();
    decoder.push(wireOf('arm'));
    expect(frames).toHaveLength(1);
  });

  it('brings any frame back whatever the split', () => {
    fc.assert(fc.property(fc.array(anyFrame, { maxLength: 5 }), fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1 }), (sent, sizes) => {
      const { frames, decoder } = collector();
      const stream = new Uint8Array(sent.flatMap((frame) => [...encodeFrame(frame)]));
      for (let at = 0, turn = 0; at < stream.length; turn++) {
        const size = sizes[turn % sizes.length]!;
        decoder.push(stream.subarray(at, at + size));
        at += size;
      }
      expect(frames).toEqual(sent);
      expect(decoder.framesInvalid).toBe(0);
    }));
  });

  it('after any damage to one block is in step at the next, and every byte is counted', () => {
    const damage = fc.oneof(
      fc.record({ how: fc.constant('flip' as const), at: fc.nat(), bit: fc.integer({ min: 0, max: 7 }) }),
      fc.record({ how: fc.constant('drop' as const), at: fc.nat() }),
      fc.record({ how: fc.constant('insert' as const), at: fc.nat(), value: byte }),
    );
    fc.assert(fc.property(anyFrame, anyFrame, damage, (first, second, hurt) => {
      // The delimiter itself stays: a block that lost it takes its neighbour along, which the vectors cover.
      const block = [...encodeFrame(first)].slice(0, -1);
      const at = hurt.at % block.length;
      if (hurt.how === 'flip') block[at]! ^= 1 << hurt.bit;
      if (hurt.how === 'drop') block.splice(at, 1);
      if (hurt.how === 'insert') block.splice(at, 0, hurt.value);
      const { frames, decoder } = collector();
      decoder.push(Uint8Array.from([...block, 0]));
      decoder.push(encodeFrame(second));
      expect(frames.at(-1)).toEqual(second);
      // Where damage made zeros the block fell apart; each part is either counted or (a one in 65536 chance) a frame.
      if (frames.length === 1) {
        expect(decoder.framesInvalid).toBeGreaterThan(0);
        expect(decoder.counters.bytesDiscarded).toBe(block.filter((value) => value !== 0).length);
      }
    }));
  });

  it('survives noise of any length', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 2000 }), (noise) => {
      const { frames, decoder } = collector();
      decoder.push(noise);
      decoder.push(Uint8Array.of(0));
      const before = frames.length;
      decoder.push(wireOf('safe'));
      expect(frames.length).toBe(before + 1);
    }));
  });

  it('refuses to encode what no frame holds', () => {
    expect(() => encodeFrame({ id: 1, session: 0, seq: 0, ack: 0, payload: new Uint8Array(MAX_PAYLOAD_BYTES + 1) })).toThrow(RangeError);
  });
});
