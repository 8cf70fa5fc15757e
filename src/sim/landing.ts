// Decides, by physics alone, in which bin each item lands: an item whose centre lies in an actuator's zone while its jet
// (or paddle) acts is moved into that actuator's bin; whatever no actuator takes falls off the end, into the residue. It
// knows what was switched and when, never what was decided or commanded. Drawn in counts along the belt:
//
//    item centre ──▶  [ zone in ···· zone out ]            caught ⇔ the two intervals meet,
//    jet acts              [ on + lead ···· off + lead ]   at the later of their two beginnings
import type { Clock, Timer } from '../base/clock.ts';
import type { EncoderCounts, Millimetres, Milliseconds, MonotonicNs } from '../base/units.ts';
import { NS_PER_MS } from '../base/units.ts';
import type { BinId } from '../domain/decision.ts';
import { RESIDUE } from '../domain/decision.ts';
import type { Material } from '../domain/material.ts';
import type { BeltMotion } from './belt-motion.ts';
import type { World, WorldItem } from './world.ts';

/** Where an output's actuator is and how it acts. */
export interface LandingActuator {
  readonly output: number;
  readonly bin: BinId;
  /** Centre line, mm downstream of the camera origin. */
  readonly offsetMm: Millimetres;
  /** Time from the output switching until the air (or paddle) follows, on and off alike. */
  readonly leadMs: Milliseconds;
  /** Length of belt it moves at an instant, centred on its offset. */
  readonly zoneMm: Millimetres;
  /** Part of the belt's width it reaches; all of it where absent. */
  readonly reachMm?: { readonly fromYMm: Millimetres; readonly toYMm: Millimetres };
}

export interface Landed {
  /** {@link WorldItem.index}. */
  readonly index: number;
  readonly material: Material;
  readonly bin: BinId;
  /** When and at which true belt travel the item left the belt. */
  readonly atNs: MonotonicNs;
  readonly atCounts: EncoderCounts;
}

export interface LandingDeps {
  clock: Clock;
  motion: BeltMotion;
  world: World;
  countsPerMm: number;
  actuators: readonly LandingActuator[];
  /** End of the belt, mm downstream of the camera origin; beyond every actuator's zone. */
  endMm: Millimetres;
  sink(landed: Landed): void;
}

/** An item is judged this long after it left a zone, so that a switching reported late by a busy event loop still counts. */
const GRACE_MS = 5;

interface Pulse {
  readonly onNs: MonotonicNs;
  offNs: MonotonicNs | undefined;
}

interface Rider {
  readonly item: WorldItem;
  /** Index of the next actuator whose zone it leaves; the number of actuators stands for the belt's end. */
  next: number;
  timer: Timer | undefined;
}

export class Landing {
  readonly #deps: LandingDeps;
  /** Upstream first. */
  readonly #actuators: readonly LandingActuator[];
  readonly #pulses: Pulse[][];
  /** Items that left no zone yet are represented by the first of them; the others follow it. */
  readonly #riders = new Set<Rider>();
  readonly #stopListening: () => void;
  #admittedCount = 0;

  constructor(deps: LandingDeps) {
    this.#deps = deps;
    this.#actuators = [...deps.actuators].sort((a, b) => a.offsetMm + a.zoneMm / 2 - (b.offsetMm + b.zoneMm / 2));
    this.#pulses = this.#actuators.map(() => []);
    this.#stopListening = deps.motion.onMotion(() => { for (const rider of this.#riders) this.#plan(rider); });
    this.#admitNext();
  }

