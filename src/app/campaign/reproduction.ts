// From a day that violated an invariant to the shortest list of faults that still does: first only the last stretch of the
// day, begun anew, then without one fault after the other (delta debugging: Zeller and Hildebrandt, "Simplifying and
// isolating failure-inducing input", IEEE TSE 28(2), 2002).
import type { Fault } from '../../sim/faults/fault-kinds.ts';
import type { Violation } from './invariants.ts';

export interface Reproduction {
  readonly faults: readonly Fault[];
  readonly hours: number;
  readonly violation: Violation;
  /** Days simulated to find it. */
  readonly runs: number;
}

/** Simulates a day with these faults; undefined where every invariant held. */
export type TryDay = (faults: readonly Fault[], hours: number) => Promise<Violation | undefined>;

/** Lengths of the last stretch that are tried, s. */
const STRETCHES_S = [15, 60, 300, 1800];
/** A day begins with the start of everything; faults come after it. */
const MORNING_S = 15;
/** The violation may come a little later than it did. */
const AFTER_S = 15;
const MAX_RUNS = 150;

/** `tryDay` must give the same for the same faults. */
export async function shortestReproduction(faults: readonly Fault[], violation: Violation, tryDay: TryDay): Promise<Reproduction> {
  const search = new Search(violation, tryDay);
  for (const stretchS of STRETCHES_S) {
    const fromS = violation.atS - stretchS;
    if (fromS <= MORNING_S) break;
    const moved = faults.filter((fault) => fault.atS <= violation.atS && endS(fault) >= fromS).map((fault) => movedTo(fault, fault.atS - fromS + MORNING_S));
    if (await search.fails(moved, (MORNING_S + stretchS + AFTER_S) / 3600)) break;
  }
  const before = faults.filter(({ atS }) => atS <= violation.atS);
  const hours = (violation.atS + AFTER_S) / 3600;
  if (search.best === undefined && !(await search.fails(before, hours))) return { faults: before, hours, violation, runs: search.runs };
  await minimise(search);
  return { ...search.best!, runs: search.runs };
}

class Search {
  readonly #invariant: Violation['invariant'];
  readonly #tryDay: TryDay;
  runs = 0;
  best: { readonly faults: readonly Fault[]; readonly hours: number; readonly violation: Violation } | undefined;

  constructor(violation: Violation, tryDay: TryDay) {
    this.#invariant = violation.invariant;
    this.#tryDay = tryDay;
  }

  /** Whether these faults violate the same invariant; then they are the best so far. */
  async fails(faults: readonly Fault[], hours: number): Promise<boolean> {
    if (this.runs >= MAX_RUNS) return false;
    this.runs++;
    const violation = await this.#tryDay(faults, hours);
    if (violation?.invariant !== this.#invariant) return false;
    this.best = { faults, hours: Math.min(hours, (violation.atS + 1) / 3600), violation };
    return true;
  }
}

/** Leaves out ever smaller parts of the list, as long as the rest still fails. */
async function minimise(search: Search): Promise<void> {
  for (let parts = 2; search.best!.faults.length > 0;) {
    const { faults, hours } = search.best!;
    const size = Math.ceil(faults.length / parts);
    let hasShrunk = false;
    for (let from = 0; from < faults.length && !hasShrunk; from += size) {
      hasShrunk = await search.fails([...faults.slice(0, from), ...faults.slice(from + size)], hours);
    }
    if (hasShrunk) parts = Math.max(2, parts - 1);
    else if (size === 1) return;
    else parts = Math.min(faults.length, parts * 2);
  }
}

/** One that began before the stretch lasts for what is left of it. */
function movedTo(fault: Fault, atS: number): Fault {
  if (atS >= MORNING_S || !('forS' in fault)) return { ...fault, atS: Math.max(MORNING_S, atS) };
  return { ...fault, atS: MORNING_S, forS: Math.max(0.01, fault.forS - (MORNING_S - atS)) };
}

function endS(fault: Fault): number {
  return fault.atS + ('forS' in fault ? fault.forS : 0);
}
