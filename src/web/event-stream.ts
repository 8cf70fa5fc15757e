// Server-sent events to the open dashboards: encoded once for all of them. A viewer that cannot keep up is cut off and reconnects
// by itself (EventSource does), getting a fresh picture: nothing is buffered for it beyond the socket's own limit.
// Format: WHATWG HTML, section 9.2 Server-sent events.
import type { ServerResponse } from 'node:http';

const MAX_BUFFERED_BYTES = 256 * 1024;

export class EventStream {
  readonly #viewers = new Map<ServerResponse, () => boolean>();
  readonly #maxViewers: number;
  /** Viewers cut off because they did not read. */
  cutCount = 0;

  constructor(maxViewers: number) {
    this.#maxViewers = maxViewers;
  }

  get viewerCount(): number {
    return this.#viewers.size;
  }

  /** Takes over the response; false when there are too many viewers already. `isWelcome` is asked once a second: whoever was logged out hears no more. */
  open(response: ServerResponse, first: { event: string; data: unknown }, isWelcome: () => boolean = () => true): boolean {
    if (this.#viewers.size >= this.#maxViewers) return false;
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
    response.write(`retry: 1000\n\n${encode(first.event, first.data)}`);
    this.#viewers.set(response, isWelcome);
    response.on('close', () => this.#viewers.delete(response));
    return true;
  }

  send(event: string, data: unknown): void {
    if (this.#viewers.size === 0) return;
    const bytes = Buffer.from(encode(event, data));
    for (const viewer of this.#viewers.keys()) {
      if (viewer.writableLength > MAX_BUFFERED_BYTES) {
        this.cutCount++;
        viewer.destroy();
      } else viewer.write(bytes);
    }
  }

  /** Cuts off whoever may no longer look. */
  dismissUnwelcome(): void {
    for (const [viewer, isWelcome] of this.#viewers) if (!isWelcome()) viewer.destroy();
  }

  close(): void {
    for (const viewer of this.#viewers.keys()) viewer.end();
    this.#viewers.clear();
  }
}

// JSON has no raw newlines, so one data line holds it.
function encode(event: string, data: unknown): string {
  return `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
}
