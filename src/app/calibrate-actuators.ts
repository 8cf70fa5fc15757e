// `sortline calibrate actuators`: fire and see. Each item that passes is one try for one actuator: the board fires at an aim, and it
// is seen whether the item went into the actuator's bin. The aims that hit, at two speeds, tell where the actuator is and how long
// it takes; a sweep over them afterwards tells whether that is so.
import type { ActuatorOptions } from '../actuate/options.ts';
import { SortlineError } from '../base/errors.ts';
import type { EncoderCounts, Millimetres } from '../base/units.ts';
import { EdgeSearch } from '../calibrate/edge-search.ts';
import type { ActuatorFit, SpeedWindow } from '../calibrate/fit-actuator.ts';
import { fitActuator } from '../calibrate/fit-actuator.ts';
import type { VisionOptions } from '../vision/options.ts';
import type { Calibration } from '../domain/calibration.ts';
import { BeltEyes } from '../vision/belt-eyes.ts';
import type { CalibrationBench } from './calibration-bench.ts';

const REACH_MM = 150;
const RESOLUTION_MM = 1;
/** Tries at aims in and out of the fitted window, shares of its half width: the inner ones must hit, the outer ones miss. */
const SWEEP_SHARES = [-1.25, -0.8, -0.4, 0, 0.4, 0.8, 1.25] as const;
/** An item is used when its middle has passed this share of the picture: by then it was seen more than once. */
const USED_AT_SHARE = 0.5;
/** Items per actuator and speed after which it is given up. */
const MAX_TRIES = 40;
/** Items of an actuator in a row that came to nothing: refused by the board, fired too late, taken by another. */
const MAX_VOID = 10;
/** Pictures without any new item after which nobody lays items any more. */
const MAX_IDLE_FRAMES = 600;
const MAX_COMMAND_ID = 65_535;
const MS_PER_S = 1000;

/** What calibration needs of whoever stands at the line, or of the simulator. */
export interface ActuatorWitness {
  /** The belt runs at about this speed when it resolves. */
  setSpeed(mmPerSecond: number): Promise<void>;
  /** Whether the item at `positionCounts` went into the bin of `actuator`; undefined where something else took it. */
  sawHit(actuator: ActuatorOptions, positionCounts: EncoderCounts): Promise<boolean | undefined>;
}

export interface CalibrateActuatorsOptions {
  readonly calibration: Calibration;
  readonly vision: VisionOptions;
  readonly actuators: readonly ActuatorOptions[];
  /** mm/s, slow and fast. */
  readonly speeds: readonly [number, number];
  readonly witness: ActuatorWitness;
  readonly onTry?: (told: { readonly actuator: string; readonly aimMm: Millimetres; readonly isHit: boolean }) => void;
}

export interface ActuatorResult extends ActuatorFit {
  readonly id: string;
  readonly tries: number;
  /** Tries of the verifying sweep that did not end as the fit has it. */
  readonly sweepFailures: readonly string[];
}

/** One actuator at one speed: what is tried next, and what came of it. */
interface Task {
  readonly actuator: ActuatorOptions;
  next(): Millimetres | undefined;
  told(aimMm: Millimetres, isHit: boolean): void;
}

