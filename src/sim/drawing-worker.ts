// The drawing thread: draws the items it is sent, one after the other. The other end is drawing-thread.ts; the messages between them
// are declared here.
import { setPriority } from 'node:os';
import type { MessagePort } from 'node:worker_threads';
import { workerData } from 'node:worker_threads';
import type { DrawnItem } from './render-item.ts';
import { drawItem } from './render-item.ts';
import type { Drawing } from './render-sprite.ts';

export interface DrawingWorkerData {
  /** This end of the channel. */
  readonly port: MessagePort;
  readonly pxPerMm: number;
}

export interface DrawingRequest {
  readonly key: number;
  readonly item: DrawnItem;
}

export interface DrawingReply {
  readonly key: number;
  readonly drawing: Drawing;
}

/** Linux: of this thread alone. A drawing has until its item comes; frames and inference do not wait for it. */
const NICENESS = 10;

const { port, pxPerMm } = workerData as DrawingWorkerData;
if (process.platform === 'linux') setPriority(NICENESS);
port.on('message', ({ key, item }: DrawingRequest) => {
  const drawing = drawItem(item, pxPerMm);
  port.postMessage({ key, drawing } satisfies DrawingReply, [drawing.bgr.buffer as ArrayBuffer, drawing.alpha.buffer as ArrayBuffer]);
});
