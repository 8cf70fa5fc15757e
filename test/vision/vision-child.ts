// The real vision process on the virtual belt, spoken to as the line does, for tests that must see its exit code and stderr.
import type { ChildProcess } from 'node:child_process';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import { calibrationFor } from '../../src/app/calibration-for.ts';
import type { VisionSetup } from '../../src/app/vision-setup.ts';
import type { Timer } from '../../src/base/clock.ts';
import { systemClock } from '../../src/base/clock.ts';
import { completeConfig, configSchema } from '../../src/config/schema.ts';
import { BeltMotion } from '../../src/sim/belt-motion.ts';
import type { FromVision, ToVision } from '../../src/vision/vision-messages.ts';
import type { VisionEvent } from '../../src/vision/vision.ts';

const ENTRY = fileURLToPath(new URL('../../src/app/vision-process-main.ts', import.meta.url));
const COUNTS_PER_SECOND = 3000;

export interface Ending {
  readonly code: number | null;
  readonly signal: string | null;
  readonly stderr: string;
}

/** One thing the process said. */
export type Told = VisionEvent | Exclude<FromVision, { kind: 'events' }>;

/** Killed when the test ends. */
export class VisionChild {
  readonly process: ChildProcess = fork(ENTRY, { serialization: 'advanced', stdio: ['ignore', 'inherit', 'pipe', 'ipc'] });
  readonly heard: Told[] = [];
  stderr = '';
  readonly #ended: Promise<[number | null, string | null]>;
  #feed: Timer | undefined;
  #wake: () => void = () => undefined;

  constructor() {
    this.process.stderr!.on('data', (chunk: Buffer) => { this.stderr += chunk.toString(); });
    this.process.on('message', (message: FromVision) => {
      this.heard.push(...(message.kind === 'events' ? message.events : [message]));
      this.#wake();
    });
    // Not its 'close', which never comes where this side has disconnected.
    this.#ended = Promise.all([once(this.process, 'exit') as Promise<[number | null, string | null]>, once(this.process.stderr!, 'end')]).then(([exit]) => exit);
    void this.#ended.then(() => {
      this.#feed?.cancel();
      this.#wake();
    });
    onTestFinished(() => void this.process.kill('SIGKILL'));
  }

  send(message: ToVision<VisionSetup>): void {
    if (this.process.connected) this.process.send(message, () => undefined);
  }

  /** A belt full of items that has moved for long; every item is looked at as often as the model can. */
  start(sections: { readonly classifier: object; readonly camera?: object; readonly inFlight?: number }): void {
    const { classifier, camera = {}, inFlight = 1 } = sections;
    const config = completeConfig(configSchema.parse({
      classifier, camera, log: { level: 'warn' }, vision: { looks: { perItem: 1000, enoughConfidence: 1, inFlight } },
    }));
    const calibration = calibrationFor(config);
    const motion = new BeltMotion({ atNs: systemClock.nowNs(), counts: 0 });
    motion.setSpeed(COUNTS_PER_SECOND, systemClock.nowNs(), 0);
    const world = { seed: 5, countsPerMm: calibration.countsPerMm, itemsPerSecond: 4, beltMmPerSecond: 600, leadInMm: 100, distinctItems: 4 };
    this.send({ kind: 'start', setup: { config, calibration, avoid: new Map(), virtual: { world, motion: motion.segments } } });
    this.#feed = systemClock.every(20, () => {
      const atNs = systemClock.nowNs();
      this.send({ kind: 'belt.sample', sample: { atNs, counts: motion.countsAt(atNs), countsPerSecond: motion.speedAt(atNs) } });
    });
  }

  /** The first message, from `from` on, that `is` accepts. Rejects when the process ends before. */
  async hear(is: (told: Told) => boolean, from = 0): Promise<Told> {
    let hasEnded = false;
    void this.#ended.then(() => { hasEnded = true; });
    for (let index = from; ; index++) {
      while (index >= this.heard.length) {
        if (hasEnded) throw new Error(`the vision process ended: ${this.stderr}`);
        await new Promise<void>((resolve) => { this.#wake = resolve; });
      }
      if (is(this.heard[index]!)) return this.heard[index]!;
    }
  }

  async ended(): Promise<Ending> {
    const [code, signal] = await this.#ended;
    return { code, signal, stderr: this.stderr };
  }
}