/** Throws CALIB_NO_TARGET without items, CALIB_POOR_FIT where an actuator hits nothing within reach or the windows contradict each other. */
export async function calibrateActuators(bench: CalibrationBench, options: CalibrateActuatorsOptions): Promise<ActuatorResult[]> {
  const { actuators, calibration, witness, speeds, vision } = options;
  const eyes = new BeltEyes(calibration, vision);
  const range = new FiringRange(bench, eyes, options);
  try {
    await bench.startBelt();
    const windows = new Map<string, SpeedWindow[]>(actuators.map(({ id }) => [id, []]));
    const tries = new Map<string, number>();
    for (const speed of speeds) {
      await witness.setSpeed(speed);
      const searches = new Map(actuators.map((actuator) => [actuator, new EdgeSearch({
        middleMm: actuator.offsetMm - (speed * (actuator.leadMs + actuator.holdMs / 2)) / MS_PER_S,
        widthMm: actuator.zoneMm + (speed * actuator.holdMs) / MS_PER_S, reachMm: REACH_MM, resolutionMm: RESOLUTION_MM,
      })]));
      const mmPerSecond = await range.run([...searches].map(([actuator, search]) => ({ actuator, next: () => (search.tries < MAX_TRIES ? search.next() : undefined), told: (aim, isHit) => search.told(aim, isHit) })));
      for (const [actuator, search] of searches) {
        if (search.window === undefined) throw noHits(actuator, search.tries);
        windows.get(actuator.id)!.push({ mmPerSecond, window: search.window });
        tries.set(actuator.id, (tries.get(actuator.id) ?? 0) + search.tries);
      }
    }
    const fits = actuators.map((actuator) => ({ actuator, fit: fitted(actuator, windows.get(actuator.id)!) }));
    const failures = await sweep(range, fits, speeds[1]);
    return fits.map(({ actuator, fit }) => ({ id: actuator.id, ...fit, tries: tries.get(actuator.id)!, sweepFailures: failures.get(actuator.id)! }));
  } finally {
    eyes.release();
    range.close();
  }
}

function fitted(actuator: ActuatorOptions, [slow, fast]: readonly SpeedWindow[]): ActuatorFit {
  const fit = fitActuator(slow!, fast!, actuator.holdMs);
  if (fit !== undefined && fit.leadMs > -2 * fit.leadDeviationMs && fit.zoneMm > 0) return { ...fit, leadMs: Math.max(0, fit.leadMs) };
  throw new SortlineError('CALIB_POOR_FIT', `what ${actuator.id} hit at ${slow!.mmPerSecond.toFixed(0)} and ${fast!.mmPerSecond.toFixed(0)} mm/s fits no place and delay: choose speeds that differ more, and check that the belt kept them`, { context: { actuator: actuator.id, slow, fast } });
}

/** Aims across each fitted window; by actuator, what ended otherwise. */
async function sweep(range: FiringRange, fits: readonly { readonly actuator: ActuatorOptions; readonly fit: ActuatorFit }[], speed: number): Promise<Map<string, string[]>> {
  const failures = new Map<string, string[]>(fits.map(({ actuator }) => [actuator.id, []]));
  await range.run(fits.map(({ actuator, fit }): Task => {
    const middleMm = fit.offsetMm - (speed * (fit.leadMs + actuator.holdMs / 2)) / MS_PER_S;
    const halfMm = (fit.zoneMm + (speed * actuator.holdMs) / MS_PER_S) / 2;
    const left = [...SWEEP_SHARES];
    return {
      actuator,
      next: () => (left[0] === undefined ? undefined : middleMm + left[0] * halfMm),
      told: (_, isHit) => {
        const share = left.shift()!;
        if (isHit !== Math.abs(share) < 1) failures.get(actuator.id)!.push(`${(share * halfMm).toFixed(1)} mm from the middle ${isHit ? 'still hit' : 'missed'}`);
      },
    };
  }));
  return failures;
}

function noHits({ id, bin }: ActuatorOptions, tries: number): SortlineError {
  return new SortlineError('CALIB_POOR_FIT', `${id} brought no item into ${bin} in ${tries} tries within ${REACH_MM} mm of its offsetMm: correct offsetMm to what a tape says, check that its output moves it, and that items lie within its reach`, { context: { actuator: id, tries } });
}

/** Items as they come: each is given to an actuator that waits for one, fired at, and judged. */
class FiringRange {
  readonly #bench: CalibrationBench;
  readonly #eyes: BeltEyes;
  readonly #options: CalibrateActuatorsOptions;
  readonly #used = new Set<number>();
  readonly #voids = new Map<string, number>();
  readonly #firedAt = new Map<number, (counts: EncoderCounts | undefined) => void>();
  readonly #stopListening: () => void;
  #lastCommandId = 0;

