// The board's outputs: on for the hold, never longer than the configured maximum, off at once when told. Measured in time,
// not in counts, so that a jet closes even when the belt stops. firmware-protocol.md § 4.7.
import type { Clock, Timer } from '../base/clock.ts';
import type { Milliseconds, MonotonicNs } from '../base/units.ts';
import { NS_PER_MS } from '../base/units.ts';

export interface OutputSettings {
  readonly maxOnMs: Milliseconds;
  readonly safeOn: boolean;
}

/** `active` = driven to the value that is not its safe one. */
export type OutputSink = (output: number, active: boolean, atNs: MonotonicNs) => void;

interface Active {
  readonly onNs: MonotonicNs;
  offNs: MonotonicNs;
  timer: Timer | undefined;
}

export class BoardOutputs {
  readonly #clock: Clock;
  readonly #sink: OutputSink;
  readonly #settingsByOutput = new Map<number, OutputSettings>();
  readonly #activeByOutput = new Map<number, Active>();

  constructor(clock: Clock, sink: OutputSink) {
    this.#clock = clock;
    this.#sink = sink;
  }

  configure(settingsByOutput: ReadonlyMap<number, OutputSettings>): void {
    this.#settingsByOutput.clear();
    for (const [output, settings] of settingsByOutput) this.#settingsByOutput.set(output, settings);
  }

  isConfigured(output: number): boolean {
    return this.#settingsByOutput.has(output);
  }

  isActive(output: number): boolean {
    return this.#activeByOutput.has(output);
  }

  /** Fires at `onNs`; while on already, the time is extended to this command's own end, within the maximum since it went on. */
  fire(output: number, onNs: MonotonicNs, holdUs: number): void {
    const maxOnNs = this.#settingsByOutput.get(output)!.maxOnMs * NS_PER_MS;
    let active = this.#activeByOutput.get(output);
    // The timer that ends it may be late where the event loop is; what would have ended before has ended.
    if (active !== undefined && active.offNs <= onNs) {
      this.#release(output, active.offNs);
      active = undefined;
    }
    if (active === undefined) {
      active = { onNs, offNs: onNs, timer: undefined };
      this.#activeByOutput.set(output, active);
      this.#sink(output, true, onNs);
    }
    active.offNs = Math.min(Math.max(active.offNs, onNs + holdUs * 1000), active.onNs + maxOnNs);
    active.timer?.cancel();
    const { offNs } = active;
    active.timer = this.#clock.after(Math.max(0, (offNs - this.#clock.nowNs()) / NS_PER_MS), () => this.#release(output, offNs));
  }

  /** Every output to its safe value, now. */
  allSafe(): void {
    for (const [output, active] of [...this.#activeByOutput]) {
      this.#release(output, Math.max(active.onNs, Math.min(active.offNs, this.#clock.nowNs())));
    }
  }

  #release(output: number, atNs: MonotonicNs): void {
    const active = this.#activeByOutput.get(output);
    if (active === undefined) return;
    active.timer?.cancel();
    this.#activeByOutput.delete(output);
    this.#sink(output, false, atNs);
  }
}
