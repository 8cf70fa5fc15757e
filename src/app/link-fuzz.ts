// A fuzzer for any firmware on a port: rounds of blocks that are noise, nearly right, or right and senseless. After each round the board must
// answer a hello, be safe, and not have restarted. It never arms: whatever decodes to board.arm is left out, so nothing may ever move.
import type { Clock } from '../base/clock.ts';
import { delay } from '../base/clock.ts';
import type { Random } from '../base/random.ts';
import type { Frame } from '../link/frame-codec.ts';
import { encodeFrame, FrameDecoder, MAX_PAYLOAD_BYTES } from '../link/frame-codec.ts';
import { decodePayload, encodePayload, payloadBytesOf } from '../link/message-codec.ts';
import type { MessageKind, MessageOf } from '../link/messages.ts';
import { isReliableId, MESSAGES } from '../link/messages.ts';
import type { OpenTransport, Transport } from '../link/transport.ts';

export interface FuzzOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly transport: Transport;
  readonly rounds: number;
  onRound?(done: number): void;
}

export interface FuzzFinding {
  readonly round: number;
  readonly what: string;
  /** The last blocks that were sent before, hex. */
  readonly sent: readonly string[];
}

export interface FuzzResult {
  readonly rounds: number;
  readonly blocks: number;
  readonly bytes: number;
  readonly firmware: string | undefined;
  readonly findings: readonly FuzzFinding[];
}

const BLOCKS_PER_ROUND = 40;
const PAUSE_MS = 4;
const HELLO_TRIES = 8;
const HELLO_WAIT_MS = 250;
const KEPT_BLOCKS = 8;
const HOST_KINDS = (Object.keys(MESSAGES) as MessageKind[]).filter((kind) => MESSAGES[kind].from === 'host');

/** Ends early where the board does not answer any more. Throws LINK_OPEN_FAILED. */
export async function fuzzBoard(options: FuzzOptions): Promise<FuzzResult> {
  return new Fuzzer(options).run();
}

class Fuzzer {
  readonly #options: FuzzOptions;
  readonly #findings: FuzzFinding[] = [];
  readonly #decoder: FrameDecoder;
  #open: OpenTransport | undefined;
  #round = 0;
  #blocks = 0;
  #bytes = 0;
  #recent: string[] = [];
  #session = 1;
  #nonce = 0;
  #hello: MessageOf<'hello.reply'> | undefined;
  #bootId: number | undefined;
  #sawState = false;
  #isOver = false;

  constructor(options: FuzzOptions) {
    this.#options = options;
    this.#decoder = new FrameDecoder({ onFrame: (frame) => this.#onFrame(frame) });
  }

