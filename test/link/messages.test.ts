import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SortlineError } from '../../src/base/errors.ts';
import { configMessages } from '../../src/link/board-config.ts';
import { MAX_PAYLOAD_BYTES } from '../../src/link/frame-codec.ts';
import { decodePayload, encodePayload, payloadBytesOf, rangeProblem } from '../../src/link/message-codec.ts';
import type { FieldSpec, Message, MessageKind, MessageSpec } from '../../src/link/messages.ts';
import { isReliableId, MESSAGES } from '../../src/link/messages.ts';
import { bytesOf, messageOf, vectors } from './vectors.ts';

const table = Object.entries(MESSAGES) as [MessageKind, MessageSpec][];

function valueOf(field: FieldSpec): fc.Arbitrary<number | string> {
  if (field.values !== undefined) return fc.constantFrom(...field.values);
  if (field.type === 'ascii16') return fc.string({ maxLength: 16, unit: 'grapheme-ascii' });
  const max = field.max ?? { u8: 0xff, u16: 0xffff, u32: 0xffff_ffff, i32: 0x7fff_ffff }[field.type];
  return fc.integer({ min: field.min ?? (field.type === 'i32' ? -0x8000_0000 : 0), max });
}

const anyMessage = fc.constantFrom(...table).chain(([kind, spec]) =>
  fc.record(Object.fromEntries(spec.fields.map((field) => [field.name, valueOf(field)]))).map((fields) => ({ kind, ...fields }) as unknown as Message));

describe('message table', () => {
  it.each(table)('%s has a vector, fits a frame, and its id says its direction', (kind, spec) => {
    expect(vectors.frames.filter((frame) => frame.kind === kind), `no vector for ${kind}`).not.toHaveLength(0);
    expect(payloadBytesOf(kind)).toBeLessThanOrEqual(MAX_PAYLOAD_BYTES);
    expect((spec.id & 0x80) === 0).toBe(spec.from === 'host');
  });

  it('has no id twice and divides reliable from unreliable at 0x10', () => {
    expect(new Set(table.map(([, spec]) => spec.id)).size).toBe(table.length);
    expect(table.filter(([, spec]) => !isReliableId(spec.id)).map(([kind]) => kind)).toEqual([
      'hello.ask', 'heartbeat.ask', 'host.ack', 'host.nak', 'hello.reply', 'heartbeat.reply', 'board.ack', 'board.nak', 'belt.sample',
    ]);
  });
});

describe('message codec', () => {
  it.each(vectors.frames)('reads $name', (vector) => {
    const frame = bytesOf(vector.frame);
    expect(decodePayload(frame[0]!, frame.subarray(4, -2))).toEqual(messageOf(vector));
  });

  it('brings any message back', () => {
    fc.assert(fc.property(anyMessage, (message) => {
      expect(rangeProblem(message)).toBeUndefined();
      expect(decodePayload(MESSAGES[message.kind].id, encodePayload(message))).toEqual(message);
    }), { numRuns: 500 });
  });

  it('takes no other length, but for the hellos, which may grow', () => {
    for (const [kind, spec] of table) {
      const bytes = payloadBytesOf(kind);
      const longer = new Uint8Array(bytes + 1).fill(1);
      expect(decodePayload(spec.id, longer) !== undefined, kind).toBe(kind.startsWith('hello.'));
      if (bytes > 0) expect(decodePayload(spec.id, longer.subarray(0, bytes - 1)), kind).toBeUndefined();
    }
  });

  it('reads any bytes without throwing', () => {
    fc.assert(fc.property(fc.integer({ min: 0, max: 255 }), fc.uint8Array({ maxLength: MAX_PAYLOAD_BYTES }), (id, payload) => {
      const message = decodePayload(id, payload);
      if (message !== undefined) expect(MESSAGES[message.kind].id).toBe(id);
    }));
  });

  it('does not know ids and names beyond the table', () => {
    expect(decodePayload(0x7f, new Uint8Array(0))).toBeUndefined();
    expect(decodePayload(MESSAGES['fire.missed'].id, bytesOf('01 00 03 00 00 00 00'))).toBeUndefined();
  });

  it('leaves ranges to the receiver, who can name what is wrong', () => {
    const message = decodePayload(0x15, bytesOf('00 00 20 00 00 00 00 40 9C 00 00'));
    expect(message).toMatchObject({ kind: 'fire.schedule', commandId: 0, output: 32 });
    expect(rangeProblem(message!)).toContain('commandId is 0');
  });

  it.each([
    [{ kind: 'fire.cancel', commandId: 0 }, 'commandId is 0, expected an integer of 1 … 65535'],
    [{ kind: 'fire.cancel', commandId: 1.5 }, 'commandId is 1.5'],
    [{ kind: 'fire.missed', commandId: 1, cause: 'bored', atCount: 0 }, 'cause is bored, expected one of late, cancelled, inhibited'],
  ])('refuses to send %j', (message, text) => {
    const encoding = (): unknown => encodePayload(message as unknown as Message);
    expect(encoding).toThrow(SortlineError);
    expect(encoding).toThrow(text);
  });

  it('shows unprintable firmware names as question marks', () => {
    const vector = vectors.frames.find(({ name }) => name === 'hello-reply')!;
    const payload = bytesOf(vector.frame).slice(4, -2);
    payload[payload.length - 16] = 0x07;
    expect(decodePayload(0x81, payload)).toMatchObject({ firmware: '?ortline-avr 1.0' });
  });

  it('sums the configuration up as the vectors do, whatever the order of outputs', () => {
    const timing = { boardTimeoutMs: 500, beltPeriodMs: 20, maxLateCounts: 5 };
    const messages = configMessages([{ output: 3, maxOnMs: 1000, safeOn: true }, { output: 0, maxOnMs: 200, safeOn: false }], timing);
    expect(messages.at(-1)).toEqual({ kind: 'config.commit', configCrc: Number.parseInt(vectors.configCrc.crc, 16) });
    expect(messages.slice(0, -1).map((message) => [...encodePayload(message)]).flat()).toEqual([...bytesOf(vectors.configCrc.bytes)]);
  });
});
