// Messages to payload bytes and back, driven by the table in messages.ts; little-endian. Usable by both ends.
import { SortlineError } from '../base/errors.ts';
import type { FieldSpec, FieldType, Message, MessageKind, MessageSpec } from './messages.ts';
import { MESSAGES } from './messages.ts';

const BYTES_BY_TYPE: Readonly<Record<FieldType, number>> = { u8: 1, u16: 2, u32: 4, i32: 4, ascii16: 16 };
const MAX_BY_TYPE: Readonly<Record<FieldType, number>> = { u8: 0xff, u16: 0xffff, u32: 0xffff_ffff, i32: 0x7fff_ffff, ascii16: 0 };

type FieldValue = number | string;

interface Layout {
  readonly kind: MessageKind;
  readonly fields: readonly FieldSpec[];
  readonly bytes: number;
}

const layoutById: (Layout | undefined)[] = new Array<Layout | undefined>(256).fill(undefined);
for (const [kind, spec] of Object.entries(MESSAGES) as [MessageKind, MessageSpec][]) {
  layoutById[spec.id] = { kind, fields: spec.fields, bytes: spec.fields.reduce((sum, field) => sum + BYTES_BY_TYPE[field.type], 0) };
}

/** Payload bytes of a message of this kind. */
export function payloadBytesOf(kind: MessageKind): number {
  return layoutById[MESSAGES[kind].id]!.bytes;
}

/** The payload; a value outside its field's range is a programming error: LINK_PROTOCOL. */
export function encodePayload(message: Message): Uint8Array {
  const layout = layoutById[MESSAGES[message.kind].id]!;
  const payload = new Uint8Array(layout.bytes);
  const view = new DataView(payload.buffer);
  const values = message as unknown as Record<string, FieldValue>;
  let offset = 0;
  for (const field of layout.fields) {
    const problem = fieldProblem(field, values[field.name]);
    if (problem !== undefined) {
      throw new SortlineError('LINK_PROTOCOL', `${message.kind}: ${problem}`, { context: { message: message.kind, field: field.name } });
    }
    writeField({ view, field, offset }, values[field.name]!);
    offset += BYTES_BY_TYPE[field.type];
  }
  return payload;
}

/**
 * The message, or undefined where the id is unknown, the length is not the table's, or a named value is none of the names.
 * Ranges are not checked, so that a board can answer `bad-output` or `bad-request`: see {@link rangeProblem}.
 * Only the two hello messages may be longer than known, so that they can be read across versions.
 */
export function decodePayload(id: number, payload: Uint8Array): Message | undefined {
  const layout = layoutById[id];
  if (layout === undefined || payload.length < layout.bytes) return undefined;
  if (payload.length > layout.bytes && !isHello(layout.kind)) return undefined;
  const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
  const message: Record<string, FieldValue> = { kind: layout.kind };
  let offset = 0;
  for (const field of layout.fields) {
    const value = readField(view, field, offset);
    if (value === undefined) return undefined;
    message[field.name] = value;
    offset += BYTES_BY_TYPE[field.type];
  }
  return message as unknown as Message;
}

/** What is wrong with the message's values by the table, or undefined. */
export function rangeProblem(message: Message): string | undefined {
  const values = message as unknown as Record<string, FieldValue>;
  for (const field of MESSAGES[message.kind].fields) {
    const problem = fieldProblem(field, values[field.name]);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function isHello(kind: MessageKind): boolean {
  return kind === 'hello.ask' || kind === 'hello.reply';
}

function fieldProblem(field: FieldSpec, value: FieldValue | undefined): string | undefined {
  if (field.values !== undefined) return field.values.includes(value as string) ? undefined : `${field.name} is ${value}, expected one of ${field.values.join(', ')}`;
  if (field.type === 'ascii16') {
    return typeof value === 'string' && /^[\x20-\x7e]{0,16}$/.test(value) ? undefined : `${field.name} is '${value}', expected at most 16 printable ASCII characters`;
  }
  const max = field.max ?? MAX_BY_TYPE[field.type];
  const min = field.min ?? (field.type === 'i32' ? -0x8000_0000 : 0);
  return Number.isInteger(value) && (value as number) >= min && (value as number) <= max ? undefined : `${field.name} is ${value}, expected an integer of ${min} … ${max}`;
}

function writeField(at: { view: DataView; field: FieldSpec; offset: number }, value: FieldValue): void {
  const { view, field, offset } = at;
  const number = field.values === undefined ? Number(value) : field.values.indexOf(value as string);
  switch (field.type) {
    case 'u8': return view.setUint8(offset, number);
    case 'u16': return view.setUint16(offset, number, true);
    case 'u32': return view.setUint32(offset, number, true);
    case 'i32': return view.setInt32(offset, number, true);
    case 'ascii16':
      for (let index = 0; index < (value as string).length; index++) view.setUint8(offset + index, (value as string).charCodeAt(index));
  }
}

function readField(view: DataView, field: FieldSpec, offset: number): FieldValue | undefined {
  switch (field.type) {
    case 'u8': {
      const byte = view.getUint8(offset);
      return field.values === undefined ? byte : field.values[byte];
    }
    case 'u16': return view.getUint16(offset, true);
    case 'u32': return view.getUint32(offset, true);
    case 'i32': return view.getInt32(offset, true);
    case 'ascii16': {
      let text = '';
      for (let index = 0; index < 16; index++) {
        const code = view.getUint8(offset + index);
        if (code === 0) break;
        // A firmware name is shown to people: whatever is not printable becomes '?'.
        text += code >= 0x20 && code < 0x7f ? String.fromCharCode(code) : '?';
      }
      return text;
    }
  }
}
