// Who sees whether an actuator hit, and who sets the belt's speed: a person at the line who is asked, or the twin, which knows.
import { createInterface } from 'node:readline/promises';
import type { EncoderCounts } from '../base/units.ts';
import { RESIDUE } from '../domain/decision.ts';
import type { Landed } from '../sim/landing.ts';
import type { ActuatorWitness } from './calibrate-actuators.ts';
import type { CalibrationBench } from './calibration-bench.ts';
import type { VirtualPlant } from './virtual-plant.ts';

/** The belt needs this long to come to its new speed, ms. */
const SPEED_SETTLES_MS = 1000;

/** The twin, which decides by physics where each item lands. */
export function twinWitness(bench: CalibrationBench, { twin, world }: VirtualPlant, rampMs: number): ActuatorWitness {
  const landedByIndex = new Map<number, Landed>();
  const waiting = new Map<number, (landed: Landed) => void>();
  bench.onTwin((event) => {
    if (event.kind !== 'landed') return;
    landedByIndex.set(event.landed.index, event.landed);
    waiting.get(event.landed.index)?.(event.landed);
  });
  const nearestIndex = (counts: EncoderCounts): number | undefined => world.itemsBetween(counts - world.pitchCounts / 2, counts + world.pitchCounts / 2)
    .toSorted((a, b) => Math.abs(a.entryCounts - counts) - Math.abs(b.entryCounts - counts))[0]?.index;
  return {
    async setSpeed(mmPerSecond) {
      twin.setBeltSpeed(mmPerSecond);
      await bench.wait(rampMs + SPEED_SETTLES_MS);
    },
    async sawHit(actuator, positionCounts) {
      const index = nearestIndex(positionCounts + twin.originCounts);
      if (index === undefined) return undefined;
      const { bin } = landedByIndex.get(index) ?? await new Promise<Landed>((resolve) => waiting.set(index, resolve));
      return bin === actuator.bin ? true : bin === RESIDUE ? false : undefined;
    },
  };
}

/** A person: sets the drive and watches the bin. One question at a time, in the order in which items were fired at. */
export function personWitness(streams: { readonly input: NodeJS.ReadableStream; readonly output: NodeJS.WritableStream }): ActuatorWitness & { close(): void } {
  const prompt = createInterface(streams);
  let last: Promise<unknown> = Promise.resolve();
  const ask = (question: string): Promise<string> => {
    const answer = last.then(() => prompt.question(question));
    last = answer.catch(() => undefined);
    return answer;
  };
  let fired = 0;
  return {
    async setSpeed(mmPerSecond) {
      await ask(`Set the belt to about ${mmPerSecond.toFixed(0)} mm/s and lay items on it, one at a time. Enter when it runs evenly. `);
    },
    async sawHit(actuator) {
      const number = ++fired;
      for (;;) {
        const answer = (await ask(`Item ${number}, fired at by ${actuator.id}: did it go into ${actuator.bin}? [y/n, s to skip] `)).trim().toLowerCase();
        if (answer === 'y' || answer === 'n') return answer === 'y';
        if (answer === 's') return undefined;
      }
    },
    close: () => prompt.close(),
  };
}
