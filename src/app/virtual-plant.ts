// The plant of a line without hardware: world, belt, board twin and ground truth, for the demo (real clock, pty) and for
// `simulate` (virtual time, memory). The line itself does not know which plant it drives.
import type { ActuatorOptions } from '../actuate/options.ts';
import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/logger.ts';
import { createRandom } from '../base/random.ts';
import type { LineEvent, LineSink } from '../domain/line-event.ts';
import { BeltMotion } from '../sim/belt-motion.ts';
import type { BoardCable } from '../sim/board-cable.ts';
import { GroundTruth } from '../sim/ground-truth.ts';
import type { TwinOptions, VirtualWorldOptions } from '../sim/options.ts';
import { photosFrom } from '../sim/photos.ts';
import type { Twin, TwinEvent } from '../sim/twin.ts';
import { createTwin } from '../sim/twin.ts';
import type { World, WorldOptions } from '../sim/world.ts';
import { createWorld } from '../sim/world.ts';

export interface PlantOptions {
  readonly twin: TwinOptions;
  readonly world: VirtualWorldOptions;
  readonly images?: string | undefined;
}

export interface PlantDeps {
  clock: Clock;
  log: Logger;
  cable: BoardCable;
  actuators: readonly ActuatorOptions[];
  options: PlantOptions;
  /** Receives `item.truth`. */
  sink: LineSink;
  /** Also hears everything that truly happens. */
  onTwin?: (event: TwinEvent) => void;
}

export class VirtualPlant {
  readonly world: World;
  readonly motion: BeltMotion;
  readonly truth: GroundTruth;
  readonly twin: Twin;
  readonly #clock: Clock;
  readonly #sink: LineSink;
  readonly #listen: (event: TwinEvent) => void;

  constructor(deps: PlantDeps) {
    const { clock, log, cable, actuators, options } = deps;
    const { countsPerMm } = options.twin;
    this.#clock = clock;
    this.#sink = deps.sink;
    this.#listen = deps.onTwin ?? (() => undefined);
    this.world = createWorld(worldOptionsOf(options, countsPerMm));
    this.motion = new BeltMotion({ atNs: clock.nowNs(), counts: 0 });
    this.truth = new GroundTruth(this.world);
    this.twin = createTwin({
      clock, log, cable, actuators, motion: this.motion, world: this.world, countsPerMm,
      random: createRandom(options.world.seed), options: options.twin, sink: (event) => this.#onTwin(event),
    });
  }

  /** Takes the line's events; only listens. */
  readonly observe: LineSink = (event: LineEvent) => this.truth.hear(event);

  #onTwin(event: TwinEvent): void {
    this.#listen(event);
    if (event.kind === 'booted') this.truth.rebase(event.originCounts);
    if (event.kind !== 'landed') return;
    const told = this.truth.landed(event.landed, this.#clock.nowNs());
    if (told !== undefined) this.#sink(told);
  }
}

/** What the virtual camera needs to draw the same world in another process. Throws DATA_UNREADABLE, DATA_EMPTY or DATA_LIST_INVALID for the photographs. */
export function worldOptionsOf(options: PlantOptions, countsPerMm: number): WorldOptions {
  const { world, twin, images } = options;
  // Absent rather than undefined: the options cross between processes and are compared.
  const given = Object.fromEntries(Object.entries(world).filter(([, value]) => value !== undefined)) as typeof world;
  const photos = images === undefined ? undefined : photosFrom(images);
  return { ...given, countsPerMm, beltMmPerSecond: twin.beltMmPerSecond, ...(photos === undefined ? {} : { photos }) };
}
