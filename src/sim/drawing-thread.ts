// Item drawings from a thread of their own (drawing-worker.ts), of less weight than the rest of the process. Asked for and taken
// without a turn of the event loop, since pictures of the belt are made without one. The pixels are those that drawItem gives here.
//
//   begin ─▶ [channel] ─▶ drawItem ─▶ [channel] ─▶ take
import type { MessagePort } from 'node:worker_threads';
import { MessageChannel, receiveMessageOnPort, Worker } from 'node:worker_threads';
import { smallHeap } from '../base/thread-heap.ts';
import type { DrawingReply, DrawingRequest, DrawingWorkerData } from './drawing-worker.ts';
import type { ItemDrawings } from './item-drawings.ts';
import type { DrawnItem } from './render-item.ts';
import type { Drawing } from './render-sprite.ts';

/** Room for short-lived objects, MB. A drawing makes 7 MB of them. */
const YOUNG_MB = 6;
/** Drawings begun and not taken, count: of 0.4 MB each, more than come into view in a second. */
const BEGUN_AT_MOST = 16;

export class DrawingThread implements ItemDrawings {
  readonly #worker: Worker;
  readonly #port: MessagePort;
  readonly #begun = new Map<number, Drawing | undefined>();

  constructor(pxPerMm: number) {
    const { port1, port2 } = new MessageChannel();
    this.#port = port1;
    this.#worker = new Worker(new URL('./drawing-worker.ts', import.meta.url), { name: 'drawing', workerData: { port: port2, pxPerMm } satisfies DrawingWorkerData, transferList: [port2], resourceLimits: smallHeap(YOUNG_MB) });
    // It holds nothing that a process would have to wait for.
    this.#worker.unref();
  }

  begin(key: number, item: DrawnItem): void {
    if (this.#begun.has(key) || this.#begun.size >= BEGUN_AT_MOST) return;
    this.#begun.set(key, undefined);
    const { lengthMm, widthMm, material, drawingSeed } = item;
    this.#port.postMessage({ key, item: { lengthMm, widthMm, material, drawingSeed } } satisfies DrawingRequest);
  }

  take(key: number): Drawing | undefined {
    this.#receive();
    const drawing = this.#begun.get(key);
    this.#begun.delete(key);
    return drawing;
  }

  close(): void {
    this.#begun.clear();
    this.#port.close();
    void this.#worker.terminate();
  }

  #receive(): void {
    for (let received = receiveMessageOnPort(this.#port); received !== undefined; received = receiveMessageOnPort(this.#port)) {
      const { key, drawing } = received.message as DrawingReply;
      // What was not waited for is of no use any more.
      if (this.#begun.has(key)) this.#begun.set(key, drawing);
    }
  }
}
