import { afterEach, describe, expect, it } from 'vitest';
import { silentLogger } from '../../src/base/logger.ts';
import { isSortlineError } from '../../src/base/errors.ts';
import type { LineEvent } from '../../src/domain/line-event.ts';
import { WebServer } from '../../src/web/web-server.ts';

const open: WebServer[] = [];
afterEach(async () => { for (const server of open.splice(0)) await server.close(); });

async function serve(port = 0) {
  const asked: string[] = [];
  const server = new WebServer({
    options: { enabled: true, host: '127.0.0.1', port }, log: silentLogger,
    controls: {
      start: (by) => { asked.push(`start by ${by}`); return Promise.resolve({ result: 'refused', reason: 'active alarm: e-stop' }); },
      pause: (by) => void asked.push(`pause by ${by}`), requestSnapshot: () => void asked.push('snapshot'),
    },
  });
  const url = await server.listen();
  open.push(server);
  return { server, url, asked };
}

const settled: LineEvent = {
  kind: 'item.settled', atNs: 1, itemId: 'run-000001', bin: 'metal', outcome: 'sorted', cause: 'fired', material: 'metal', confidence: 0.9, firedAtCounts: 5, countError: 0,
};
const state = (name: 'running' | 'safe'): LineEvent => ({ kind: 'line.state', atNs: 1, state: name, reason: 'test', by: 'test' });
const stats: LineEvent = {
  kind: 'line.stats', atNs: 1, stats: {
    itemsSeen: 1, outcomes: { sorted: 1, missed: 0, rejected: 0, inhibited: 0, passed: 0, lost: 0 }, framesProcessed: 7, framesDropped: 2,
    cropsClassified: 3, beltMmPerSecond: 500, linkRetransmissions: 0, linkRoundTripMs: 1, overheadMsP99: undefined,
  },
};

/** Reads server-sent events until `count` have come. */
async function readEvents(url: string, count: number, after: () => void): Promise<string[]> {
  const response = await fetch(`${url}api/events`);
  const events: string[] = [];
  let text = '';
  for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    events.push(...[...text.matchAll(/^event: (.*)\ndata: (.*)\n\n/gm)].map((match) => `${match[1]} ${match[2]}`));
    text = text.slice(text.lastIndexOf('\n\n') + 2);
    if (events.length === 1) after();
    if (events.length >= count) break;
  }
  return events;
}

describe('the web server', () => {
  it('serves the page with a policy that allows no inline script and nothing foreign', async () => {
    const { url } = await serve();
    const response = await fetch(url);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-security-policy')).toContain("script-src 'self'");
    const html = await response.text();
    expect(html).not.toMatch(/<script(?![^>]*src=)|\son\w+=|https?:\/\//);
    for (const file of ['dashboard.js', 'dashboard.css']) expect((await fetch(url + file)).status).toBe(200);
  });

  it('serves no other path', async () => {
    const { url } = await serve();
    for (const path of ['../web-server.ts', '..%2fweb-server.ts', 'page/index.html', 'constructor', '__proto__', 'index.html']) {
      expect((await fetch(url + path)).status, path).toBe(404);
    }
  });

  it('tells health, readiness and metrics from the line\'s events', async () => {
    const { server, url } = await serve();
    expect((await fetch(`${url}healthz`)).status).toBe(200);
    expect((await fetch(`${url}readyz`)).status).toBe(503);
    server.classifier({ model: 'resnet18-v0', sha256: 'aa', provider: 'cpu', unavailable: [{ provider: 'cuda', reason: 'no GPU' }], warmUpMs: 1 });
    for (const event of [state('running'), settled, stats]) server.handle(event);
    expect((await fetch(`${url}readyz`)).status).toBe(200);
    server.handle(state('safe'));
    expect((await fetch(`${url}readyz`)).status).toBe(503);
    const metrics = await (await fetch(`${url}metrics`)).text();
    expect(metrics).toContain('sortline_items_settled_total{outcome="sorted",cause="fired",bin="metal"} 1');
    expect(metrics).toContain('sortline_provider_unavailable_info{provider="cuda"} 1');
    expect(metrics).toContain('sortline_belt_speed_metres_per_second 0.5');
  });

  it('gives a late viewer the whole view first, then events, and asks for pictures only while somebody looks', async () => {
    const { server, url, asked } = await serve();
    server.handle(state('running'));
    server.handle(settled);
    server.handle(stats);
    expect(asked).toEqual([]);
    const events = await readEvents(url, 3, () => { server.handle(settled); server.handle(stats); });
    expect(events[0]).toMatch(/^view .*"state":"running".*"itemId":"run-000001"/);
    expect(events[1]).toMatch(/^line .*"kind":"item.settled"/);
    expect(events[2]).toMatch(/^view /);
    expect(asked).toEqual(['snapshot']);
  });

  it('counts purity and recovery from ground truth', async () => {
    const { server, url } = await serve();
    const binByMaterial = { cardboard: 'fibre', glass: 'glass', metal: 'metal', paper: 'fibre', plastic: 'plastic', trash: 'residue' };
    const thresholdByMaterial = { cardboard: 0.6, glass: 0.6, metal: 0.6, paper: 0.6, plastic: 0.6, trash: 0.6 };
    server.handle({ kind: 'recipe.changed', atNs: 1, by: 'test', recipe: { name: 'test', binByMaterial, thresholdByMaterial } });
    server.handle({ kind: 'item.truth', atNs: 1, itemId: 'a', truth: { material: 'metal', landedIn: 'metal' } });
    server.handle({ kind: 'item.truth', atNs: 1, itemId: 'b', truth: { material: 'glass', landedIn: 'metal' } });
    const [view] = await readEvents(url, 1, () => undefined);
    const bins = (JSON.parse(view!.slice(5)) as { bins: { id: string; landed: number; right: number; due: number }[] }).bins;
    expect(bins.find((bin) => bin.id === 'metal')).toMatchObject({ landed: 2, right: 1, due: 1 });
    expect(bins.find((bin) => bin.id === 'glass')).toMatchObject({ landed: 0, right: 0, due: 1 });
  });

  it('takes commands from its own page only', async () => {
    const { url, asked } = await serve();
    const post = (headers: Record<string, string>) => fetch(`${url}api/start`, { method: 'POST', headers });
    expect((await post({})).status).toBe(403);
    expect((await post({ 'x-sortline': '1', origin: 'http://evil.example' })).status).toBe(403);
    expect(asked).toEqual([]);
    const response = await post({ 'x-sortline': '1', origin: new URL(url).origin });
    expect(response.status).toBe(409);
    expect(await response.json()).toEqual({ result: 'refused', reason: 'active alarm: e-stop' });
    expect(asked).toEqual(['start by dashboard']);
  });

  it('names the port when another program has it', async () => {
    const { url } = await serve();
    const error = await serve(Number(new URL(url).port)).catch((caught: unknown) => caught);
    expect(isSortlineError(error, 'WEB_PORT_IN_USE')).toBe(true);
    expect((error as Error).message).toContain(new URL(url).port);
  });
});
