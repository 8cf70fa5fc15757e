// Does each kind of fault to the part it happens to. One line a kind: what happens at its time, and, where it lasts, what is
// undone at its end. Two faults of a kind that overlap end when the later one does.
import type { Clock } from '../../base/clock.ts';
import { NS_PER_MS } from '../../base/units.ts';
import type { Config } from '../../config/schema.ts';
import type { EyeFaults, EyeTrouble } from '../../sim/faults/eye-faults.ts';
import type { Fault, FaultKind, FaultOf } from '../../sim/faults/fault-kinds.ts';
import type { BrokerTrouble, FaultyBroker } from '../../sim/faults/faulty-broker.ts';
import type { FaultyCable } from '../../sim/faults/faulty-cable.ts';
import type { DiskTrouble, FaultyDisk } from '../../sim/faults/faulty-disk.ts';
import type { WallClock } from '../../sim/faults/process-clock.ts';
import type { Twin } from '../../sim/twin.ts';
import type { Invariants } from './invariants.ts';
import type { SimulatedOperator } from './simulated-operator.ts';

export interface FaultTargets {
  readonly clock: Clock;
  readonly config: Config;
  readonly twin: Twin;
  readonly cable: FaultyCable;
  readonly broker: FaultyBroker;
  readonly disk: FaultyDisk;
  readonly eyeFaults: EyeFaults;
  readonly wall: WallClock;
  readonly operator: SimulatedOperator;
  readonly invariants: Invariants;
  /** The usual belt speed. */
  readonly beltMmPerSecond: number;
  readonly countsPerMm: number;
  stallProcess(ms: number): void;
  killProcess(fault: FaultOf<'process.kill'>): void;
}

type Undo = () => void;
type Injector<Kind extends FaultKind> = (fault: FaultOf<Kind>, targets: FaultTargets) => Undo | void;

const RESET_PAUSE_MS = 700;
const KICK_PAUSE_MS = 1000;
/** Slip is told to the encoder in steps, as its edges would come. */
const SLIP_STEP_MS = 10;

const INJECTORS: { readonly [Kind in FaultKind]: Injector<Kind> } = {
  'serial.noise': ({ flipPerBit, dropPerByte }, { cable }) => change(cable.faults, { flipPerBit, dropPerByte }),
  'serial.repeat': ({ share }, { cable }) => change(cable.faults, { repeat: share }),
  'serial.delay': ({ jitterMs, reorders }, { cable }) => change(cable.faults, { jitterMs, reorders }),
  'serial.stuck': ({ direction }, { cable }) => change(cable.faults, { deafEnd: ({ 'to-board': 'board', 'to-host': 'host', 'both': 'both' } as const)[direction] }),
  'serial.unplug': (_, { twin }) => {
    void twin.unplug();
    return () => void twin.replug();
  },
  'board.reset': ({ times, cause }, { clock, twin }) => repeatedly(clock, { times, pauseMs: RESET_PAUSE_MS }, () => twin.reset(cause)),
  'board.wrong-version': ({ version }, { twin }) => {
    twin.speakVersion(version);
    twin.reset('external');
    return () => {
      twin.speakVersion(1);
      twin.reset('external');
    };
  },
  'board.hang': (_, { twin }) => {
    twin.mute(true);
    return () => twin.mute(false);
  },
  'encoder.jump': ({ counts }, { twin, invariants }) => {
    invariants.disturbed();
    twin.jumpEncoder(counts);
  },
  'belt.slip': ({ share }, targets) => slip(share, targets),
  'belt.speed': ({ factor }, { twin, invariants, beltMmPerSecond }) => {
    const calm = invariants.disturb();
    twin.setBeltSpeed(beltMmPerSecond * factor);
    return () => {
      twin.setBeltSpeed(beltMmPerSecond);
      calm();
    };
  },
  'belt.jam': (_, { twin }) => {
    twin.setJam(true);
    return () => twin.setJam(false);
  },
  'e-stop': (_, { twin, invariants }) => {
    twin.setEStop(true);
    invariants.setEStop(true);
    return () => {
      invariants.setEStop(false);
      twin.setEStop(false);
    };
  },
  'bin.full': ({ output }, { twin }) => {
    twin.setBinFull(output, true);
    return () => twin.setBinFull(output, false);
  },
  'camera.stall': eye('stall'),
  'camera.black': eye('black'),
  'camera.repeat': eye('repeat'),
  'camera.late': ({ delayMs }, { eyeFaults }) => change(eyeFaults, { lateMs: delayMs }),
  'camera.torn': eye('torn'),
  'camera.wrong-size': eye('wrong-size'),
  'camera.light-step': eye('light-step'),
  'camera.dirt': eye('dirt'),
  'vision.crash': ({ times }, { eyeFaults }) => eyeFaults.crash(times),
  'vision.hang': (_, { eyeFaults }) => eyeFaults.hang(),
  'vision.no-start': (_, { eyeFaults }) => {
    eyeFaults.set('no-start', true);
    eyeFaults.crash(1);
    return () => eyeFaults.set('no-start', false);
  },
  'vision.slow': ({ delayMs }, { eyeFaults }) => change(eyeFaults, { slowMs: delayMs }),
  'vision.wrong-shape': eye('wrong-shape'),
  'mqtt.down': broker('down'),
  'mqtt.refuse-login': broker('refuse-login'),
  'mqtt.refuse-publish': broker('refuse-publish'),
  'mqtt.slow': ({ delayMs }, targets) => change(targets.broker, { slowMs: delayMs }),
  'mqtt.deaf': broker('deaf'),
  'mqtt.repeat': broker('repeat'),
  'mqtt.kick': ({ times }, targets) => repeatedly(targets.clock, { times, pauseMs: KICK_PAUSE_MS }, () => targets.broker.kick('ended by an administrator')),
  'disk.full': disk('full'),
  'disk.read-only': disk('read-only'),
  'disk.slow': ({ delayMs }, targets) => change(targets.disk, { slowMs: delayMs }),
  'clock.jump': ({ seconds }, { wall }) => { wall.offsetMs += seconds * 1000; },
  'operator.pause': (_, { operator }) => operator.pause(),
  'operator.recipe': (_, { operator }) => operator.swapRecipe(),
  'operator.bin-off': ({ bin }, { operator }) => operator.switchOff(bin),
  'operator.impatient': (_, { operator }) => operator.hurry(),
  'process.stall': ({ ms }, { stallProcess }) => stallProcess(ms),
  'process.kill': (fault, { killProcess }) => killProcess(fault),
};

