// Prometheus metrics of the line, fed by LineEvents. Base units, low cardinality: never an item id as a label.
// Naming: prometheus.io/docs/practices/naming.
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { LineEvent, LineStats } from '../domain/line-event.ts';
import { LINE_STATES } from '../domain/line-event.ts';
import type { ModelInUse } from '../domain/model-in-use.ts';
import { StageTimes } from './stage-times.ts';

/** What the web server counts itself. */
export interface WebCounts {
  viewers(): number;
  cutViewers(): number;
  failedLogins(): number;
}

const STAGE_BUCKETS = [0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1, 2, 5];

type Total = 'framesProcessed' | 'framesDropped' | 'cropsClassified' | 'linkRetransmissions';

export class Metrics {
  readonly #registry = new Registry();
  readonly #seen = this.#counter('sortline_items_seen_total', 'Items seen whole for the first time.', []);
  readonly #items = this.#counter('sortline_items_settled_total', 'Items by how they ended.', ['outcome', 'cause', 'bin']);
  readonly #decisions = this.#counter('sortline_decisions_total', 'Decisions by their reason.', ['reason', 'material']);
  readonly #landed = this.#counter('sortline_items_landed_total', 'Simulator only: items by true material and the bin they fell into.', ['material', 'bin']);
  readonly #looks = this.#counter('sortline_looks_total', 'Classified pictures of items.', []);
  readonly #commands = this.#counter('sortline_commands_total', 'Fire commands sent to the board.', ['output']);
  readonly #totals: Readonly<Record<Total, Counter>> = {
    framesProcessed: this.#counter('sortline_frames_processed_total', 'Frames looked at.', []),
    framesDropped: this.#counter('sortline_frames_dropped_total', 'Frames replaced by a newer one before they were looked at.', []),
    cropsClassified: this.#counter('sortline_crops_classified_total', 'Pictures of items run through the model.', []),
    linkRetransmissions: this.#counter('sortline_link_retransmissions_total', 'Serial frames sent again.', []),
  };
  readonly #lastTotals: Partial<Record<Total, number>> = {};
  readonly #alarms = this.#gauge('sortline_alarm_active', '1 while the alarm is active.', ['alarm', 'subject']);
  readonly #state = this.#gauge('sortline_line_state', '1 for the state the line is in.', ['state']);
  readonly #binFull = this.#gauge('sortline_bin_full', '1 while the bin is full.', ['bin']);
  readonly #binEnabled = this.#gauge('sortline_bin_enabled', '1 while the bin may be used.', ['bin']);
  readonly #provider = this.#gauge('sortline_provider_info', 'The classifier in use (1).', ['provider', 'model', 'sha256']);
  readonly #unavailable = this.#gauge('sortline_provider_unavailable_info', 'Providers asked for that cannot run the model (1).', ['provider', 'reason']);
  readonly #warmUp = this.#gauge('sortline_model_warm_up_seconds', 'Duration of the model\'s first runs.', []);
  readonly #belt = this.#gauge('sortline_belt_speed_metres_per_second', 'Belt speed.', []);
  readonly #roundTrip = this.#gauge('sortline_link_round_trip_seconds', 'Serial round trip, smoothed.', []);
  readonly #overhead = this.#gauge('sortline_overhead_p99_seconds', 'Exposure to command written, without inference, 99th percentile of late.', []);
  readonly #inference = this.#histogram('sortline_inference_seconds', 'Time the classifier spent on the batch of a look.', [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1]);
  readonly #waited = this.#histogram('sortline_crop_wait_seconds', 'Time a crop waited for its inference to start.', [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1]);
  readonly #confidence = this.#histogram('sortline_confidence_ratio', 'Confidence of the votes.', [0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99, 1]);
  readonly #stages = new StageTimes({
    decision: this.#histogram('sortline_decision_seconds', 'First exposure of an item to its decision.', STAGE_BUCKETS),
    command: this.#histogram('sortline_command_seconds', 'Decision to command written to the board.', STAGE_BUCKETS),
    travel: this.#histogram('sortline_item_seconds', 'First exposure of an item to its outcome.', [0.5, 1, 1.5, 2, 3, 4, 6, 8, 12, 20, 60]),
  });
  readonly #commandsAsked = this.#counter('sortline_operator_commands_total', 'What people asked for, by what became of it.', ['command', 'result']);
  readonly #countError = this.#histogram('sortline_fire_error_counts', 'Distance between the target count and the count at which the board fired.', [0, 1, 2, 5, 10, 20, 50]);

  readonly #eventLoop = monitorEventLoopDelay({ resolution: 10 });
  readonly #beforeRender: () => void;

  constructor(web: WebCounts) {
    const memory = this.#gauge('process_resident_memory_bytes', 'Memory of the line process.', []);
    const started = this.#gauge('process_start_time_seconds', 'Start of the line process, seconds since 1970.', []);
    const cpu = this.#counter('process_cpu_seconds_total', 'Processor time of the line process.', []);
    const viewers = this.#gauge('sortline_web_viewers', 'Open dashboards.', []);
    const cut = this.#counter('sortline_web_viewers_cut_total', 'Dashboards cut off because they did not read.', []);
    const failedLogins = this.#counter('sortline_web_logins_failed_total', 'Refused logins.', []);
    const loop = this.#gauge('sortline_event_loop_delay_seconds', 'Delay of the line\'s event loop since the last scrape.', ['quantile']);
    started.set(Math.round((performance.timeOrigin) / 1000));
    this.#eventLoop.enable();
    this.#beforeRender = () => {
      memory.set(process.memoryUsage.rss());
      const { user, system } = process.cpuUsage();
      for (const [counter, total] of [[cpu, (user + system) / 1e6], [cut, web.cutViewers()], [failedLogins, web.failedLogins()]] as const) {
        counter.reset();
        counter.inc(total);
      }
      viewers.set(web.viewers());
      for (const percentile of [50, 99]) loop.set({ quantile: percentile / 100 }, Math.max(0, this.#eventLoop.percentile(percentile) / 1e9 - 0.01));
      this.#eventLoop.reset();
    };
  }

  /** Stops measuring. */
  close(): void {
    this.#eventLoop.disable();
  }

  handle(event: LineEvent): void {
    this.#stages.handle(event);
    switch (event.kind) {
      case 'item.seen': return this.#seen.inc();
      case 'item.look':
        this.#looks.inc();
        this.#inference.observe(event.look.inferenceMs / 1000);
        return this.#waited.observe(event.look.waitedMs / 1000);
      case 'item.decided': {
        const { reason, prediction } = event.decision;
        if (prediction !== undefined) this.#confidence.observe(prediction.confidence);
        return this.#decisions.inc({ reason, material: prediction?.material ?? 'none' });
      }
      case 'item.commanded': return this.#commands.inc({ output: event.command.output });
      case 'item.settled':
        if (event.countError !== undefined) this.#countError.observe(Math.abs(event.countError));
        return this.#items.inc({ outcome: event.outcome, cause: event.cause, bin: event.bin });
      case 'item.truth': return this.#landed.inc({ material: event.truth.material, bin: event.truth.landedIn });
      case 'alarm.raised': return this.#alarms.set({ alarm: event.alarm, subject: event.subject }, 1);
      case 'alarm.cleared': return this.#alarms.set({ alarm: event.alarm, subject: event.subject }, 0);
      case 'bin.state':
        this.#binFull.set({ bin: event.bin }, Number(event.full));
        return this.#binEnabled.set({ bin: event.bin }, Number(event.enabled));
      case 'line.state':
        for (const state of LINE_STATES) this.#state.set({ state }, Number(state === event.state));
        return;
      case 'line.stats': return this.#stats(event.stats);
      case 'model.in-use': return this.#modelInUse(event.model);
      case 'operator.command': return this.#commandsAsked.inc({ command: event.command, result: event.result });
      case 'recipe.changed':
      case 'alarm.acknowledged': return;
    }
  }

  /** The page a Prometheus server scrapes. */
  async render(): Promise<{ contentType: string; body: string }> {
    this.#beforeRender();
    return { contentType: this.#registry.contentType, body: await this.#registry.metrics() };
  }

  #modelInUse({ provider, model, sha256, unavailable, warmUpMs }: ModelInUse): void {
    this.#provider.reset();
    this.#unavailable.reset();
    this.#provider.set({ provider, model, sha256 }, 1);
    this.#warmUp.set(warmUpMs / 1000);
    for (const missing of unavailable) this.#unavailable.set({ provider: missing.provider, reason: missing.reason }, 1);
  }

  #stats(stats: LineStats): void {
    for (const name of Object.keys(this.#totals) as Total[]) this.#advance(name, stats[name]);
    this.#belt.set(stats.beltMmPerSecond / 1000);
    if (stats.linkRoundTripMs !== undefined) this.#roundTrip.set(stats.linkRoundTripMs / 1000);
    if (stats.overheadMsP99 !== undefined) this.#overhead.set(stats.overheadMsP99 / 1000);
  }

  // The vision process counts from its own start; a smaller total means that it was restarted, and all of it is new.
  #advance(name: Total, total: number): void {
    const last = this.#lastTotals[name] ?? 0;
    this.#totals[name].inc(total >= last ? total - last : total);
    this.#lastTotals[name] = total;
  }

  #counter<L extends string>(name: string, help: string, labelNames: L[]): Counter<L> {
    return new Counter({ name, help, labelNames, registers: [this.#registry] });
  }

  #gauge<L extends string>(name: string, help: string, labelNames: L[]): Gauge<L> {
    return new Gauge({ name, help, labelNames, registers: [this.#registry] });
  }

  #histogram(name: string, help: string, buckets: number[]): Histogram {
    return new Histogram({ name, help, registers: [this.#registry], buckets });
  }
}
