// OpenTelemetry traces: one trace per item, from the exposure that showed it to its outcome, sent to a collector over OTLP/HTTP. The only
// file that knows OpenTelemetry. A collector that is slow or away costs its traces and nothing else: they wait in a bounded
// queue, the oldest requests are given up, and the log says so once.
//
//   item ├── look (exposure ─▶ result)      decided       ├── command (written ─▶ reported)
//        └── look                              ╵
import type { Attributes, HrTime, Span } from '@opentelemetry/api';
import { ROOT_CONTEXT, SpanStatusCode, trace } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import type { SpanExporter } from '@opentelemetry/sdk-trace';
import { BatchSpanProcessor, TraceIdRatioBasedSampler, TracerProvider } from '@opentelemetry/sdk-trace';
import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/logger.ts';
import type { MonotonicNs } from '../base/units.ts';
import { NS_PER_MS, NS_PER_S } from '../base/units.ts';
import type { ItemId } from '../domain/decision.ts';
import type { Look, Sighting } from '../domain/item.ts';
import type { LineEvent, LineSink } from '../domain/line-event.ts';
import type { TracingOptions } from './options.ts';

export interface ItemTracesDeps {
  readonly clock: Clock;
  readonly log: Logger;
  readonly options: TracingOptions & { readonly url: string };
  readonly site: string;
  readonly line: string;
  /** Of Sortline. */
  readonly version: string;
}

export interface ItemTraces {
  readonly sink: LineSink;
  /** Sends what is pending, for at most some seconds. */
  close(): Promise<void>;
}

interface OpenItem {
  readonly span: Span;
  /** What monotonic time is to wall time, from its first exposure to its end: a clock that is set does not tear it apart. */
  readonly wallOffsetNs: number;
  command: Span | undefined;
}

const EXPORT_PERIOD_MS = 2000;
const EXPORT_TIMEOUT_MS = 5000;
/** Spans; an item has about five. */
const QUEUED_SPANS = 4096;
/** What has no outcome by then was lost with a line that ended: far more than lie on a belt. */
const MAX_OPEN_ITEMS = 1000;

export function openItemTraces({ clock, log, options, site, line, version }: ItemTracesDeps): ItemTraces {
  const provider = new TracerProvider({
    resource: resourceFromAttributes({ 'service.name': 'sortline', 'service.version': version, 'service.namespace': site, 'service.instance.id': `${site}/${line}` }),
    sampler: new TraceIdRatioBasedSampler(options.share),
    spanProcessors: [new BatchSpanProcessor({
      exporter: saidOnce(new OTLPTraceExporter({ url: options.url, timeoutMillis: EXPORT_TIMEOUT_MS }), { log, url: options.url }),
      scheduledDelayMillis: EXPORT_PERIOD_MS, exportTimeoutMillis: EXPORT_TIMEOUT_MS, maxQueueSize: QUEUED_SPANS,
    })],
  });
  const items = new ItemSpans(clock, provider.getTracer('sortline', version));
  return { sink: items.handle, close: () => provider.shutdown().catch(() => undefined) };
}

/** Tells the log when the collector begins to refuse, and when it takes traces again; not each time. */
function saidOnce(exporter: SpanExporter, { log, url }: { log: Logger; url: string }): SpanExporter {
  let isFailing = false;
  return {
    export: (spans, done) => exporter.export(spans, (result) => {
      const hasFailed = result.error !== undefined || result.code !== 0;
      if (hasFailed !== isFailing) {
        if (hasFailed) log.warn(`traces are not taken by ${url} (${result.error?.message ?? 'no reason given'}): check the collector and \`tracing.url\`; sorting goes on, these traces are lost`);
        else log.info(`traces are taken by ${url} again`);
      }
      isFailing = hasFailed;
      done(result);
    }),
    shutdown: () => exporter.shutdown(),
    forceFlush: async () => exporter.forceFlush?.(),
  };
}

class ItemSpans {
  readonly #clock: Clock;
  readonly #tracer: ReturnType<TracerProvider['getTracer']>;
  readonly #open = new Map<ItemId, OpenItem>();

  constructor(clock: Clock, tracer: ReturnType<TracerProvider['getTracer']>) {
    this.#clock = clock;
    this.#tracer = tracer;
  }

