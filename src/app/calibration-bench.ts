// What belt, actuators and known items are calibrated on: a camera, a board and the belt between them. The real ones of the
// config in real time; or, where camera and board are virtual, the twin and the virtual belt in virtual time, which takes seconds.
//
//   camera ── picture ──▶ look() ◀── counts ── BeltClock ◀── samples ── Link ◀─▶ board or twin
import { randomInt } from 'node:crypto';
import type { Clock } from '../base/clock.ts';
import { delay, systemClock } from '../base/clock.ts';
import { isSortlineError, SortlineError } from '../base/errors.ts';
import type { Logger } from '../base/logger.ts';
import { ManualClock } from '../base/manual-clock.ts';
import { createRandom } from '../base/random.ts';
import type { Milliseconds } from '../base/units.ts';
import type { Camera } from '../camera/camera.ts';
import { createCamera } from '../camera/create-camera.ts';
import type { Config } from '../config/schema.ts';
import { BeltClock } from '../domain/belt-clock.ts';
import type { Frame } from '../domain/frame.ts';
import type { Mat } from '../image/opencv.ts';
import { createLink } from '../link/host-link.ts';
import type { Link, LinkEvent } from '../link/link.ts';
import type { Transport } from '../link/transport.ts';
import { createMemoryCable } from '../sim/board-cable.ts';
import type { VirtualWorldOptions } from '../sim/options.ts';
import type { TwinEvent } from '../sim/twin.ts';
import type { BeltSheet } from '../sim/view-renderer.ts';
import { VirtualBeltCamera } from '../sim/virtual-belt-camera.ts';
import { openConnection } from './open-connection.ts';
import { outputsOf } from './outputs.ts';
import { inVirtualTime } from './virtual-time.ts';
import { VirtualPlant } from './virtual-plant.ts';

const CABLE_LATENCY_MS = 1;
const LINK_UP_LIMIT_MS = 10_000;
/** By then the belt's place at an exposure is known from both sides. */
const SETTLE_MS = 60;

export interface BenchOptions {
  readonly config: Config;
  readonly log: Logger;
  /** What lies on the virtual belt; without effect on a real one. */
  readonly virtual: {
    readonly sheet?: (countsPerMm: number) => BeltSheet;
    readonly world?: Partial<VirtualWorldOptions>;
    readonly framesPerSecond?: number;
  };
}

export class CalibrationBench {
  readonly clock: Clock;
  readonly belt = new BeltClock();
  readonly camera: Camera;
  readonly link: Link;
  /** Where camera and board are virtual. */
  readonly plant: VirtualPlant | undefined;
  readonly #manual: ManualClock | undefined;
  readonly #listeners = new Set<(event: LinkEvent) => void>();
  readonly #close: () => Promise<void>;
  readonly #twinListeners = new Set<(event: TwinEvent) => void>();
  #isUp = false;
  #refusal: string | undefined;
  #sequence = 0;

  /** Throws USAGE where only one of camera and board is virtual. */
  constructor({ config, log, virtual }: BenchOptions) {
    const { source } = config.camera;
    const isVirtual = source.kind === 'virtual-belt' && config.link.connection.kind === 'twin';
    if (!isVirtual && (source.kind === 'virtual-belt' || config.link.connection.kind === 'twin')) {
      throw new SortlineError('USAGE', 'camera and board must both be real, or both virtual (`camera.source.kind: virtual-belt` and `link.connection.kind: twin`): a picture and the counts of another belt do not belong together');
    }
    this.#manual = isVirtual ? new ManualClock() : undefined;
    this.clock = this.#manual ?? systemClock;
    let transport: Transport;
    if (source.kind === 'virtual-belt') {
      const cable = createMemoryCable({ clock: this.clock, latencyMs: CABLE_LATENCY_MS });
      this.plant = new VirtualPlant({
        clock: this.clock, log, cable, actuators: config.actuators, sink: () => undefined, onTwin: (event) => this.#onTwin(event),
        options: { twin: config.sim.twin, world: { ...config.sim.world, ...virtual.world }, images: undefined },
      });
      const { world, motion } = this.plant;
      const options = { ...source, framesPerSecond: virtual.framesPerSecond ?? source.framesPerSecond };
      this.camera = new VirtualBeltCamera({ options, clock: this.clock, world, motion, sheet: virtual.sheet?.(world.options.countsPerMm) });
      transport = cable.host;
      this.#close = async () => {};
    } else {
      const connection = openConnection(config.link.connection, this.clock);
      this.camera = createCamera(source, this.clock);
      transport = connection.transport();
      this.#close = () => connection.close();
    }
    this.link = createLink({
      clock: this.clock, log, random: createRandom(isVirtual ? 1 : randomInt(2 ** 32 - 1)), transport, options: config.link.timing,
      outputs: outputsOf(config.actuators), sink: (event) => this.#onLink(event),
    });
  }

