// Traces as a real collector gets them: OTLP over HTTP, in JSON.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { ManualClock } from '../../src/base/manual-clock.ts';
import { silentLogger } from '../../src/base/logger.ts';
import type { LineEvent } from '../../src/domain/line-event.ts';
import { openItemTraces } from '../../src/publish/item-traces.ts';

interface OtlpSpan {
  readonly traceId: string; readonly spanId: string; readonly parentSpanId?: string; readonly name: string;
  readonly startTimeUnixNano: string; readonly endTimeUnixNano: string; readonly status: { readonly code?: number; readonly message?: string };
  readonly attributes: readonly { readonly key: string; readonly value: Readonly<Record<string, unknown>> }[];
  readonly events: readonly { readonly name: string; readonly timeUnixNano: string }[];
}
interface OtlpRequest {
  readonly resourceSpans: readonly { readonly resource: { readonly attributes: OtlpSpan['attributes'] }; readonly scopeSpans: readonly { readonly spans: readonly OtlpSpan[] }[] }[];
}

const WALL_MS = Date.UTC(2026, 0, 2, 3, 4, 5);
const closes: (() => void)[] = [];
afterEach(() => { for (const close of closes.splice(0)) close(); });

async function collector(status = 200): Promise<{ url: string; requests: OtlpRequest[] }> {
  const requests: OtlpRequest[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      requests.push(JSON.parse(Buffer.concat(chunks).toString('utf8')) as OtlpRequest);
      response.writeHead(status, { 'content-type': 'application/json' }).end('{}');
    });
  });
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  closes.push(() => { server.closeAllConnections(); server.close(); });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/traces`, requests };
}

const position = { positionCounts: 1, yMm: 200, lengthMm: 80, widthMm: 60 };
const box = { x: 0, y: 0, width: 10, height: 10 };
const ms = (value: number): number => value * 1e6;

function item(itemId: string, outcome: 'sorted' | 'missed'): LineEvent[] {
  return [
    { kind: 'item.seen', atNs: ms(110), itemId, sighting: { trackId: 1, frameSequence: 7, capturedAtNs: ms(100), boxPx: box, position } },
    { kind: 'item.look', atNs: ms(150), itemId, look: { trackId: 1, frameSequence: 7, capturedAtNs: ms(100), boxPx: box, position, probabilities: [0, 0.9, 0.1, 0, 0, 0], material: 'glass', confidence: 0.9, inferenceMs: 21, waitedMs: 2, modelSha256: 'ab' } },
    { kind: 'item.decided', atNs: ms(151), decision: { itemId, bin: 'glass', reason: 'recipe', prediction: { material: 'glass', confidence: 0.9, probabilities: [0, 0.9, 0.1, 0, 0, 0], looks: 1 }, position, decidedAtNs: ms(151) } },
    { kind: 'item.commanded', atNs: ms(152), itemId, command: { commandId: 5, output: 1, fireAtCounts: 9000, holdMs: 30 } },
    { kind: 'item.settled', atNs: ms(2000), itemId, bin: 'glass', outcome, cause: outcome === 'sorted' ? 'fired' : 'too-late', material: 'glass', confidence: 0.9, firedAtCounts: outcome === 'sorted' ? 9000 : undefined, countError: outcome === 'sorted' ? 0 : undefined },
  ] as LineEvent[];
}

async function traced(url: string, events: readonly LineEvent[], { share = 1, log = silentLogger } = {}): Promise<void> {
  const clock = new ManualClock({ wallMs: WALL_MS });
  const traces = openItemTraces({ clock, log, options: { url, share }, site: 'plant', line: 'line-1', version: '9.9.9' });
  for (const event of events) traces.sink(event);
  await traces.close();
}

const spansOf = (requests: readonly OtlpRequest[]): OtlpSpan[] => requests.flatMap(({ resourceSpans }) => resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans)));
const attribute = ({ attributes }: Pick<OtlpSpan, 'attributes'>, key: string): unknown => Object.values(attributes.find((candidate) => candidate.key === key)?.value ?? {})[0];
/** Since the wall time at monotonic 0, ms. */
const wallMsOf = (nano: string): number => Number((BigInt(nano) - BigInt(WALL_MS) * 1_000_000n) / 1000n) / 1000;

describe('an item', () => {
  test('is one trace from its exposure to its outcome, at the times of the line', async () => {
    const { url, requests } = await collector();
    await traced(url, item('run-1', 'sorted'));
    const spans = spansOf(requests), root = spans.find(({ name }) => name === 'item')!;
    expect(spans.map(({ name, parentSpanId, traceId }) => [name, parentSpanId === root.spanId, traceId === root.traceId]).toSorted()).toEqual([['command', true, true], ['item', false, true], ['look', true, true]]);
    const times = Object.fromEntries(spans.map(({ name, startTimeUnixNano, endTimeUnixNano }) => [name, [wallMsOf(startTimeUnixNano), wallMsOf(endTimeUnixNano)]]));
    expect(times).toEqual({ item: [100, 2000], look: [100, 150], command: [152, 2000] });
    expect(root.events.map(({ name, timeUnixNano }) => [name, wallMsOf(timeUnixNano)])).toEqual([['decided', 151]]);
    expect([attribute(root, 'sortline.item.id'), attribute(root, 'sortline.outcome'), attribute(root, 'sortline.bin')]).toEqual(['run-1', 'sorted', 'glass']);
    expect(attribute(spans.find(({ name }) => name === 'command')!, 'sortline.count_error')).toBe(0);
    expect(attribute(spans.find(({ name }) => name === 'look')!, 'sortline.inference_ms')).toBe(21);
    const { resource } = requests[0]!.resourceSpans[0]!;
    expect([attribute(resource, 'service.name'), attribute(resource, 'service.version'), attribute(resource, 'service.instance.id')]).toEqual(['sortline', '9.9.9', 'plant/line-1']);
  });

  test('that was missed is an error, with the cause', async () => {
    const { url, requests } = await collector();
    await traced(url, item('run-2', 'missed'));
    expect(spansOf(requests).find(({ name }) => name === 'item')!.status).toMatchObject({ code: 2, message: 'too-late' });
  });
});

test('no share, no traces; events of items that were never seen are nothing', async () => {
  const { url, requests } = await collector();
  await traced(url, item('a', 'sorted'), { share: 0 });
  await traced(url, item('b', 'sorted').slice(1));
  expect(spansOf(requests)).toEqual([]);
});

test('a collector that refuses is told of once, by its address', async () => {
  const { url } = await collector(400);
  const warn = vi.fn();
  await traced(url, [...item('a', 'sorted'), ...item('b', 'missed')], { log: { ...silentLogger, warn } });
  expect(warn.mock.calls).toEqual([[expect.stringContaining(url)]]);
});
