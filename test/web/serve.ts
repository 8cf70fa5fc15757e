// A web server on a free port with controls that write down what they are asked.
import { onTestFinished } from 'vitest';
import type { Logger } from '../../src/base/logger.ts';
import { silentLogger } from '../../src/base/logger.ts';
import type { LineEvent, LineStats } from '../../src/domain/line-event.ts';
import { WebServer } from '../../src/web/web-server.ts';

export async function serve(port = 0, log: Logger = silentLogger, host = '127.0.0.1'): Promise<{ server: WebServer; url: string; asked: string[] }> {
  const asked: string[] = [];
  const server = new WebServer({
    options: { enabled: true, host, port }, log,
    controls: {
      start: (by) => {
        asked.push(`start by ${by}`);
        return Promise.resolve({ result: 'refused', reason: 'active alarm: e-stop' });
      },
      pause: (by) => void asked.push(`pause by ${by}`),
      requestSnapshot: () => void asked.push('snapshot'),
    },
  });
  const url = await server.listen();
  onTestFinished(() => server.close());
  return { server, url, asked };
}

export const state = (name: 'running' | 'safe'): LineEvent => ({ kind: 'line.state', atNs: 1, state: name, reason: 'test', by: 'test' });

export const decided: LineEvent = {
  kind: 'item.decided', atNs: 1, decision: {
    itemId: 'run-000001', bin: 'metal', reason: 'recipe', decidedAtNs: 1, position: { positionCounts: 0, yMm: 0, lengthMm: 50, widthMm: 50 },
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
