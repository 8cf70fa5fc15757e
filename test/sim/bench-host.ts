// A bare host for tests of the board: it speaks frames one by one, so that a test can repeat, damage, or withhold any of them.
import { encodeFrame, FrameDecoder } from '../../src/link/frame-codec.ts';
import { decodePayload, encodePayload } from '../../src/link/message-codec.ts';
import type { BoardMessage, HostMessage, MessageKind, MessageOf } from '../../src/link/messages.ts';
import { isReliableId, MESSAGES } from '../../src/link/messages.ts';

export interface Heard {
  readonly message: BoardMessage;
  readonly session: number;
  readonly seq: number;
  readonly ack: number;
}

export class BenchHost {
  readonly heard: Heard[] = [];
  session: number;
  /** Next sequence number to send, and next expected. */
  seq = 0;
  ack = 0;
  /** Bytes to the board. */
  readonly #send: (bytes: Uint8Array) => void;
  readonly #decoder = new FrameDecoder({
    onFrame: (frame) => {
      const message = decodePayload(frame.id, frame.payload) as BoardMessage;
      if (isReliableId(frame.id) && frame.seq === this.ack) this.ack = (this.ack + 1) & 0xff;
      this.heard.push({ message, session: frame.session, seq: frame.seq, ack: frame.ack });
    },
  });

  constructor(send: (bytes: Uint8Array) => void, session = 0x5a) {
    this.#send = send;
    this.session = session;
  }

  receive(bytes: Uint8Array): void {
    this.#decoder.push(bytes);
  }

  /** Sends; `seq` repeats or skips on purpose. */
  say(message: HostMessage, seq?: number): void {
    this.#send(this.frameOf(message, seq));
  }

  frameOf(message: HostMessage, seq?: number): Uint8Array {
    const { id } = MESSAGES[message.kind];
    const reliable = isReliableId(id);
    const own = reliable ? (seq ?? this.seq) : 0;
    if (reliable && seq === undefined) this.seq = (this.seq + 1) & 0xff;
    return encodeFrame({ id, session: this.session, seq: own, ack: message.kind === 'hello.ask' ? 0 : this.ack, payload: encodePayload(message) });
  }

  hello(nonce: number): void {
    this.seq = 0;
    this.ack = 0;
    this.say({ kind: 'hello.ask', minVersion: 1, maxVersion: 1, nonce });
  }

  acknowledge(): void {
    this.say({ kind: 'host.ack' });
  }

  /** Messages of one kind, in order. */
  all<K extends MessageKind>(kind: K): MessageOf<K>[] {
    return this.heard.map((heard) => heard.message).filter((message): message is MessageOf<K> & BoardMessage => message.kind === kind);
  }

  last<K extends MessageKind>(kind: K): MessageOf<K> | undefined {
    return this.all(kind).at(-1);
  }
}
