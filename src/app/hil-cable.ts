// The cable to the board under test, with a plug that can be pulled and a host that can be struck dumb; counts what passes, so that a board
// that floods or talks nonsense is seen. A pulled serial port is a closed one: what the board then does it must do by itself.
import type { Clock } from '../base/clock.ts';
import { SortlineError } from '../base/errors.ts';
import type { MonotonicNs } from '../base/units.ts';
import { NS_PER_S } from '../base/units.ts';
import { FrameDecoder } from '../link/frame-codec.ts';
import type { OpenTransport, Transport, TransportHandlers } from '../link/transport.ts';

export class HilCable implements Transport {
  readonly description: string;
  /** Most bytes that came from the board within one second. */
  busiestSecondBytes = 0;
  /** Times it was opened: each may begin in the middle of a block. */
  openings = 0;
  readonly #inner: Transport;
  readonly #clock: Clock;
  readonly #decoder = new FrameDecoder({ onFrame: () => undefined });
  #isPulled = false;
  #isMute = false;
  #open: OpenTransport | undefined;
  #handlers: TransportHandlers | undefined;
  #secondBeganNs: MonotonicNs = -Infinity;
  #secondBytes = 0;

  constructor(inner: Transport, clock: Clock) {
    this.#inner = inner;
    this.#clock = clock;
    this.description = inner.description;
  }

  /** Throws LINK_OPEN_FAILED while pulled, and what the cable itself throws. */
  async open(handlers: TransportHandlers): Promise<OpenTransport> {
    if (this.#isPulled) throw new SortlineError('LINK_OPEN_FAILED', `${this.description} is pulled, as the test wants it`);
    const open = await this.#inner.open({
      onData: (bytes) => { this.#count(bytes); handlers.onData(bytes); },
      onClose: (reason) => handlers.onClose(reason),
    });
    this.openings++;
    this.#decoder.reset();
    this.#open = open;
    this.#handlers = handlers;
    return { write: (bytes) => this.#isMute || open.write(bytes), close: () => open.close() };
  }

  /** Whoever has it open hears that it closed. */
  async pull(): Promise<void> {
    this.#isPulled = true;
    const open = this.#open;
    const handlers = this.#handlers;
    this.#open = undefined;
    this.#handlers = undefined;
    await open?.close();
    handlers?.onClose('pulled');
  }

  plug(): void {
    this.#isPulled = false;
  }

  /** The host's bytes no longer reach the board; the board's still come. */
  mute(isMute: boolean): void {
    this.#isMute = isMute;
  }

  /** Blocks from the board that are frames, and those that are none. */
  get blocks(): { readonly frames: number; readonly damaged: number } {
    return { frames: this.#decoder.counters.frames, damaged: this.#decoder.framesInvalid };
  }

  #count(bytes: Uint8Array): void {
    this.#decoder.push(bytes);
    const nowNs = this.#clock.nowNs();
    if (nowNs - this.#secondBeganNs >= NS_PER_S) {
      this.#secondBeganNs = nowNs;
      this.#secondBytes = 0;
    }
    this.#secondBytes += bytes.length;
    this.busiestSecondBytes = Math.max(this.busiestSecondBytes, this.#secondBytes);
  }
}
