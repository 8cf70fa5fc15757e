// A web server on a free port with controls that write down what they are asked.
import { mkdtempSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { Clock } from '../../src/base/clock.ts';
import { systemClock } from '../../src/base/clock.ts';
import type { Logger } from '../../src/base/logger.ts';
import { silentLogger } from '../../src/base/logger.ts';
import type { LineEvent, LineStats } from '../../src/domain/line-event.ts';
import type { CommandResult } from '../../src/domain/operator-command.ts';
import type { History } from '../../src/ledger/history-reader.ts';
import type { LineFacts } from '../../src/web/live-routes.ts';
import { webOptions } from '../../src/web/options.ts';
import type { WebOptions } from '../../src/web/options.ts';
import { WebServer } from '../../src/web/web-server.ts';

export const facts: LineFacts = {
  site: 'north', line: 'line-1', countsPerMm: 10, viewMm: { fromX: 0, toX: 800, fromY: 0, toY: 500 }, shifts: ['06:00', '14:00'], hasHarvest: false,
  actuators: [{ id: 'jet-metal', bin: 'metal', offsetMm: 1200 }], bins: [{ id: 'metal', targetPurity: 0.95, targetRecovery: 0.9 }],
};

const noHistory: History = { ask: () => Promise.resolve({ kind: 'failed', reason: 'no ledger in this test' }), close: () => Promise.resolve() };

export interface Served {
  readonly server: WebServer;
  readonly url: string;
  /** What the line was asked, in order. */
  readonly asked: string[];
  /** Of this test alone. */
  readonly folder: string;
}

export interface ServeOptions {
  readonly options?: Partial<WebOptions>;
  readonly log?: Logger;
  readonly clock?: Clock;
  readonly history?: History;
  /** The line's answer to every command. */
  readonly result?: CommandResult;
}

export async function serve({ options = {}, log = silentLogger, clock = systemClock, history = noHistory, result = { result: 'refused', reason: 'active alarm: e-stop' } }: ServeOptions = {}): Promise<Served> {
  const asked: string[] = [];
  const folder = mkdtempSync(join(tmpdir(), 'sortline-web-'));
  const server = new WebServer({
    options: { ...webOptions.parse(undefined), port: 0, labels: join(folder, 'labelled'), ...options }, log, clock, facts, margin: 0.2, history, harvestFolder: join(folder, 'harvest'),
    controls: {
      execute: (command, by) => {
        asked.push(`${command.name} by ${by.name}`);
        return Promise.resolve(result);
      },
      requestSnapshot: () => void asked.push('snapshot'),
      belt: () => ({ atNs: clock.nowNs(), counts: 1000, countsPerSecond: 5000 }),
    },
  });
  onTestFinished(async () => {
    await server.close();
    rmSync(folder, { recursive: true, force: true });
  });
  return { server, url: await server.listen(), asked, folder };
}

export const state = (name: 'ready' | 'running' | 'safe'): LineEvent => ({ kind: 'line.state', atNs: 1, state: name, reason: 'test', by: 'test' });

export const model: LineEvent = { kind: 'model.in-use', atNs: 1, model: { model: 'tiny', sha256: 'ab12', provider: 'cpu', unavailable: [], warmUpMs: 1 } };

const position = { positionCounts: 0, yMm: 0, lengthMm: 50, widthMm: 50 };

export const decided: LineEvent = {
  kind: 'item.decided', atNs: 1, decision: {
    itemId: 'run-000001', bin: 'metal', reason: 'recipe', decidedAtNs: 1, position,
    prediction: { material: 'metal', confidence: 0.9, probabilities: [0, 0, 0.9, 0.1, 0, 0], lookCount: 2, modelSha256: 'ab12' },
  },
};

export const settled: LineEvent = {
  kind: 'item.settled', atNs: 2, itemId: 'run-000001', bin: 'metal', outcome: 'sorted', cause: 'fired', material: 'metal', confidence: 0.9, firedAtCounts: 5, countError: -1,
};

export function stats(more: Partial<LineStats> = {}): LineEvent {
  return {
    kind: 'line.stats', atNs: 3, stats: {
      itemsSeen: 1, outcomes: { sorted: 1, missed: 0, rejected: 0, inhibited: 0, passed: 0, lost: 0 }, framesProcessed: 7, framesDropped: 2,
      cropsClassified: 3, beltMmPerSecond: 500, linkRetransmissions: 0, linkRoundTripMs: 1, overheadMsP99: undefined, ...more,
    },
  };
}

/** Reads `count` server-sent events as `[event, data]`; `after` runs when the first has come. */
export async function readEvents(url: string, count: number, after: () => void = () => undefined): Promise<[string, Record<string, unknown>][]> {
  const response = await fetch(`${url}api/events`);
  const events: [string, Record<string, unknown>][] = [];
  let text = '';
  for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    const blocks = text.split('\n\n');
    text = blocks.pop()!;
    for (const block of blocks) {
      const match = /^event: (.*)\ndata: (.*)$/m.exec(block);
      if (match === null) continue;
      events.push([match[1]!, JSON.parse(match[2]!) as Record<string, unknown>]);
      if (events.length === 1) after();
    }
    if (events.length >= count) break;
  }
  return events;
}

export const JSON_TYPE = { 'content-type': 'application/json' };

/** Not fetch: it lets no program set Host, Origin or Cookie. */
export function send(url: string, path: string, options: { method?: string; headers?: Record<string, string>; body?: string | Uint8Array } = {}): Promise<{ status: number; body: string; headers: Record<string, unknown> }> {
  const { method = 'POST', headers = {}, body = method === 'POST' ? '{}' : '' } = options;
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(url);
    const order = request({ hostname, port, path, method, headers }, (response) => {
      response.setEncoding('utf8').toArray().then((chunks) => resolve({ status: response.statusCode!, body: chunks.join(''), headers: response.headers }), reject);
    });
    order.on('error', reject).end(body);
  });
}