/** Sorting goes on whatever broker, disk and wall clock do, and with doubtful pictures and full bins. */
const HARMLESS = /^(mqtt\.|disk\.|clock\.|bin\.full|camera\.(dirt|light-step|late|black|torn|repeat)|vision\.(slow|wrong-shape)|operator\.(recipe|bin-off|impatient)|process\.stall|encoder\.jump|belt\.(slip|speed))/;

export class FaultInjector {
  readonly #targets: FaultTargets;
  /** By kind: how many last, and what ends the first of them. */
  readonly #lasting = new Map<FaultKind, { count: number; undo: Undo }>();
  /** When the last fault that stops a line began or ended. */
  #stoppedNs = 0;
  readonly countByKind: Partial<Record<FaultKind, number>> = {};

  constructor(targets: FaultTargets) {
    this.#targets = targets;
  }

  /** Has every fault happen at its time. */
  plan(faults: readonly Fault[]): void {
    for (const fault of faults) this.#targets.clock.after(fault.atS * 1000, () => this.#begin(fault));
  }

  /** How long nothing that stops a line has been wrong, ms; 0 while something is. */
  calmMs(): number {
    if ([...this.#lasting.keys()].some((kind) => !HARMLESS.test(kind))) return 0;
    return (this.#targets.clock.nowNs() - this.#stoppedNs) / NS_PER_MS;
  }

  /** Ends whatever still lasts. */
  endAll(): void {
    for (const { undo } of this.#lasting.values()) undo();
    this.#lasting.clear();
  }

  #begin(fault: Fault): void {
    this.#note(fault.kind);
    this.countByKind[fault.kind] = (this.countByKind[fault.kind] ?? 0) + 1;
    const lasting = this.#lasting.get(fault.kind);
    if (lasting !== undefined) lasting.count++;
    else {
      const undo = (INJECTORS[fault.kind] as Injector<FaultKind>)(fault as never, this.#targets);
      if (undo === undefined) return;
      this.#lasting.set(fault.kind, { count: 1, undo });
    }
    if ('forS' in fault) this.#targets.clock.after(fault.forS * 1000, () => this.#end(fault.kind));
  }

  #end(kind: FaultKind): void {
    const lasting = this.#lasting.get(kind);
    if (lasting === undefined || --lasting.count > 0) return;
    this.#note(kind);
    this.#lasting.delete(kind);
    lasting.undo();
  }

  #note(kind: FaultKind): void {
    if (!HARMLESS.test(kind)) this.#stoppedNs = this.#targets.clock.nowNs();
  }
}

/** Sets some properties until undone. Each belongs to one kind of fault. */
function change<T extends object>(target: T, values: Partial<T>): Undo {
  const before = Object.fromEntries(Object.keys(values).map((key) => [key, target[key as keyof T]]));
  Object.assign(target, values);
  return () => void Object.assign(target, before);
}

function eye(trouble: EyeTrouble): (fault: unknown, targets: FaultTargets) => Undo {
  return (_, { eyeFaults }) => {
    eyeFaults.set(trouble, true);
    return () => eyeFaults.set(trouble, false);
  };
}

function broker(trouble: BrokerTrouble): (fault: unknown, targets: FaultTargets) => Undo {
  return (_, targets) => {
    targets.broker.set(trouble, true);
    return () => targets.broker.set(trouble, false);
  };
}

function disk(trouble: DiskTrouble): (fault: unknown, targets: FaultTargets) => Undo {
  return (_, targets) => {
    targets.disk.set(trouble, true);
    return () => targets.disk.set(trouble, false);
  };
}

function repeatedly(clock: Clock, { times, pauseMs }: { times: number; pauseMs: number }, act: () => void): void {
  act();
  for (let index = 1; index < times; index++) clock.after(index * pauseMs, act);
}

/** Edges for belt that did not move: the encoder runs ahead of the items. */
function slip(share: number, { clock, twin, invariants, beltMmPerSecond, countsPerMm }: FaultTargets): Undo {
  const calm = invariants.disturb();
  const perStep = (share * beltMmPerSecond * countsPerMm * SLIP_STEP_MS) / 1000;
  let owed = 0;
  const timer = clock.every(SLIP_STEP_MS, () => {
    owed += perStep;
    const counts = Math.floor(owed);
    owed -= counts;
    if (counts > 0 && twin.boardState === 'armed') twin.jumpEncoder(counts);
  });
  return () => {
    timer.cancel();
    calm();
  };
}