  /** Opens everything, does `work`, and closes everything whatever happened: the belt stands afterwards. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    const opened = this.#open().then(work).finally(() => this.#shut());
    return this.#manual === undefined ? opened : inVirtualTime(this.#manual, opened);
  }

  /** Hears the board beside the bench; returns the way to stop. */
  onLink(listener: (event: LinkEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Hears what truly happens on the virtual belt; nothing on a real one. */
  onTwin(listener: (event: TwinEvent) => void): void {
    this.#twinListeners.add(listener);
  }

  /** The belt runs from now on. Throws LINK_PROTOCOL where the board refuses. */
  async startBelt(): Promise<void> {
    const answer = await this.link.arm();
    if (answer.result === 'acked') return;
    throw new SortlineError('LINK_PROTOCOL', `the board did not start the belt (${answer.result === 'rejected' ? answer.reason : answer.result}): release the E-stop, clear jams, and try again`);
  }

  async stopBelt(): Promise<void> {
    await this.link.safe();
  }

  /** The next picture with the belt's place at its exposure; the caller releases its image. Undefined once the camera has ended. */
  async look(): Promise<Frame<Mat> | undefined> {
    for (;;) {
      try {
        const { capturedAtNs, image } = await this.camera.read();
        await this.wait(SETTLE_MS);
        const encoderCounts = this.belt.countsAt(capturedAtNs);
        if (encoderCounts !== undefined) return { sequence: this.#sequence++, capturedAtNs, encoderCounts, size: { width: image.cols, height: image.rows }, image };
        image.release();
      } catch (error) {
        if (isSortlineError(error, 'CAMERA_ENDED')) return undefined;
        if (!isSortlineError(error, 'CAMERA_BAD_FRAME')) throw error;
      }
    }
  }

  wait(ms: Milliseconds): Promise<void> {
    return delay(this.clock, ms);
  }

  async #open(): Promise<void> {
    await this.plant?.twin.start();
    this.link.start();
    await this.camera.open();
    const waitMs = 20;
    for (let waitedMs = 0; !this.#isUp || this.belt.latest === undefined; waitedMs += waitMs) {
      if (waitedMs > LINK_UP_LIMIT_MS || this.#refusal !== undefined) {
        throw new SortlineError('LINK_OPEN_FAILED', `the board does not answer${this.#refusal === undefined ? '' : ` (${this.#refusal})`}: check cable, power and link.connection; stop the line's service, which holds the port`);
      }
      await this.wait(waitMs);
    }
  }

  async #shut(): Promise<void> {
    if (this.#isUp) await this.link.safe();
    await this.link.stop();
    await this.camera.close();
    await this.plant?.twin.stop();
    await this.#close();
  }

  #onTwin(event: TwinEvent): void {
    for (const listener of this.#twinListeners) listener(event);
  }

  #onLink(event: LinkEvent): void {
    if (event.kind === 'link.up') {
      this.#isUp = true;
      if (event.rebooted) this.belt.reset();
    }
    if (event.kind === 'link.down') this.#isUp = false;
    if (event.kind === 'link.refused') this.#refusal = event.message;
    if (event.kind === 'belt.sample') this.belt.add(event.sample);
    for (const listener of this.#listeners) listener(event);
  }
}
