// Sweeps in a store of their own, in virtual time, seen from several machines.
import { rmSync } from 'node:fs';
import { ManualClock } from '../../../src/base/manual-clock.ts';
import { openSweepStore } from '../../../src/learning/sweep/open-sweep-store.ts';
import { sweepConfig } from '../../../src/learning/sweep/sweep-config.ts';
import type { HeldTrial, Sweep, SweepStore } from '../../../src/learning/sweep/sweep-store.ts';
import { scratchFolder } from '../store/store-rig.ts';

export interface SweepRig extends Disposable {
  readonly folder: string;
  readonly clock: ManualClock;
  readonly store: SweepStore;
  /** The same store as another machine has it open. */
  machine(name: string): SweepStore;
  sweep(config: object): Sweep;
}

export function sweepRig(): SweepRig {
  const folder = scratchFolder('sweep');
  const clock = new ManualClock();
  const opened: SweepStore[] = [];
  const machine = (name: string): SweepStore => {
    const store = openSweepStore(folder, { clock, here: { host: name, hostKey: name, pid: process.pid, startedTicks: '' } });
    opened.push(store);
    return store;
  };
  const store = machine('here');
  return {
    folder, clock, store, machine,
    sweep: (config) => store.create({ name: 'test', config: sweepConfig.parse({ method: 'random', parameters: { learn_rate: { min: 0.001, max: 0.1 } }, ...config }), task: {} }),
    [Symbol.dispose]: () => {
      for (const each of opened) each.close();
      rmSync(folder, { recursive: true });
    },
  };
}

/** The next trial; throws where there is none. */
export function taken(store: SweepStore, sweep: Sweep): HeldTrial {
  const next = store.take(sweep.id);
  if (next.kind !== 'trial') throw new Error(`expected a trial, got ${JSON.stringify(next)}`);
  return next.trial;
}
