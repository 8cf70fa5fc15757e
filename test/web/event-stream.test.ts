// The stream to open dashboards over real sockets: what a viewer that does not read costs.
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { EventStream } from '../../src/web/event-stream.ts';

async function open(stream: EventStream, isWelcome?: () => boolean): Promise<string> {
  const server = createServer((_, response) => void stream.open(response, { event: 'view', data: {} }, isWelcome));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    stream.close();
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

test('a viewer that does not read is cut off instead of being kept for; the others hear on', async () => {
  const stream = new EventStream(10);
  const url = await open(stream);
  const reader = await fetch(url);
  const heard = (async () => {
    let bytes = 0;
    for await (const chunk of reader.body!) {
      bytes += chunk.length;
      if (new TextDecoder().decode(chunk.subarray(-20)).includes('end"\n')) return bytes;
    }
    return bytes;
  })();
  await new Promise<void>((resolve) => request(url, (response) => {
    response.pause();
    response.on('error', () => undefined);
    resolve();
  }).on('error', () => undefined).end());
  const data = 'x'.repeat(100_000);
  // The kernel takes a few MB for either; past that only the one that reads goes on.
  for (let sent = 0; sent < 400 && stream.cutCount === 0; sent++) {
    stream.send('update', data);
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect([stream.cutCount, stream.viewerCount]).toEqual([1, 1]);
  stream.send('update', 'end');
  expect(await heard).toBeGreaterThan(100_000);
});

test('whoever may no longer look hears no more', async () => {
  const stream = new EventStream(10);
  let isWelcome = true;
  const response = await fetch(await open(stream, () => isWelcome));
  stream.dismissUnwelcome();
  expect(stream.viewerCount).toBe(1);
  isWelcome = false;
  stream.dismissUnwelcome();
  await expect(response.text()).rejects.toThrow();
  expect(stream.viewerCount).toBe(0);
});
