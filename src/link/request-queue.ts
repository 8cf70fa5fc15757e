// The host's requests from submission to their one result: waiting for room in the window, on their way, answered. Results come
// in the order of the requests, so the front of the queue is always the one meant. It sends nothing itself.
import type { Clock, Timer } from '../base/clock.ts';
import type { CommandResult, RejectionReason } from './link.ts';
import type { HostMessage, MessageOf } from './messages.ts';

/** A reliable message from the host. */
export type RequestMessage = Exclude<HostMessage, { kind: 'hello.ask' | 'heartbeat.ask' | 'host.ack' | 'host.nak' }>;

interface Request {
  readonly message: RequestMessage;
  readonly settle: (result: CommandResult) => void;
  deadline: Timer | undefined;
  /** Undefined while it waits for room. */
  seq: number | undefined;
  settled: boolean;
}

export interface RequestQueueDeps {
  clock: Clock;
  timeoutMs: number;
  /** A request ran out of time after it was sent: what it asked for may happen or not. */
  onLateAnswerPossible(message: RequestMessage): void;
}

export class RequestQueue {
  readonly #deps: RequestQueueDeps;
  readonly #waiting: Request[] = [];
  readonly #sent: Request[] = [];

  constructor(deps: RequestQueueDeps) {
    this.#deps = deps;
  }

  /** Queues a request; `urgent` ones overtake all that have not been sent. Resolves exactly once. */
  submit(message: RequestMessage, options: { urgent?: boolean } = {}): Promise<CommandResult> {
    return new Promise((resolve) => {
      const request: Request = { message, settle: resolve, deadline: undefined, seq: undefined, settled: false };
      request.deadline = this.#deps.clock.after(this.#deps.timeoutMs, () => this.#expire(request));
      if (options.urgent === true) this.#waiting.unshift(request);
      else this.#waiting.push(request);
    });
  }

  get waitingCount(): number {
    return this.#waiting.length;
  }

  /** The next message to send, if any; the caller tells its sequence number with {@link markSent}. */
  nextToSend(): RequestMessage | undefined {
    return this.#waiting[0]?.message;
  }

  markSent(seq: number): void {
    const request = this.#waiting.shift()!;
    request.seq = seq;
    this.#sent.push(request);
  }

  /** Takes the board's result; returns the request it answers, or undefined where it answers none: the streams disagree. */
  onResult(result: MessageOf<'request.result'>): RequestMessage | undefined {
    const request = this.#sent[0];
    if (request === undefined || request.seq !== result.requestSeq) return undefined;
    this.#sent.shift();
    this.#settle(request, result.code === 'ok' ? { result: 'acked' } : { result: 'rejected', reason: result.code satisfies RejectionReason });
    return request.message;
  }

  /** The session ended: everything that has no result yet resolves as closed. */
  closeAll(): void {
    for (const request of [...this.#sent.splice(0), ...this.#waiting.splice(0)]) this.#settle(request, { result: 'closed' });
  }

  #expire(request: Request): void {
    this.#settle(request, { result: 'timed-out' });
    const at = this.#waiting.indexOf(request);
    if (at >= 0) this.#waiting.splice(at, 1);
    // What was sent stays in the stream: its result must still be taken in order.
    else this.#deps.onLateAnswerPossible(request.message);
  }

  #settle(request: Request, result: CommandResult): void {
    if (request.settled) return;
    request.settled = true;
    request.deadline?.cancel();
    request.settle(result);
  }
}