  /** The output was switched to its firing value at `atNs`, now or a moment ago. */
  switchedOn(output: number, atNs: MonotonicNs): void {
    for (const pulses of this.#pulsesOf(output)) pulses.push({ onNs: atNs, offNs: undefined });
  }

  /** The output went back to rest at `atNs`. */
  switchedOff(output: number, atNs: MonotonicNs): void {
    for (const pulses of this.#pulsesOf(output)) {
      const last = pulses.at(-1);
      if (last !== undefined) last.offNs ??= atNs;
    }
  }

  close(): void {
    this.#stopListening();
    for (const rider of this.#riders) rider.timer?.cancel();
    this.#riders.clear();
  }

  #pulsesOf(output: number): Pulse[][] {
    return this.#pulses.filter((_, index) => this.#actuators[index]!.output === output);
  }

  #admitNext(): void {
    const item = this.#deps.world.item(this.#admittedCount);
    if (item === undefined) return;
    this.#admittedCount++;
    const rider: Rider = { item, next: 0, timer: undefined };
    this.#riders.add(rider);
    this.#plan(rider);
  }

  /** Waits until the rider has left the next zone; on a belt that will not carry it there, until the motion changes. */
  #plan(rider: Rider): void {
    const { clock, motion } = this.#deps;
    rider.timer?.cancel();
    const nowNs = clock.nowNs();
    const leavesNs = motion.timeAtCounts(this.#leavesCounts(rider), nowNs);
    rider.timer = leavesNs === undefined ? undefined : clock.after((leavesNs - nowNs) / NS_PER_MS + GRACE_MS, () => this.#judge(rider));
  }

  #leavesCounts(rider: Rider): EncoderCounts {
    const actuator = this.#actuators[rider.next];
    const mm = actuator === undefined ? this.#deps.endMm : actuator.offsetMm + actuator.zoneMm / 2;
    return rider.item.entryCounts + mm * this.#deps.countsPerMm;
  }

  #judge(rider: Rider): void {
    const actuator = this.#actuators[rider.next];
    const isFirstZone = rider.next === 0;
    const caughtCounts = actuator === undefined ? this.#leavesCounts(rider) : this.#catchCounts(rider);
    if (caughtCounts === undefined) {
      rider.next++;
      this.#plan(rider);
    } else {
      this.#riders.delete(rider);
      this.#land(rider.item, actuator?.bin ?? RESIDUE, caughtCounts);
    }
    if (isFirstZone) this.#admitNext();
  }

  #land(item: WorldItem, bin: BinId, atCounts: EncoderCounts): void {
    const { motion } = this.#deps;
    const atNs = motion.timeAtCounts(atCounts, motion.segments[0]!.atNs) ?? this.#deps.clock.nowNs();
    this.#deps.sink({ index: item.index, material: item.material, bin, atNs, atCounts });
  }

  /** Belt travel at which the rider's next actuator caught it; undefined where it did not. */
  #catchCounts(rider: Rider): EncoderCounts | undefined {
    const { motion, countsPerMm } = this.#deps;
    const actuator = this.#actuators[rider.next]!;
    const pulses = this.#pulses[rider.next]!;
    const { item } = rider;
    const zoneInCounts = item.entryCounts + (actuator.offsetMm - actuator.zoneMm / 2) * countsPerMm;
    const zoneOutCounts = zoneInCounts + actuator.zoneMm * countsPerMm;
    const leadNs = actuator.leadMs * NS_PER_MS;
    const endCountsOf = (pulse: Pulse): EncoderCounts => (pulse.offNs === undefined ? Infinity : motion.countsAt(pulse.offNs + leadNs));
    // Items follow each other: what ended before this one came in can catch none behind it.
    while (pulses[0] !== undefined && endCountsOf(pulses[0]) < zoneInCounts) pulses.shift();
    const { reachMm } = actuator;
    if (reachMm !== undefined && (item.yMm < reachMm.fromYMm || item.yMm > reachMm.toYMm)) return undefined;
    for (const pulse of pulses) {
      const beginCounts = motion.countsAt(pulse.onNs + leadNs);
      if (beginCounts <= zoneOutCounts && endCountsOf(pulse) >= zoneInCounts) return Math.max(zoneInCounts, beginCounts);
    }
    return undefined;
  }
}
