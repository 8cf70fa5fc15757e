// `sortline bench --load`: what those who watch cost the line. The whole service runs in one process, its viewers, MQTT commands
// and scrapes come from this one; quiet and loaded spells alternate, because a machine is not equally fast from one minute to the
// next. Both share the machine's cores, but dashboards and MQTT clients run elsewhere: the load's own work gives way to the line's.
import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { constants, setPriority } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { Clock } from '../base/clock.ts';
import { delay } from '../base/clock.ts';
import { SortlineError } from '../base/errors.ts';
import type { Config } from '../config/schema.ts';
import { openMqttSession } from '../publish/mqtt-client.ts';
import { withBelt } from './bench-belt.ts';
import type { FromLoadWorker, ToLoadWorker } from './load-worker.ts';
import { quantile, quantileInterval } from './order-statistics.ts';

export interface LoadSpell {
  /** Exposure to command written, without inference, ms; null where too few items were commanded. */
  readonly p50: number | null;
  readonly p99: number | null;
  /** Where the p99 of as many items as one likes would lie. */
  readonly p99Interval: { readonly low: number | null; readonly high: number | null };
  readonly commands: number;
  /** Share of a core that the line process used. */
  readonly cpu: number;
}

export interface LoadBenchReport {
  readonly quiet: LoadSpell;
  readonly tenViewers: LoadSpell;
  /** 20 viewers, 200 MQTT commands a second, /metrics once a second. */
  readonly loaded: LoadSpell;
  /** Sent while loaded. */
  readonly mqttCommands: number;
  readonly scrapes: number;
  readonly viewerMessages: number;
  /** Why the line stopped meanwhile, as often as it did: a machine that is too busy for it measures nothing. */
  readonly stops: readonly string[];
}

export interface LoadBenchOptions {
  readonly config: Config;
  /** Of each spell. */
  readonly seconds: number;
  readonly rounds: number;
  readonly clock: Clock;
  onProgress(what: string): void;
}

const WORKER = fileURLToPath(new URL('load-worker.ts', import.meta.url));
const WARM_UP_MS = 8000;
/** Between the beginning of a load and its measurement. */
const SETTLE_MS = 1500;
const COMMANDS_PER_SECOND = 200;
const ITEMS_PER_SECOND = 5;
const BELT_MM_PER_SECOND = 800;
const FRAMES_PER_SECOND = 15;

type Measured = Extract<FromLoadWorker, { kind: 'measured' }>;

export async function benchLoad({ config, seconds, rounds, clock, onProgress }: LoadBenchOptions): Promise<LoadBenchReport> {
  const worker = new LineUnderLoad(withOwnPorts(config));
  const addresses = await worker.running();
  setPriority(constants.priority.PRIORITY_LOW);
  await delay(clock, WARM_UP_MS);
  const load = new Load({ ...addresses, topic: `sortline/${config.line.site}/${config.line.id}/request/ping`, clock });
  const spells: Record<'quiet' | 'tenViewers' | 'loaded', Measured[]> = { quiet: [], tenViewers: [], loaded: [] };
  const begin = { quiet: async () => undefined, tenViewers: () => load.watch(10), loaded: async () => { await load.watch(20); await load.command(); load.scrape(); } };
  try {
    for (let round = 1; round <= rounds; round++) {
      for (const name of ['quiet', 'tenViewers', 'loaded'] as const) {
        onProgress(`${name}, round ${round} of ${rounds}`);
        await begin[name]();
        await delay(clock, SETTLE_MS);
        worker.send({ kind: 'begin' });
        await delay(clock, seconds * 1000);
        spells[name].push(await worker.measured());
        await load.stop();
      }
    }
  } finally {
    await load.stop();
    await worker.stop();
  }
  return { quiet: spellOf(spells.quiet), tenViewers: spellOf(spells.tenViewers), loaded: spellOf(spells.loaded), mqttCommands: load.commandsSent, scrapes: load.scrapes, viewerMessages: load.viewerMessages, stops: worker.stops };
}

/** One look an item, and more items than a classifier on a processor is busy with: the tail is of many, and nothing waits for the model. */
function withOwnPorts(config: Config): Config {
  const { web, mqtt } = config;
  const belt = { itemsPerSecond: ITEMS_PER_SECOND, beltMmPerSecond: BELT_MM_PER_SECOND, framesPerSecond: FRAMES_PER_SECOND, looksPerItem: 1 };
  return withBelt({ ...config, web: { ...web, port: 0 }, mqtt: { ...mqtt, url: undefined, embedded: { ...mqtt.embedded, port: 0 } } }, belt);
}

