// Server-sent events to the open dashboards. A viewer that cannot keep up is cut off and reconnects by itself (EventSource
// does), getting a fresh picture: nothing is buffered for it beyond the socket's own limit.
// Format: WHATWG HTML, section 9.2 Server-sent events.
import type { ServerResponse } from 'node:http';

const MAX_VIEWERS = 20;
const MAX_BUFFERED_BYTES = 256 * 1024;

export class EventStream {
  readonly #viewers = new Set<ServerResponse>();

  get viewerCount(): number {
    return this.#viewers.size;
  }

  /** Takes over the response; false when there are too many viewers already. */
  open(response: ServerResponse, first: { event: string; data: unknown }): boolean {
    if (this.#viewers.size >= MAX_VIEWERS) return false;
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
    response.write('retry: 1000\n\n');
    response.write(encode(first.event, first.data));
    this.#viewers.add(response);
    response.on('close', () => this.#viewers.delete(response));
    return true;
  }

  send(event: string, data: unknown): void {
    if (this.#viewers.size === 0) return;
    const text = encode(event, data);
    for (const viewer of this.#viewers) {
      if (viewer.writableLength > MAX_BUFFERED_BYTES) viewer.destroy();
      else viewer.write(text);
    }
  }

  close(): void {
    for (const viewer of this.#viewers) viewer.end();
    this.#viewers.clear();
  }
}

// JSON has no raw newlines, so one data line holds it.
function encode(event: string, data: unknown): string {
  return `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
}
