import { request } from 'node:http';
import { describe, expect, it } from 'vitest';
import { isSortlineError } from '../../src/base/errors.ts';
import type { Logger } from '../../src/base/logger.ts';
import { silentLogger } from '../../src/base/logger.ts';
import { readEvents, decided, serve, settled, state, stats } from './serve.ts';

const JSON_TYPE = { 'content-type': 'application/json' };

describe('the web server', () => {
  it('serves the page with a policy that allows no inline script and nothing foreign', async () => {
    const { url } = await serve();
    const response = await fetch(url);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-security-policy')).toContain("script-src 'self'");
    const html = await response.text();
    expect(html).not.toMatch(/<script(?![^>]*src=)|<style|\s(on\w+|style)=|https?:\/\//);
    for (const file of ['dashboard.js', 'dashboard.css']) expect((await fetch(url + file)).status).toBe(200);
  });

  it('serves no other path', async () => {
    const { url } = await serve();
    for (const path of ['../web-server.ts', '..%2fweb-server.ts', 'page/index.html', 'constructor', '__proto__', 'index.html']) {
      expect((await fetch(url + path)).status, path).toBe(404);
    }
    expect((await fetch(url, { method: 'DELETE' })).status).toBe(405);
  });

  it('is healthy while it lives and ready while the line can sort', async () => {
    const { server, url } = await serve();
    expect((await fetch(`${url}healthz`)).status).toBe(200);
    expect((await fetch(`${url}readyz`)).status).toBe(503);
    server.handle(state('running'));
    expect((await fetch(`${url}readyz`)).status).toBe(200);
    server.handle(state('safe'));
    const response = await fetch(`${url}readyz`);
    expect(response.status).toBe(503);
    expect(await response.text()).toBe('safe');
  });

  it('warns where it listens to more than this machine', async () => {
    const warnings: string[] = [];
    const log: Logger = { ...silentLogger, warn: (_: unknown, message?: string) => void warnings.push(message ?? ''), child: () => log };
    await serve(0, log);
    expect(warnings).toEqual([]);
    await serve(0, log, '0.0.0.0');
    expect(warnings).toEqual([expect.stringContaining('there is no login')]);
  });

  it('names the port when another program has it', async () => {
    const { url } = await serve();
    const error = await serve(Number(new URL(url).port)).catch((caught: unknown) => caught);
    expect(isSortlineError(error, 'WEB_PORT_IN_USE')).toBe(true);
    expect((error as Error).message).toContain(new URL(url).port);
    expect((error as Error).message).toContain('web.port');
  });
});

describe('the live events', () => {
  it('give a late viewer the whole view first, then each change, then a view a second', async () => {
    const { server, url } = await serve();
    server.handle(state('running'));
    server.handle(settled);
    server.handle(stats());
    const events = await readEvents(url, 4, () => {
      server.handle({ ...settled, itemId: 'run-000002' } as typeof settled);
      server.handle({ kind: 'alarm.raised', atNs: 1, alarm: 'jam', subject: 'board', message: 'jam is active', whatToDo: 'Clear the jam.' });
      server.handle(stats());
    });
    expect(events.map(([event]) => event)).toEqual(['view', 'change', 'change', 'view']);
    expect(events[0]![1]).toMatchObject({ state: 'running', items: [{ itemId: 'run-000001', outcome: 'sorted' }] });
    expect(events[1]![1]).toMatchObject({ kind: 'item', item: { itemId: 'run-000002' } });
    expect(events[2]![1]).toMatchObject({ kind: 'alarms', alarms: [{ alarm: 'jam', whatToDo: 'Clear the jam.' }] });
    expect(events[3]![1]).toMatchObject({ stats: { framesProcessed: 7 } });
  });

  it('take in as many viewers as the server can bear, and no more', async () => {
    const { url } = await serve();
    const viewers = await Promise.all(Array.from({ length: 21 }, () => fetch(`${url}api/events`)));
    expect(viewers.map((viewer) => viewer.status).sort()).toEqual([...Array<number>(20).fill(200), 503]);
  });

  it('cut off a viewer that does not read instead of keeping its events', async () => {
    const { server, url } = await serve();
    const cut = new Promise<void>((resolve) => {
      const viewer = request(`${url}api/events`, (response) => {
        response.pause();
        response.on('close', resolve).on('error', () => undefined);
        for (let k = 0; k < 60_000; k++) server.handle({ ...settled, itemId: `run-${k}` } as typeof settled);
      });
      viewer.on('error', () => resolve()).end();
    });
    await cut;
    expect((await fetch(`${url}healthz`)).status).toBe(200);
  });
});

describe('the picture', () => {
  it('is made only when somebody looks, one at a time', async () => {
    const { server, url, asked } = await serve();
    server.handle(stats());
    expect(asked).toEqual([]);
    expect((await fetch(`${url}api/snapshot.jpg`)).status).toBe(204);
    expect((await fetch(`${url}api/snapshot.jpg`)).status).toBe(204);
    expect(asked).toEqual(['snapshot']);
    server.showSnapshot(new Uint8Array([0xff, 0xd8, 1]));
    const response = await fetch(`${url}api/snapshot.jpg`);
    expect(response.headers.get('content-type')).toBe('image/jpeg');
    expect(new Uint8Array(await response.arrayBuffer())).toEqual(new Uint8Array([0xff, 0xd8, 1]));
    expect(asked).toEqual(['snapshot', 'snapshot']);
  });

  it('is asked for again when vision died owing one', async () => {
    const { server, url, asked } = await serve();
    await fetch(`${url}api/snapshot.jpg`);
    server.handle(stats());
    await fetch(`${url}api/snapshot.jpg`);
    expect(asked).toEqual(['snapshot', 'snapshot']);
  });
});

describe('orders', () => {
  /** Not fetch: it lets no program set Host or Origin. */
  function post(url: string, path: string, headers: Record<string, string>): Promise<{ status: number; body: string }> {
    return new Promise((resolve, reject) => {
      const order = request(new URL(path, url), { method: 'POST', headers }, (response) => {
        response.setEncoding('utf8').toArray().then((chunks) => resolve({ status: response.statusCode!, body: chunks.join('') }), reject);
      });
      order.on('error', reject).end('{}');
    });
  }

  it('reach the line from its own page, with the line\'s answer', async () => {
    const { url, asked } = await serve();
    const answer = await post(url, '/api/start', { ...JSON_TYPE, origin: new URL(url).origin });
    expect(answer.status).toBe(409);
    expect(JSON.parse(answer.body)).toEqual({ result: 'refused', reason: 'active alarm: e-stop' });
    expect((await post(url, '/api/pause', JSON_TYPE)).status).toBe(200);
    expect((await post(url, '/api/explode', JSON_TYPE)).status).toBe(404);
    expect(asked).toEqual(['start by dashboard', 'pause by dashboard']);
  });

  it.each([
    ['a form, which needs no permission to cross sites', { 'content-type': 'text/plain' }],
    ['another site', { ...JSON_TYPE, origin: 'http://evil.example' }],
    ['a file or a sandboxed frame', { ...JSON_TYPE, origin: 'null' }],
    ['another port of this machine', { ...JSON_TYPE, origin: 'http://127.0.0.1:1' }],
    ['a foreign name that points here', { ...JSON_TYPE, origin: 'http://evil.example', host: 'evil.example' }],
  ])('are refused from %s', async (_, headers) => {
    const { url, asked } = await serve();
    for (const path of ['/api/start', '/api/pause']) expect((await post(url, path, headers)).status).toBe(403);
    expect(asked).toEqual([]);
  });

  it('are never given by GET', async () => {
    const { url, asked } = await serve();
    expect((await fetch(`${url}api/start`)).status).toBe(404);
    expect(asked).toEqual([]);
  });

  it('find an item on its way before it is settled', async () => {
    const { server, url } = await serve();
    server.handle(decided);
    const view = await (await fetch(`${url}api/view`)).json() as { items: unknown[] };
    expect(view.items).toMatchObject([{ itemId: 'run-000001', material: 'metal', bin: 'metal' }]);
    expect(view.items[0]).not.toHaveProperty('outcome');
  });
});
