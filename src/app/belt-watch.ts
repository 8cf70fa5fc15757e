// Warns while the line runs without knowing where its belt is: the board's samples come, but the cable delays messages by so much
// that nobody can say when they were taken (firmware-protocol.md § Where is the belt). Items are not placed meanwhile,
// and no speed is shown.
import type { Clock } from '../base/clock.ts';
import type { Milliseconds } from '../base/units.ts';
import { NS_PER_MS } from '../base/units.ts';
import type { BeltSample } from '../domain/frame.ts';
import type { AlarmBoard } from './alarms.ts';

/** A board samples its belt several times a second; a cable loses some. */
const SILENT_MS = 1000;

export class BeltWatch {
  readonly #clock: Clock;
  readonly #alarms: AlarmBoard;

  constructor(deps: { readonly clock: Clock; readonly alarms: AlarmBoard }) {
    this.#clock = deps.clock;
    this.#alarms = deps.alarms;
  }

  /** Called again and again; `latest` is the newest sample that could be placed in time. */
  look(isRunning: boolean, latest: BeltSample | undefined): void {
    const silentMs = this.#silentMs(latest);
    if (!isRunning || silentMs < SILENT_MS) return this.#alarms.clear('belt-unknown', 'board');
    const since = Number.isFinite(silentMs) ? `for ${(silentMs / 1000).toFixed(1)} s` : 'since the start';
    this.#alarms.raise('belt-unknown', 'board', `where the belt is has not been known ${since}: its samples do not come, or the cable delays messages by too much to say when they were taken; no item is placed meanwhile`);
  }

  /** As the newest sample says; 0 where it is old: nobody says any more that the belt runs. */
  countsPerSecond(latest: BeltSample | undefined): number {
    return latest === undefined || this.#silentMs(latest) >= SILENT_MS ? 0 : latest.countsPerSecond;
  }

  #silentMs(latest: BeltSample | undefined): Milliseconds {
    return latest === undefined ? Infinity : (this.#clock.nowNs() - latest.atNs) / NS_PER_MS;
  }
}