  async run(): Promise<FuzzResult> {
    const { transport, rounds, onRound } = this.#options;
    this.#open = await transport.open({ onData: (bytes) => this.#decoder.push(bytes), onClose: (reason) => { if (!this.#isOver) this.#find(`the port closed: ${reason}`); } });
    try {
      let answers = await this.#sayHello();
      while (answers && this.#round < rounds) {
        this.#round++;
        await this.#sendRound();
        answers = await this.#sayHello();
        onRound?.(this.#round);
      }
      if (!answers) this.#find(`no answer to ${HELLO_TRIES} hellos within ${(HELLO_TRIES * HELLO_WAIT_MS) / 1000} s`);
    } finally {
      this.#isOver = true;
      await this.#open.close();
    }
    return { rounds: this.#round, blocks: this.#blocks, bytes: this.#bytes, firmware: this.#hello?.firmware, findings: this.#findings };
  }

  /** A fresh session; false where the board stays silent. */
  async #sayHello(): Promise<boolean> {
    const { clock, random } = this.#options;
    this.#session = random.integer(1, 255);
    this.#nonce = random.integer(1, 0xffff_ffff);
    this.#hello = undefined;
    this.#sawState = false;
    const payload = encodePayload({ kind: 'hello.ask', minVersion: 1, maxVersion: 1, nonce: this.#nonce });
    for (let attempt = 0; attempt < HELLO_TRIES; attempt++) {
      this.#write(Uint8Array.of(0));
      this.#write(encodeFrame({ id: MESSAGES['hello.ask'].id, session: this.#session, seq: 0, ack: 0, payload }));
      for (let waited = 0; waited < HELLO_WAIT_MS && !(this.#hello !== undefined && this.#sawState); waited += PAUSE_MS) await delay(clock, PAUSE_MS);
      if (this.#hello !== undefined && this.#sawState) return true;
    }
    return false;
  }

  async #sendRound(): Promise<void> {
    for (let index = 0; index < BLOCKS_PER_ROUND; index++) {
      const block = this.#block();
      if (wouldArm(block)) continue;
      this.#recent.push(Buffer.from(block).toString('hex'));
      this.#recent = this.#recent.slice(-KEPT_BLOCKS);
      this.#blocks++;
      this.#write(block);
      if (index % 4 === 3) await delay(this.#options.clock, PAUSE_MS);
    }
  }

  #block(): Uint8Array {
    const { random } = this.#options;
    switch (random.integer(0, 5)) {
      case 0: return this.#noise(random.integer(0, 200));
      case 1: return damaged(this.#senseless(), random);
      case 2: return this.#senseless().subarray(0, random.integer(0, 12));
      case 3: return encodeFrame({ id: random.integer(0, 255), session: this.#session, seq: random.integer(0, 255), ack: random.integer(0, 255), payload: this.#noise(random.integer(0, MAX_PAYLOAD_BYTES)) });
      default: return this.#senseless();
    }
  }

  /** A frame of the table with values by chance, now and then in its turn. */
  #senseless(): Uint8Array {
    const { random } = this.#options;
    const kind = HOST_KINDS[random.integer(0, HOST_KINDS.length - 1)]!;
    const { id } = MESSAGES[kind];
    const payload = this.#noise(payloadBytesOf(kind));
    return encodeFrame({ id, session: random.integer(0, 9) === 0 ? random.integer(0, 255) : this.#session, seq: isReliableId(id) ? random.integer(0, 12) : 0, ack: random.integer(0, 9), payload });
  }

  #noise(length: number): Uint8Array {
    return Uint8Array.from({ length }, () => this.#options.random.integer(0, 255));
  }

  #write(bytes: Uint8Array): void {
    this.#bytes += bytes.length;
    this.#open!.write(bytes);
  }

  #onFrame({ id, payload }: Frame): void {
    const message = decodePayload(id, payload);
    if (message === undefined || (id & 0x80) === 0) return this.#find(`the board sent a frame that no table has: id 0x${id.toString(16)}, ${payload.length} bytes`);
    if (message.kind === 'fire.fired') this.#find(`the board says that it fired command ${message.commandId}, unarmed`);
    if (message.kind === 'board.state' && message.state === 'armed') this.#find('the board armed itself');
    if (message.kind === 'board.state') this.#sawState = true;
    if (message.kind !== 'hello.reply') return;
    if (this.#bootId !== undefined && message.bootId !== this.#bootId) this.#find(`the board restarted (${message.resetCause})`);
    this.#bootId = message.bootId;
    if (message.nonce === this.#nonce) this.#hello = message;
  }

  #find(what: string): void {
    const last = this.#findings.at(-1);
    if (last?.what === what && last.round === this.#round) return;
    this.#findings.push({ round: this.#round, what, sent: [...this.#recent] });
  }
}

/** One to four bits changed. */
function damaged(block: Uint8Array, random: Random): Uint8Array {
  const bytes = Uint8Array.from(block);
  for (let flips = random.integer(1, 4); flips > 0; flips--) bytes[random.integer(0, bytes.length - 1)]! ^= 1 << random.integer(0, 7);
  return bytes;
}

function wouldArm(block: Uint8Array): boolean {
  let arms = false;
  const decoder = new FrameDecoder({ onFrame: ({ id }) => { arms ||= id === MESSAGES['board.arm'].id; } });
  // Whatever was cut off before may end in this one, and this one in the next.
  for (const from of [0, block.indexOf(0) + 1]) {
    decoder.reset();
    decoder.push(block.subarray(from));
    decoder.push(Uint8Array.of(0));
  }
  return arms;
}