  readonly handle = (event: LineEvent): void => {
    switch (event.kind) {
      case 'item.seen': return this.#seen(event.itemId, event.sighting);
      case 'item.look': return this.#looked(event.itemId, event.look, event.atNs);
      case 'item.decided': return this.#decided(event);
      case 'item.commanded': return this.#commanded(event);
      case 'item.settled': return this.#settled(event);
      default: return;
    }
  };

  #seen(itemId: ItemId, { capturedAtNs, frameSequence, position }: Sighting): void {
    if (this.#open.size >= MAX_OPEN_ITEMS) this.#open.delete(this.#open.keys().next().value!);
    const wallOffsetNs = this.#clock.wallMs() * NS_PER_MS - this.#clock.nowNs();
    const span = this.#tracer.startSpan('item', {
      startTime: timeOf(capturedAtNs, wallOffsetNs), root: true,
      attributes: { 'sortline.item.id': itemId, 'sortline.frame': frameSequence, 'sortline.length_mm': position.lengthMm, 'sortline.width_mm': position.widthMm },
    }, ROOT_CONTEXT);
    this.#open.set(itemId, { span, wallOffsetNs, command: undefined });
  }

  #looked(itemId: ItemId, { capturedAtNs, frameSequence, material, confidence, inferenceMs, waitedMs, modelSha256 }: Look, atNs: MonotonicNs): void {
    const item = this.#open.get(itemId);
    if (item === undefined) return;
    this.#child(item, 'look', capturedAtNs, {
      'sortline.frame': frameSequence, 'sortline.material': material, 'sortline.confidence': confidence, 'sortline.waited_ms': waitedMs, 'sortline.inference_ms': inferenceMs, 'sortline.model': modelSha256,
    }).end(timeOf(atNs, item.wallOffsetNs));
  }

  #decided({ decision: { itemId, bin, reason, prediction, decidedAtNs } }: Extract<LineEvent, { kind: 'item.decided' }>): void {
    const item = this.#open.get(itemId);
    item?.span.addEvent('decided', { 'sortline.bin': bin, 'sortline.reason': reason, ...ifKnown({ 'sortline.material': prediction?.material, 'sortline.confidence': prediction?.confidence }) }, timeOf(decidedAtNs, item.wallOffsetNs));
  }

  #commanded({ itemId, atNs, command: { commandId, output, fireAtCounts, holdMs } }: Extract<LineEvent, { kind: 'item.commanded' }>): void {
    const item = this.#open.get(itemId);
    if (item === undefined) return;
    item.command?.end(timeOf(atNs, item.wallOffsetNs));
    item.command = this.#child(item, 'command', atNs, { 'sortline.command.id': commandId, 'sortline.output': output, 'sortline.fire_at_counts': fireAtCounts, 'sortline.hold_ms': holdMs });
  }

  #settled({ itemId, atNs, bin, outcome, cause, firedAtCounts, countError }: Extract<LineEvent, { kind: 'item.settled' }>): void {
    const item = this.#open.get(itemId);
    if (item === undefined) return;
    this.#open.delete(itemId);
    const end = timeOf(atNs, item.wallOffsetNs);
    item.command?.setAttributes(ifKnown({ 'sortline.fired_at_counts': firedAtCounts, 'sortline.count_error': countError })).end(end);
    item.span.setAttributes({ 'sortline.bin': bin, 'sortline.outcome': outcome, 'sortline.cause': cause });
    if (outcome === 'missed' || outcome === 'lost') item.span.setStatus({ code: SpanStatusCode.ERROR, message: cause });
    item.span.end(end);
  }

  #child({ span, wallOffsetNs }: OpenItem, name: string, fromNs: MonotonicNs, attributes: Attributes): Span {
    return this.#tracer.startSpan(name, { startTime: timeOf(fromNs, wallOffsetNs), attributes }, trace.setSpan(ROOT_CONTEXT, span));
  }
}

function timeOf(atNs: MonotonicNs, wallOffsetNs: number): HrTime {
  const wallNs = atNs + wallOffsetNs, seconds = Math.floor(wallNs / NS_PER_S);
  return [seconds, Math.round(wallNs - seconds * NS_PER_S)];
}

function ifKnown(attributes: Readonly<Record<string, string | number | undefined>>): Attributes {
  return Object.fromEntries(Object.entries(attributes).filter(([, value]) => value !== undefined));
}