function spellOf(measured: readonly Measured[]): LoadSpell {
  const values = measured.flatMap(({ overheadMs }) => overheadMs);
  const sum = (of: (spell: Measured) => number): number => measured.reduce((total, spell) => total + of(spell), 0);
  return { p50: quantile(values, 0.5) ?? null, p99: quantile(values, 0.99) ?? null, p99Interval: quantileInterval(values, 0.99), commands: values.length, cpu: sum(({ cpuMs }) => cpuMs) / sum(({ wallMs }) => wallMs) };
}

class LineUnderLoad {
  readonly stops: string[] = [];
  readonly #child: ChildProcess;

  constructor(config: Config) {
    this.#child = fork(WORKER, { serialization: 'advanced', stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
    this.#child.on('message', (message: FromLoadWorker) => { if (message.kind === 'stopped') this.stops.push(message.reason); });
    this.send({ kind: 'start', config });
  }

  send(message: ToLoadWorker): void {
    this.#child.send(message);
  }

  running(): Promise<{ dashboard: string; mqtt: string }> {
    return this.#next('running');
  }

  measured(): Promise<Measured> {
    const answer = this.#next('measured');
    this.send({ kind: 'end' });
    return answer;
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null) return;
    this.send({ kind: 'stop' });
    await once(this.#child, 'exit');
  }

  #next<Kind extends FromLoadWorker['kind']>(kind: Kind): Promise<Extract<FromLoadWorker, { kind: Kind }>> {
    return new Promise((resolve, reject) => {
      const listen = (message: FromLoadWorker): void => {
        if (message.kind !== kind) return;
        this.#child.off('message', listen).off('exit', ended);
        resolve(message as Extract<FromLoadWorker, { kind: Kind }>);
      };
      const ended = (): void => reject(new SortlineError('INTERNAL', 'the line under load ended by itself; its error is above'));
      this.#child.on('message', listen).once('exit', ended);
    });
  }
}

/** Viewers, commands and scrapes; each kind until `stop`. */
class Load {
  readonly #deps: { readonly dashboard: string; readonly mqtt: string; readonly topic: string; readonly clock: Clock };
  #ends: (() => unknown)[] = [];
  commandsSent = 0;
  scrapes = 0;
  viewerMessages = 0;

  constructor(deps: { dashboard: string; mqtt: string; topic: string; clock: Clock }) {
    this.#deps = deps;
  }

  async watch(viewers: number): Promise<void> {
    for (let viewer = 0; viewer < viewers; viewer++) {
      const leave = new AbortController();
      this.#ends.push(() => leave.abort());
      const response = await fetch(`${this.#deps.dashboard}api/events`, { signal: leave.signal });
      void this.#read(response).catch(() => undefined);
    }
  }

  async command(): Promise<void> {
    const { mqtt, topic, clock } = this.#deps;
    const session = await openMqttSession({
      url: mqtt.split(' ')[0]!, clientId: 'sortline-load', protocolVersion: 4, qos: 0, username: undefined, password: undefined,
      tls: { verify: true }, will: { topic: 'sortline-load', payload: '', retain: false },
    }, { message: () => undefined, closed: () => undefined });
    const perTick = COMMANDS_PER_SECOND / 20;
    const timer = clock.every(50, () => {
      for (let k = 0; k < perTick; k++) void session.publish({ topic, payload: JSON.stringify({ id: `load-${++this.commandsSent}` }), retain: false, qos: 0 });
    });
    this.#ends.push(() => timer.cancel(), () => session.close());
  }

  scrape(): void {
    const timer = this.#deps.clock.every(1000, () => void fetch(`${this.#deps.dashboard}metrics`).then((response) => response.text()).then(() => { this.scrapes++; }, () => undefined));
    this.#ends.push(() => timer.cancel());
  }

  async stop(): Promise<void> {
    for (const end of this.#ends.splice(0)) await end();
  }

  async #read(response: Response): Promise<void> {
    for await (const _ of response.body as unknown as AsyncIterable<Uint8Array>) this.viewerMessages++;
  }
}