  constructor(bench: CalibrationBench, eyes: BeltEyes, options: CalibrateActuatorsOptions) {
    this.#bench = bench;
    this.#eyes = eyes;
    this.#options = options;
    this.#stopListening = bench.onLink((event) => {
      if (event.kind === 'command.fired') this.#firedAt.get(event.commandId)?.(event.firedAtCounts);
      if (event.kind === 'command.missed') this.#firedAt.get(event.commandId)?.(undefined);
    });
  }

  close(): void {
    this.#stopListening();
  }

  /** Works on all tasks until none wants a further try; the mean belt speed, mm/s. */
  async run(tasks: readonly Task[]): Promise<number> {
    const busy = new Map<Task, Promise<void>>();
    const speeds: number[] = [];
    let failure: { readonly error: unknown } | undefined;
    for (let idle = 0; tasks.some((task) => busy.has(task) || task.next() !== undefined); idle++) {
      const frame = await this.#bench.look();
      if (frame === undefined || idle > MAX_IDLE_FRAMES) throw new SortlineError('CALIB_NO_TARGET', 'no test item passes the camera any more, and tries are left: lay items on the belt one after the other, apart from each other');
      const items = this.#eyes.look(frame).filter(({ trackId, xMm }) => !this.#used.has(trackId) && xMm > USED_AT_SHARE * this.#eyes.viewMm);
      frame.image.release();
      for (const { trackId, position } of items) {
        this.#used.add(trackId);
        const task = tasks.find((each) => !busy.has(each) && each.next() !== undefined);
        if (task === undefined) continue;
        idle = 0;
        speeds.push((this.#bench.belt.latest?.countsPerSecond ?? 0) / this.#options.calibration.countsPerMm);
        const trying = this.#try(task, position.positionCounts).catch((error: unknown) => { failure ??= { error }; }).finally(() => busy.delete(task));
        busy.set(task, trying);
      }
      if (failure !== undefined) throw failure.error;
    }
    return speeds.reduce((sum, speed) => sum + speed, 0) / Math.max(1, speeds.length);
  }

  async #try(task: Task, positionCounts: EncoderCounts): Promise<void> {
    const { calibration: { countsPerMm }, witness, onTry } = this.#options;
    const { output, holdMs, id } = task.actuator;
    const commandId = (this.#lastCommandId = (this.#lastCommandId % MAX_COMMAND_ID) + 1);
    const fired = new Promise<EncoderCounts | undefined>((resolve) => this.#firedAt.set(commandId, resolve));
    const answer = await this.#bench.link.schedule({ commandId, output, fireAtCounts: Math.round(positionCounts + task.next()! * countsPerMm), holdMs });
    // What came too late, or was refused, was no try: the next item is.
    const firedAtCounts = answer.result === 'acked' ? await fired : undefined;
    this.#firedAt.delete(commandId);
    const isHit = firedAtCounts === undefined ? undefined : await witness.sawHit(task.actuator, positionCounts);
    if (firedAtCounts === undefined || isHit === undefined) return this.#void(id, answer.result === 'rejected' ? answer.reason : answer.result);
    this.#voids.delete(id);
    const aimMm = (firedAtCounts - positionCounts) / countsPerMm;
    task.told(aimMm, isHit);
    onTry?.({ actuator: id, aimMm, isHit });
  }

  #void(actuator: string, answer: string): void {
    const count = (this.#voids.get(actuator) ?? 0) + 1;
    this.#voids.set(actuator, count);
    if (count >= MAX_VOID) throw new SortlineError('CALIB_POOR_FIT', `${count} items in a row came to nothing for ${actuator} (the board last said: ${answer}): its place must be behind the picture, its output one of the board's, and items far enough apart`, { context: { actuator, answer } });
  }
}
