// Frames to bytes and back. Knows header, CRC and COBS; knows nothing of messages, sessions or order.
// firmware-protocol.md § Frame:
//
//   ┌────┬─────────┬─────┬─────┬──────────────┬────────┐
//   │ id │ session │ seq │ ack │ payload 0…58 │ crc u16│  ─ COBS ─▶  block  0x00
//   └────┴─────────┴─────┴─────┴──────────────┴────────┘
import { cobsDecodeInto, cobsEncodeInto, cobsMaxLength } from './cobs.ts';
import { crc16 } from './crc16.ts';

export const HEADER_BYTES = 4;
export const CRC_BYTES = 2;
export const MAX_FRAME_BYTES = 64;
export const MAX_PAYLOAD_BYTES = MAX_FRAME_BYTES - HEADER_BYTES - CRC_BYTES;
/** Longest block without its delimiter. */
export const MAX_BLOCK_BYTES = cobsMaxLength(MAX_FRAME_BYTES);
export const DELIMITER = 0x00;

/** One frame. `payload` of a decoded frame is a view that is valid only during the decoder's callback. */
export interface Frame {
  readonly id: number;
  /** 0 outside a session. */
  readonly session: number;
  /** Position in the sender's reliable stream, modulo 256; 0 and meaningless in unreliable frames. */
  readonly seq: number;
  /** Next sequence number the sender expects from the other side. */
  readonly ack: number;
  readonly payload: Uint8Array;
}

/** The frame as it goes onto the wire: COBS block and delimiter. The buffer is the caller's. */
export function encodeFrame(frame: Frame): Uint8Array {
  const { payload } = frame;
  if (payload.length > MAX_PAYLOAD_BYTES) throw new RangeError(`payload of ${payload.length} bytes, at most ${MAX_PAYLOAD_BYTES} fit a frame`);
  const plain = new Uint8Array(HEADER_BYTES + payload.length + CRC_BYTES);
  plain[0] = frame.id;
  plain[1] = frame.session;
  plain[2] = frame.seq;
  plain[3] = frame.ack;
  plain.set(payload, HEADER_BYTES);
  const crc = crc16(plain, { end: plain.length - CRC_BYTES });
  plain[plain.length - 2] = crc & 0xff;
  plain[plain.length - 1] = crc >> 8;
  // Below 254 bytes COBS adds exactly one byte, and the fresh buffer already holds the delimiter.
  const wire = new Uint8Array(plain.length + 2);
  cobsEncodeInto(plain, wire);
  return wire;
}

/** What the decoder met; every byte is part of a frame or counted in `bytesDiscarded`. */
export interface DecoderCounters {
  frames: number;
  /** Blocks thrown away, by reason. */
  tooLong: number;
  tooShort: number;
  badCobs: number;
  badCrc: number;
  /** Bytes of thrown-away blocks, delimiters not counted. */
  bytesDiscarded: number;
}

export interface FrameHandlers {
  onFrame(frame: Frame): void;
  /** A block was thrown away; the decoder goes on at the next one. */
  onInvalid?(why: 'tooLong' | 'tooShort' | 'badCobs' | 'badCrc'): void;
}

/** Takes bytes in any split, gives whole frames; after damage it is in step again at the next 0x00. */
export class FrameDecoder {
  readonly counters: DecoderCounters = { frames: 0, tooLong: 0, tooShort: 0, badCobs: 0, badCrc: 0, bytesDiscarded: 0 };
  readonly #handlers: FrameHandlers;
  readonly #block = new Uint8Array(MAX_BLOCK_BYTES);
  readonly #plain = new Uint8Array(MAX_BLOCK_BYTES);
  #length = 0;

  constructor(handlers: FrameHandlers) {
    this.#handlers = handlers;
  }

  push(bytes: Uint8Array): void {
    for (let index = 0; index < bytes.length; index++) {
      const byte = bytes[index]!;
      if (byte === DELIMITER) {
        this.#endBlock();
      } else {
        // An overlong block is counted to its end but no longer kept.
        if (this.#length < MAX_BLOCK_BYTES) this.#block[this.#length] = byte;
        this.#length++;
      }
    }
  }

  /** Forgets a half-received block: after the cable was opened anew. */
  reset(): void {
    this.#length = 0;
  }

  get framesInvalid(): number {
    const { tooLong, tooShort, badCobs, badCrc } = this.counters;
    return tooLong + tooShort + badCobs + badCrc;
  }

  #endBlock(): void {
    const length = this.#length;
    this.#length = 0;
    // Extra delimiters between blocks are allowed: a sender may use one to end whatever noise came before.
    if (length === 0) return;
    if (length > MAX_BLOCK_BYTES) return this.#discard('tooLong', length);
    const plain = this.#plain;
    const plainLength = cobsDecodeInto(this.#block.subarray(0, length), plain);
    if (plainLength < 0) return this.#discard('badCobs', length);
    if (plainLength < HEADER_BYTES + CRC_BYTES) return this.#discard('tooShort', length);
    const crcAt = plainLength - CRC_BYTES;
    if (crc16(plain, { end: crcAt }) !== (plain[crcAt]! | (plain[crcAt + 1]! << 8))) return this.#discard('badCrc', length);
    this.counters.frames++;
    this.#handlers.onFrame({ id: plain[0]!, session: plain[1]!, seq: plain[2]!, ack: plain[3]!, payload: plain.subarray(HEADER_BYTES, crcAt) });
  }

  #discard(why: 'tooLong' | 'tooShort' | 'badCobs' | 'badCrc', length: number): void {
    this.counters[why]++;
    this.counters.bytesDiscarded += length;
    this.#handlers.onInvalid?.(why);
  }
}
