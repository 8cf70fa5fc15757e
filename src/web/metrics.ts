// Prometheus metrics of the line, fed by LineEvents. Base units, low cardinality: never an item id as a label.
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { LineEvent, LineStats } from '../domain/line-event.ts';
import { LINE_STATES } from '../domain/line-event.ts';

export class Metrics {
  readonly #registry = new Registry();
  readonly #items = this.#counter('sortline_items_settled_total', 'Items by how they ended.', ['outcome', 'cause', 'bin']);
  readonly #seen = this.#counter('sortline_items_seen_total', 'Items seen whole for the first time.', []);
  readonly #looks = this.#counter('sortline_looks_total', 'Classified pictures of items.', []);
  readonly #alarms = this.#gauge('sortline_alarm_active', '1 while the alarm is active.', ['alarm', 'subject']);
  readonly #state = this.#gauge('sortline_line_state', '1 for the state the line is in.', ['state']);
  readonly #provider = this.#gauge('sortline_provider_info', 'The classifier in use (1).', ['provider', 'model']);
  readonly #unavailable = this.#gauge('sortline_provider_unavailable_info', 'Providers asked for that could not be loaded (1).', ['provider']);
  readonly #frames = this.#gauge('sortline_frames_processed', 'Frames processed by the present vision process.', []);
  readonly #dropped = this.#gauge('sortline_frames_dropped', 'Frames replaced by a newer one in the present vision process.', []);
  readonly #belt = this.#gauge('sortline_belt_speed_metres_per_second', 'Belt speed.', []);
  readonly #retransmissions = this.#gauge('sortline_link_retransmissions', 'Serial frames sent again.', []);
  readonly #roundTrip = this.#gauge('sortline_link_round_trip_seconds', 'Serial round trip.', []);
  readonly #inference = this.#histogram('sortline_inference_seconds', 'Time the classifier spent on the batch of a look.');
  readonly #waited = this.#histogram('sortline_crop_wait_seconds', 'Time a crop waited for its inference to start.');

  handle(event: LineEvent): void {
    switch (event.kind) {
      case 'item.seen': return this.#seen.inc();
      case 'item.look':
        this.#looks.inc();
        this.#inference.observe(event.look.inferenceMs / 1000);
        return this.#waited.observe(event.look.waitedMs / 1000);
      case 'item.settled': return this.#items.inc({ outcome: event.outcome, cause: event.cause, bin: event.bin });
      case 'alarm.raised': return this.#alarms.set({ alarm: event.alarm, subject: event.subject }, 1);
      case 'alarm.cleared': return this.#alarms.set({ alarm: event.alarm, subject: event.subject }, 0);
      case 'line.state':
        for (const state of LINE_STATES) this.#state.set({ state }, state === event.state ? 1 : 0);
        return;
      case 'line.stats': return this.#stats(event.stats);
      default:
    }
  }

  classifier(description: { provider: string; model: string; unavailable: readonly { provider: string }[] }): void {
    this.#provider.reset();
    this.#unavailable.reset();
    this.#provider.set({ provider: description.provider, model: description.model }, 1);
    for (const { provider } of description.unavailable) this.#unavailable.set({ provider }, 1);
  }

  /** The page a Prometheus server scrapes. */
  render(): Promise<{ contentType: string; body: string }> {
    return this.#registry.metrics().then((body) => ({ contentType: this.#registry.contentType, body }));
  }

  #stats(stats: LineStats): void {
    this.#frames.set(stats.framesProcessed);
    this.#dropped.set(stats.framesDropped);
    this.#belt.set(stats.beltMmPerSecond / 1000);
    this.#retransmissions.set(stats.linkRetransmissions);
    if (stats.linkRoundTripMs !== undefined) this.#roundTrip.set(stats.linkRoundTripMs / 1000);
  }

  #counter<L extends string>(name: string, help: string, labelNames: L[]): Counter<L> {
    return new Counter({ name, help, labelNames, registers: [this.#registry] });
  }

  #gauge<L extends string>(name: string, help: string, labelNames: L[]): Gauge<L> {
    return new Gauge({ name, help, labelNames, registers: [this.#registry] });
  }

  #histogram(name: string, help: string): Histogram {
    return new Histogram({ name, help, registers: [this.#registry], buckets: [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1] });
  }
}
