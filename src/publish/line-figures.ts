// What `stats` and `actuator/<id>` say beyond the line's own counters, added up from its events: items a second, how well each
// bin is filled, and what each output did. Totals are those of this run of the service.
import type { EncoderCounts, MonotonicNs } from '../base/units.ts';
import { NS_PER_S } from '../base/units.ts';
import type { LineEvent, Recipe } from '../domain/line-event.ts';
import type { BinFigures, LandingCount, TallyCount } from '../ledger/bin-figures.ts';
import { binFigures } from '../ledger/bin-figures.ts';

export interface ActuatorFacts {
  readonly id: string;
  readonly bin: string;
  readonly output: number;
}

export interface ActuatorFigures extends ActuatorFacts {
  readonly commanded: number;
  readonly fired: number;
  readonly missed: number;
  readonly lastCountError: EncoderCounts | undefined;
}

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

const RATE_WINDOW_S = 60;
/** Items without prediction or ground truth are forgotten beyond this many; a belt holds far fewer. */
const KEPT_ITEMS = 4096;

export class LineFigures {
  readonly #tallies = new Map<string, Mutable<TallyCount>>();
  readonly #landings = new Map<string, Mutable<LandingCount>>();
  readonly #actuators: Mutable<ActuatorFigures>[];
  readonly #touched = new Set<ActuatorFigures>();
  /** Items seen up to each second of the last minute, oldest first. */
  readonly #seenBySecond: { readonly atNs: MonotonicNs; readonly items: number }[] = [];
  readonly #materialByItem = new Map<string, string>();
  readonly #outputByItem = new Map<string, number>();
  #recipe: Recipe | undefined;

  constructor(actuators: readonly ActuatorFacts[]) {
    this.#actuators = actuators.map((actuator) => ({ ...actuator, commanded: 0, fired: 0, missed: 0, lastCountError: undefined }));
  }

  hear(event: LineEvent): void {
    switch (event.kind) {
      case 'recipe.changed': this.#recipe = event.recipe; return;
      case 'item.commanded': return this.#commanded(event.itemId, event.command.output);
      case 'item.settled': return this.#settled(event);
      case 'item.truth': return this.#landed(event);
      default: return;
    }
  }

  /** Per bin, the residue last. */
  bins(): BinFigures[] {
    return binFigures({ tallies: [...this.#tallies.values()], landings: [...this.#landings.values()], recipe: this.#recipe });
  }

  /** Those that did something since the last call. */
  takeTouchedActuators(): ActuatorFigures[] {
    const touched = [...this.#touched];
    this.#touched.clear();
    return touched;
  }

  /** `itemsSeen`: the total at `atNs`. */
  itemsPerSecond(itemsSeen: number, atNs: MonotonicNs): number {
    this.#seenBySecond.push({ atNs, items: itemsSeen });
    while (atNs - this.#seenBySecond[0]!.atNs > RATE_WINDOW_S * NS_PER_S) this.#seenBySecond.shift();
    const [oldest] = this.#seenBySecond;
    const seconds = (atNs - oldest!.atNs) / NS_PER_S;
    return seconds <= 0 ? 0 : Math.max(0, (itemsSeen - oldest!.items) / seconds);
  }

  #commanded(itemId: string, output: number): void {
    keep(this.#outputByItem, itemId, output);
    this.#update(output, (actuator) => actuator.commanded++);
  }

  #settled({ itemId, material: predicted, bin, outcome, cause, confidence = 0, countError }: Extract<LineEvent, { kind: 'item.settled' }>): void {
    const material = predicted ?? '';
    const key = `${material} ${bin} ${outcome} ${cause}`;
    const tally = this.#tallies.get(key) ?? { material, bin, outcome, cause, items: 0, confidence: 0 };
    this.#tallies.set(key, { ...tally, items: tally.items + 1, confidence: tally.confidence + confidence });
    keep(this.#materialByItem, itemId, material);
    const output = this.#outputByItem.get(itemId);
    if (output === undefined) return;
    this.#outputByItem.delete(itemId);
    this.#update(output, (actuator) => {
      if (outcome === 'sorted') {
        actuator.fired++;
        actuator.lastCountError = countError;
      } else if (outcome === 'missed') actuator.missed++;
    });
  }

  #landed({ itemId, truth }: Extract<LineEvent, { kind: 'item.truth' }>): void {
    const material = this.#materialByItem.get(itemId) ?? '';
    this.#materialByItem.delete(itemId);
    const key = `${material} ${truth.material} ${truth.landedIn}`;
    const landing = this.#landings.get(key) ?? { material, truthMaterial: truth.material, landedBin: truth.landedIn, items: 0 };
    this.#landings.set(key, { ...landing, items: landing.items + 1 });
  }

  #update(output: number, change: (actuator: Mutable<ActuatorFigures>) => void): void {
    const actuator = this.#actuators.find((each) => each.output === output);
    if (actuator === undefined) return;
    change(actuator);
    this.#touched.add(actuator);
  }
}

function keep<T>(byItem: Map<string, T>, itemId: string, value: T): void {
  byItem.set(itemId, value);
  if (byItem.size <= KEPT_ITEMS) return;
  const [oldest] = byItem.keys();
  byItem.delete(oldest!);
}
