// One life of the line process in a simulated day: the production Line, link, ledger, outbox and publisher on a clock that can
// stall and die, with the plant's edges under them. A killed one leaves behind what a killed process does: the file, the
// broker's session and the board, each of which notices in its own time.
import type { ManualClock } from '../../base/manual-clock.ts';
import type { Logger } from '../../base/logger.ts';
import type { Random } from '../../base/random.ts';
import type { Config } from '../../config/schema.ts';
import { recipeOf } from '../../decide/options.ts';
import type { Calibration } from '../../domain/calibration.ts';
import type { LineEvent, LineSink } from '../../domain/line-event.ts';
import type { ExecuteCommand } from '../../domain/operator-command.ts';
import type { Ledger } from '../../ledger/ledger.ts';
import { openLedger } from '../../ledger/ledger.ts';
import { createLink } from '../../link/host-link.ts';
import type { Transport } from '../../link/transport.ts';
import { brokerSettings } from '../../publish/broker-settings.ts';
import { Publisher } from '../../publish/publisher.ts';
import type { EyeFaults } from '../../sim/faults/eye-faults.ts';
import type { FaultyBroker } from '../../sim/faults/faulty-broker.ts';
import type { FaultyCable } from '../../sim/faults/faulty-cable.ts';
import type { FaultyDisk } from '../../sim/faults/faulty-disk.ts';
import type { WallClock } from '../../sim/faults/process-clock.ts';
import { ProcessClock } from '../../sim/faults/process-clock.ts';
import type { EyeOptions } from '../../sim/faults/simulated-eye.ts';
import { SimulatedEye } from '../../sim/faults/simulated-eye.ts';
import type { VisionEvent } from '../../vision/vision.ts';
import { fanOut } from '../fan-out.ts';
import { Line } from '../line.ts';
import { openItemOutbox } from '../open-publisher.ts';
import { OperatorCommands } from '../operator-commands.ts';
import { outputsOf } from '../outputs.ts';
import type { VirtualPlant } from '../virtual-plant.ts';

/** What outlives the process. */
export interface Surroundings {
  readonly clock: ManualClock;
  readonly log: Logger;
  readonly config: Config;
  readonly calibration: Calibration;
  readonly plant: VirtualPlant;
  readonly cable: FaultyCable;
  readonly broker: FaultyBroker;
  readonly disk: FaultyDisk;
  readonly eyeFaults: EyeFaults;
  readonly eye: EyeOptions;
  readonly wall: WallClock;
  /** Which object of the world a track of the present life is. */
  onTrack(trackId: number, worldIndex: number | undefined): void;
  /** Hears every word of the eye, whether or not the line can. */
  watchEye(word: VisionEvent['kind']): void;
  /** Hears every event of the line. */
  readonly judge: LineSink;
}

const BAUD_RATE = 115_200;

export class LineLife {
  readonly clock: ProcessClock;
  readonly line: Line;
  readonly ledger: Ledger;
  readonly publisher: Publisher;
  readonly execute: ExecuteCommand;
  readonly #around: Surroundings;
  /** The vision process has a clock of its own: it goes on while this one stalls, and dies with it. */
  readonly #visionClock: ProcessClock;

  constructor(around: Surroundings, life: { readonly runId: string; readonly random: Random }) {
    this.#around = around;
    const { clock: world, wall, log, config, calibration, disk, plant } = around;
    const { runId, random } = life;
    const clock = this.clock = new ProcessClock(world, wall);
    this.#visionClock = new ProcessClock(world, wall);
    disk.onSlow = (ms) => clock.stall(ms);
    const publishing = openItemOutbox({ clock, log, config, calibration, runId });
    this.ledger = openLedger({
      clock, log, options: config.ledger, run: { runId, line: config.line.id }, publishing, openDatabase: disk.openDatabase,
      onFailing: (message) => this.line.alarms.raise('ledger-failing', 'ledger', message),
      onRecovered: () => this.line.alarms.clear('ledger-failing', 'ledger'),
    });
    const commands = new OperatorCommands({ clock, log, line: () => this.line, sink: (event) => sink(event), remoteStartAfterEStop: false });
    this.execute = commands.execute;
    this.publisher = new Publisher({
      clock, log, random: random.fork(1), identity: { site: config.line.site, line: config.line.id, runId }, options: config.mqtt,
      facts: { versions: {}, calibrationSha256: null, configSchema: {}, capabilities: { commands: [], views: [] }, actuators: config.actuators.map(({ id, bin, output }) => ({ id, bin, output })) },
      broker: brokerSettings(config.mqtt, 'mqtt://simulated', { site: config.line.site, line: config.line.id }),
      outbox: publishing.outbox, openSession: around.broker.openSessionFor((what) => clock.deliver(what)), execute: commands.execute,
      onDown: (message) => this.line.alarms.raise('mqtt-down', 'broker', message),
      onUp: () => this.line.alarms.clear('mqtt-down', 'broker'),
    });
    const all = fanOut([plant.observe, around.judge, this.ledger.handle, this.publisher.handle]);
    const sink: LineSink = (event) => { if (!clock.isDead) all(event); };
    this.line = new Line({
      clock, log, calibration, runId, sink,
      openVision: (visionSink) => new SimulatedEye({
        clock: this.#visionClock, random: random.fork(2), world: plant.world, motion: plant.motion, countsPerMm: calibration.countsPerMm,
        options: around.eye, faults: around.eyeFaults, onTrack: around.onTrack, sink: (event) => {
          around.watchEye(event.kind);
          clock.deliver(() => visionSink(event));
        },
      }),
      openLink: (linkSink) => createLink({
        clock, log, random: random.fork(3), transport: this.#transport(), options: config.link.timing, outputs: outputsOf(config.actuators), sink: linkSink, baudRate: BAUD_RATE,
      }),
      options: {
        autoStart: false, recipe: recipeOf(config.recipe), bins: config.bins, actuators: config.actuators, scheduler: config.scheduler, decide: config.decide,
      },
    });
  }

  async start(): Promise<void> {
    this.publisher.start();
    await this.line.start();
  }

  /** The plant tells what only it knows, for the record. */
  hear(event: LineEvent): void {
    this.clock.deliver(() => this.ledger.handle(event));
  }

  /** kill -9. */
  kill(): void {
    const { cable, broker, disk } = this.#around;
    this.clock.kill();
    this.#visionClock.kill();
    cable.abandon();
    broker.abandon();
    disk.abandon();
  }

  /** An orderly end, as on SIGTERM. */
  async stop(reason: string): Promise<void> {
    await this.line.stop(reason);
    this.ledger.flush();
    await this.publisher.stop();
    this.ledger.close();
  }

  /** The cable's end in this process. */
  #transport(): Transport {
    const { cable } = this.#around;
    const { clock } = this;
    return {
      description: cable.host.description,
      open: (handlers) => cable.host.open({
        onData: (bytes) => clock.deliver(() => handlers.onData(bytes)),
        onClose: (reason) => clock.deliver(() => handlers.onClose(reason)),
      }),
    };
  }
}
