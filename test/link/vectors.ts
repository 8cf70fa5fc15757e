// The shared vectors of firmware-protocol.md, as tests read them.
import { readFileSync } from 'node:fs';
import type { Message, MessageKind } from '../../src/link/messages.ts';

export interface FrameVector {
  readonly name: string;
  readonly kind: MessageKind;
  readonly session: number;
  readonly seq: number;
  readonly ack: number;
  readonly fields: Readonly<Record<string, number | string>>;
  readonly frame: string;
  readonly wire: string;
}

export interface ProtocolVectors {
  readonly protocol: number;
  readonly crc16: readonly { bytes: string; crc: string }[];
  readonly cobs: readonly { plain: string; coded: string }[];
  readonly difference32: readonly { a: number; b: number; difference: number }[];
  readonly configCrc: { bytes: string; crc: string };
  readonly frames: readonly FrameVector[];
  readonly invalid: readonly { name: string; why: 'tooLong' | 'tooShort' | 'badCobs' | 'badCrc'; wire: string }[];
}

export const vectors = JSON.parse(readFileSync(new URL('../vectors/protocol-v1.json', import.meta.url), 'utf8')) as ProtocolVectors;

export function messageOf(vector: FrameVector): Message {
  return { kind: vector.kind, ...vector.fields } as unknown as Message;
}

export function bytesOf(hex: string): Uint8Array {
  return Uint8Array.from(hex.split(' ').filter((byte) => byte !== ''), (byte) => Number.parseInt(byte, 16));
}

export function hexOf(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).toUpperCase().padStart(2, '0')).join(' ');
}

export function wireOf(name: string): Uint8Array {
  const vector = vectors.frames.find((frame) => frame.name === name);
  if (vector === undefined) throw new RangeError(`no vector named ${name}`);
  return bytesOf(vector.wire);
}
