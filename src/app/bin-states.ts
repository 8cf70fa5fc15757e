// Which bins can take an item: the board's full sensors (by output) and the operator's switches.
import type { ActuatorOptions } from '../actuate/options.ts';
import type { Clock } from '../base/clock.ts';
import type { BinId } from '../domain/decision.ts';
import type { LineSink } from '../domain/line-event.ts';

interface BinState {
  full: boolean;
  enabled: boolean;
}

export class BinStates {
  readonly states = new Map<BinId, BinState>();
  readonly #binByOutput = new Map<number, BinId>();
  readonly #clock: Clock;
  readonly #sink: LineSink;

  constructor(deps: { clock: Clock; sink: LineSink; bins: readonly { id: BinId; enabled: boolean }[]; actuators: readonly ActuatorOptions[] }) {
    this.#clock = deps.clock;
    this.#sink = deps.sink;
    for (const bin of deps.bins) this.states.set(bin.id, { full: false, enabled: bin.enabled });
    for (const actuator of deps.actuators) this.#binByOutput.set(actuator.output, actuator.bin);
  }

  /** Emits every bin's state once, for sinks that start empty. */
  announce(): void {
    for (const bin of this.states.keys()) this.#emit(bin);
  }

  /** The bin whose sensor this is; undefined when the output serves none. */
  setFull(output: number, full: boolean): BinId | undefined {
    const bin = this.#binByOutput.get(output);
    const state = bin === undefined ? undefined : this.states.get(bin);
    if (bin === undefined || state === undefined) return undefined;
    if (state.full !== full) {
      state.full = full;
      this.#emit(bin);
    }
    return bin;
  }

  setEnabled(bin: BinId, enabled: boolean): void {
    const state = this.states.get(bin);
    if (state === undefined || state.enabled === enabled) return;
    state.enabled = enabled;
    this.#emit(bin);
  }

  #emit(bin: BinId): void {
    const { full, enabled } = this.states.get(bin)!;
    this.#sink({ kind: 'bin.state', atNs: this.#clock.nowNs(), bin, full, enabled });
  }
}
