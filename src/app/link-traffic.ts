// The bytes of a cable as lines for people: one line per block, with its fields by name, whichever way it went. Understands every frame by
// itself and keeps no session, so that it can begin anywhere and goes on after damage.
//
//     12.345 > fire.schedule     #5  ack 8   commandId 1, output 3, fireAtCount 102500, holdUs 40000
//     12.347 < damaged (badCrc)  03 01 5A …
import type { MonotonicNs } from '../base/units.ts';
import { NS_PER_S } from '../base/units.ts';
import type { Frame } from '../link/frame-codec.ts';
import { DELIMITER, FrameDecoder, MAX_BLOCK_BYTES } from '../link/frame-codec.ts';
import { decodePayload, rangeProblem } from '../link/message-codec.ts';
import { isReliableId } from '../link/messages.ts';

export type Direction = 'out' | 'in';

export interface TrafficTotals {
  readonly frames: number;
  readonly damaged: number;
  /** Whole frames that no table has, or with values outside it. */
  readonly strange: number;
}

export class TrafficDecoder {
  readonly #tell: (line: string) => void;
  readonly #ends: Readonly<Record<Direction, BlockReader>>;
  #strange = 0;

  constructor(tell: (line: string) => void) {
    this.#tell = tell;
    const end = (direction: Direction): BlockReader => new BlockReader((atNs, text) => this.#line(atNs, direction, text), (problem) => { if (problem) this.#strange++; });
    this.#ends = { out: end('out'), in: end('in') };
  }

  /** Bytes in any split, `out` towards the board. */
  push(direction: Direction, bytes: Uint8Array, atNs: MonotonicNs): void {
    this.#ends[direction].push(bytes, atNs);
  }

  get totals(): TrafficTotals {
    const { out, in: from } = this.#ends;
    return { frames: out.frames + from.frames, damaged: out.damaged + from.damaged, strange: this.#strange };
  }

  #line(atNs: MonotonicNs, direction: Direction, text: string): void {
    this.#tell(`${(atNs / NS_PER_S).toFixed(3).padStart(11)} ${direction === 'out' ? '>' : '<'} ${text}`);
  }
}

/** One direction: blocks, each told with the time of its last byte. */
class BlockReader {
  readonly #tell: (atNs: MonotonicNs, text: string) => void;
  readonly #decoder: FrameDecoder;
  #block: number[] = [];
  #atNs: MonotonicNs = 0;

  constructor(tell: (atNs: MonotonicNs, text: string) => void, onFrame: (isStrange: boolean) => void) {
    this.#tell = tell;
    this.#decoder = new FrameDecoder({
      onFrame: (frame) => {
        const { text, isStrange } = describe(frame);
        onFrame(isStrange);
        this.#tell(this.#atNs, text);
      },
      onInvalid: (why) => this.#tell(this.#atNs, `damaged (${why})`.padEnd(20) + hex(this.#block)),
    });
  }

  get frames(): number {
    return this.#decoder.counters.frames;
  }

  get damaged(): number {
    return this.#decoder.framesInvalid;
  }

  push(bytes: Uint8Array, atNs: MonotonicNs): void {
    this.#atNs = atNs;
    for (const byte of bytes) {
      if (byte !== DELIMITER && this.#block.length < MAX_BLOCK_BYTES) this.#block.push(byte);
      this.#decoder.push(Uint8Array.of(byte));
      if (byte === DELIMITER) this.#block = [];
    }
  }
}

function describe({ id, session, seq, ack, payload }: Frame): { text: string; isStrange: boolean } {
  const message = decodePayload(id, payload);
  const place = `${isReliableId(id) ? `#${seq}` : ''}`.padEnd(5) + `ack ${ack}`.padEnd(8) + `s ${session}`.padEnd(6);
  if (message === undefined) return { text: `${`id 0x${id.toString(16).padStart(2, '0')}`.padEnd(18)} ${place} no such message: ${hex([...payload])}`, isStrange: true };
  const { kind, ...fields } = message;
  const problem = rangeProblem(message);
  const values = Object.entries(fields).map(([name, value]) => `${name} ${value}`).join(', ');
  return { text: `${kind.padEnd(18)} ${place} ${values}${problem === undefined ? '' : ` - outside its range: ${problem}`}`.trimEnd(), isStrange: problem !== undefined };
}

function hex(bytes: readonly number[]): string {
  return bytes.map((byte) => byte.toString(16).toUpperCase().padStart(2, '0')).join(' ');
}
