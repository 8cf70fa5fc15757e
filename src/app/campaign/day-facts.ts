// What is known of a simulated day while it runs, joined: each item of the line with the object of the world it is, the
// commands sent for it, how it ended, and where the object landed. The invariants read it. What is over is forgotten.
import type { MonotonicNs } from '../../base/units.ts';
import type { BinId, FireCommand, ItemId, Outcome } from '../../domain/decision.ts';
import type { LineEvent } from '../../domain/line-event.ts';
import type { Landed } from '../../sim/landing.ts';

export interface ItemFacts {
  readonly itemId: ItemId;
  /** Undefined for an object that is none. */
  readonly worldIndex: number | undefined;
  readonly exposedNs: MonotonicNs;
  settled: { readonly outcome: Outcome; readonly bin: BinId } | undefined;
  /** Bins for which commands were sent. */
  readonly commandedBins: Set<BinId>;
}

export interface SentCommand {
  readonly command: FireCommand;
  readonly sentNs: MonotonicNs;
  /** More than one where a pulse was merged. */
  readonly riders: ItemFacts[];
}

/** Objects behind the newest landed one whose facts are kept: the line has settled them long ago. */
const KEPT_LANDINGS = 200;
const KEPT_COMMANDS = 128;

export class DayFacts {
  readonly #binByOutput: ReadonlyMap<number, BinId>;
  /** Open items of the present life of the line. */
  readonly open = new Map<ItemId, ItemFacts>();
  readonly #byWorldIndex = new Map<number, ItemFacts[]>();
  readonly #landedIn = new Map<number, BinId>();
  readonly #sentByOutput = new Map<number, SentCommand[]>();
  #newestLanded = -1;

  constructor(binByOutput: ReadonlyMap<number, BinId>) {
    this.#binByOutput = binByOutput;
  }

  seen({ itemId, sighting }: Extract<LineEvent, { kind: 'item.seen' }>, worldIndex: number | undefined): void {
    const item: ItemFacts = { itemId, worldIndex, exposedNs: sighting.capturedAtNs, settled: undefined, commandedBins: new Set() };
    this.open.set(itemId, item);
    if (worldIndex === undefined) return;
    const others = this.#byWorldIndex.get(worldIndex);
    if (others === undefined) this.#byWorldIndex.set(worldIndex, [item]);
    else others.push(item);
  }

  commanded({ itemId, command, atNs }: Extract<LineEvent, { kind: 'item.commanded' }>): void {
    const item = this.open.get(itemId);
    if (item === undefined) return;
    item.commandedBins.add(this.#binByOutput.get(command.output)!);
    let sent = this.#sentByOutput.get(command.output);
    if (sent === undefined) this.#sentByOutput.set(command.output, sent = []);
    // The riders of one pulse are told one after the other.
    const latest = sent.at(-1);
    if (latest?.command.commandId === command.commandId && latest.sentNs === atNs) latest.riders.push(item);
    else sent.push({ command, sentNs: atNs, riders: [item] });
    if (sent.length > KEPT_COMMANDS) sent.shift();
  }

  /** The item, if it was open; it is not any more. */
  settle(itemId: ItemId, settled: { readonly outcome: Outcome; readonly bin: BinId }): ItemFacts | undefined {
    const item = this.open.get(itemId);
    if (item === undefined) return undefined;
    item.settled = settled;
    this.open.delete(itemId);
    return item;
  }

  landed({ index, bin }: Landed): void {
    this.#landedIn.set(index, bin);
    this.#newestLanded = Math.max(this.#newestLanded, index);
    for (const old of this.#landedIn.keys()) {
      if (old > this.#newestLanded - KEPT_LANDINGS) break;
      this.#landedIn.delete(old);
      this.#byWorldIndex.delete(old);
    }
  }

  landedIn(worldIndex: number): BinId | undefined {
    return this.#landedIn.get(worldIndex);
  }

  /** Every item that the line took the object for; more than one after a restart. */
  itemsOf(worldIndex: number): readonly ItemFacts[] {
    return this.#byWorldIndex.get(worldIndex) ?? [];
  }

  sentTo(output: number): readonly SentCommand[] {
    return this.#sentByOutput.get(output) ?? [];
  }

  /** The line process died: its items end with it. The commands may still fire. */
  lifeEnded(): void {
    this.open.clear();
  }
}
