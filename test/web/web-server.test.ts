import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { isSortlineError } from '../../src/base/errors.ts';
import { ManualClock } from '../../src/base/manual-clock.ts';
import { decided, JSON_TYPE, model, readEvents, send, serve, settled, state, stats } from './serve.ts';

describe('the web server', () => {
  it('serves the page with a policy that allows no inline script and nothing foreign', async () => {
    const { url } = await serve();
    const response = await fetch(url);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-security-policy')).toContain("script-src 'self'");
    const html = await response.text();
    expect(html).not.toMatch(/<script(?![^>]*src=)|<style|\s(on\w+|style)=|https?:\/\//);
    for (const [, file] of html.matchAll(/(?:src|href)="\/([^"]+)"/g)) expect((await fetch(url + file!)).status, file).toBe(200);
  });

  it('lets a browser keep the page as long as it did not change', async () => {
    const { url } = await serve();
    const etag = (await fetch(`${url}app.js`)).headers.get('etag')!;
    expect((await fetch(`${url}app.js`, { headers: { 'if-none-match': etag } })).status).toBe(304);
    expect((await fetch(`${url}app.js`, { headers: { 'if-none-match': '"other"' } })).status).toBe(200);
  });

  it('serves no other path', async () => {
    const { url } = await serve();
    for (const path of ['../web-server.ts', '..%2fweb-server.ts', 'page/index.html', 'constructor', '__proto__', 'index.html']) {
      expect((await fetch(url + path)).status, path).toBe(404);
    }
    expect((await fetch(url, { method: 'DELETE' })).status).toBe(405);
  });

  it('is healthy while it lives, and ready while model, board and frames are there', async () => {
    const clock = new ManualClock();
    const { server, url } = await serve({ clock });
    const readiness = async (): Promise<unknown> => {
      const response = await fetch(`${url}readyz`);
      const body = await response.json() as { missing: string[] };
      return response.status === 200 ? 'ready' : body.missing;
    };
    expect((await fetch(`${url}healthz`)).status).toBe(200);
    expect(await readiness()).toEqual(['no warm model', 'the controller board is not connected', 'no fresh frames']);
    for (const event of [model, state('ready'), stats({ framesProcessed: 5 })]) server.handle(event);
    expect(await readiness()).toBe('ready');
    await clock.advanceMs(4000);
    server.handle(stats({ framesProcessed: 5 }));
    await clock.advanceMs(2000);
    expect(await readiness()).toEqual(['no fresh frames']);
    server.handle(stats({ framesProcessed: 3 }));
    expect(await readiness()).toBe('ready');
    server.handle({ kind: 'alarm.raised', atNs: 1, alarm: 'vision-down', subject: 'vision', message: 'died', whatToDo: 'Wait.' });
    server.handle(state('safe'));
    expect(await readiness()).toEqual(['no warm model', 'the line is safe: test']);
  });

  it('names the port when another program has it', async () => {
    const { url } = await serve();
    const error = await serve({ options: { port: Number(new URL(url).port) } }).catch((caught: unknown) => caught);
    expect(isSortlineError(error, 'WEB_PORT_IN_USE')).toBe(true);
    expect((error as Error).message).toContain(new URL(url).port);
    expect((error as Error).message).toContain('web.port');
  });
});

describe('the live events', () => {
  it('give a late viewer the whole view first, then, a few times a second, what changed', async () => {
    const clock = new ManualClock();
    const { server, url } = await serve({ clock });
    for (const event of [state('running'), settled, stats()]) server.handle(event);
    await clock.advanceMs(250);
    const events = await readEvents(url, 2, () => {
      for (let k = 2; k < 50; k++) server.handle({ ...settled, itemId: `run-${k}` } as typeof settled);
      server.handle({ kind: 'alarm.raised', atNs: 1, alarm: 'jam', subject: 'board', message: 'jam is active', whatToDo: 'Clear the jam.' });
      void clock.advanceMs(250);
    });
    expect(events.map(([event]) => event)).toEqual(['view', 'update']);
    expect(events[0]![1]).toMatchObject({ state: { state: 'running' }, items: [{ itemId: 'run-000001', outcome: 'sorted' }], belt: { counts: 1000, countsPerSecond: 5000 } });
    expect(events[1]![1]).toMatchObject({ alarms: [{ alarm: 'jam', whatToDo: 'Clear the jam.' }] });
    expect(events[1]![1]['items']).toHaveLength(48);
    expect(events[1]![1]).not.toHaveProperty('state');
  });

  it('take in as many viewers as the server can bear, and no more', async () => {
    const { url } = await serve({ options: { maxViewers: 20 } });
    const viewers = await Promise.all(Array.from({ length: 21 }, () => fetch(`${url}api/events`)));
    expect(viewers.map((viewer) => viewer.status).sort()).toEqual([...Array<number>(20).fill(200), 503]);
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
    server.handle({ kind: 'item.seen', atNs: 1, itemId: 'run-000001', sighting: { trackId: 7, frameSequence: 1, capturedAtNs: 1, boxPx: { x: 0, y: 0, width: 1, height: 1 }, position: { positionCounts: 0, yMm: 0, lengthMm: 1, widthMm: 1 } } });
    server.handle(decided);
    server.showSnapshot({ jpeg: new Uint8Array([0xff, 0xd8, 1]), marks: [{ trackId: 7, boxPx: { x: 1, y: 2, width: 3, height: 4 }, label: 'metal 90 %' }, { trackId: 8, boxPx: { x: 5, y: 6, width: 7, height: 8 }, label: '?' }] });
    const response = await fetch(`${url}api/snapshot.jpg`);
    expect(response.headers.get('content-type')).toBe('image/jpeg');
    expect(JSON.parse(decodeURIComponent(response.headers.get('x-marks')!))).toEqual([{ box: [1, 2, 3, 4], label: 'metal 90 %', bin: 'metal', itemId: 'run-000001' }, { box: [5, 6, 7, 8], label: '?', bin: null, itemId: null }]);
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
  it('reach the line from its own page, with the line\'s answer', async () => {
    const { url, asked } = await serve();
    const answer = await send(url, '/api/command/start', { headers: { ...JSON_TYPE, origin: new URL(url).origin } });
    expect(answer.status).toBe(409);
    expect(JSON.parse(answer.body)).toEqual({ result: 'refused', reason: 'active alarm: e-stop' });
    expect((await send(url, '/api/command/explode', { headers: JSON_TYPE })).status).toBe(400);
    expect((await send(url, '/api/command/enable-bin', { headers: JSON_TYPE, body: '{"bin": "metal"}' })).status).toBe(400);
    expect(asked).toEqual(['start by local']);
  });

  it.each([
    ['a form, which needs no permission to cross sites', { 'content-type': 'text/plain' }],
    ['another site', { ...JSON_TYPE, origin: 'http://evil.example' }],
    ['a file or a sandboxed frame', { ...JSON_TYPE, origin: 'null' }],
    ['another port of this machine', { ...JSON_TYPE, origin: 'http://127.0.0.1:1' }],
    ['a foreign name that points here', { ...JSON_TYPE, origin: 'http://evil.example', host: 'evil.example' }],
  ])('are refused from %s', async (_, headers) => {
    const { url, asked } = await serve();
    for (const path of ['/api/command/start', '/api/command/pause', '/api/labels/undo']) expect((await send(url, path, { headers })).status).toBe(403);
    expect(asked).toEqual([]);
  });

  it('are never given by GET', async () => {
    const { url, asked } = await serve();
    expect((await fetch(`${url}api/command/start`)).status).toBe(405);
    expect(asked).toEqual([]);
  });
});

describe('a server without login', () => {
  it('tells a foreign name that was made to point here nothing', async () => {
    const { url } = await serve();
    for (const path of ['/api/view', '/api/line', '/api/history/spans', '/metrics']) expect([401, 403], path).toContain((await send(url, path, { method: 'GET', headers: { host: 'evil.example' } })).status);
    const session = await send(url, '/api/session', { method: 'GET', headers: { host: 'evil.example' } });
    expect(JSON.parse(session.body)).toMatchObject({ name: null });
  });
});

describe('a client that takes its time', () => {
  it('is not waited for when its order is too long', async () => {
    const { url, asked } = await serve();
    const answer = await send(url, '/api/command/note', { headers: JSON_TYPE, body: JSON.stringify({ text: 'x'.repeat(20_000) }) });
    expect(answer.status).toBe(413);
    expect(asked).toEqual([]);
  });

  it('speaks no HTTP, or half of it, and hurts nobody', async () => {
    const { url } = await serve();
    const { hostname, port } = new URL(url);
    for (const bytes of ['\0\0\0\0', 'GET', `GET / HTTP/1.1\r\nHost: x\r\nX: ${'y'.repeat(20_000)}\r\n\r\n`, 'POST /api/command/start HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{']) {
      await new Promise<void>((resolve) => {
        const socket = connect(Number(port), hostname, () => socket.end(bytes));
        socket.on('close', () => resolve()).on('error', () => undefined).resume();
      });
    }
    expect((await fetch(`${url}healthz`)).status).toBe(200);
  });
});
