// The microcontroller twin: the firmware's side of firmware-protocol.md, and the plant around it - a belt that moves while
// the board's relay is closed, actuators that take items off it, sensors. It never sees a frame or a decision.
//
//   host ◀─ cable ─▶ BoardFirmware ── relay ──▶ BeltMotion ─▶ (virtual-belt camera, by onMotion)
//                         └── outputs ──▶ Landing (World, BeltMotion) ──▶ landed: which item, which bin
//                         ◀── sensors ── bins, E-stop, jam
//
// How it is put together
//   demo      const cable = createPtyCable({ clock });      link: createSerialTransport({ path: cable.hostPath, … })
//   remote    const cable = createTcpCable({ port });       link: createTcpTransport({ host, port: cable.port, clock })
//   simulate  const cable = createMemoryCable();            link: cable.host, clock: ManualClock
//   then      const world = createWorld(worldOptions);      // the same options go to the virtual-belt camera
//             const motion = new BeltMotion({ atNs: clock.nowNs(), counts: 0 });
//             const truth = new GroundTruth(world);
//             motion.onMotion((segments) => …send to the camera's process, which does copy.apply(segments)…);
//             const twin = createTwin({ clock, random, log, motion, world, actuators, countsPerMm, cable, options,
//               sink: (event) => event.kind === 'landed' ? truth.landed(event.landed, now) : event.kind === 'booted' && truth.rebase(event.originCounts) });
//             await twin.start();  …  await twin.stop();
import type { Clock, Timer } from '../base/clock.ts';
import { reasonOf } from '../base/errors.ts';
import type { Logger } from '../base/logger.ts';
import type { Random } from '../base/random.ts';
import type { EncoderCounts, MonotonicNs } from '../base/units.ts';
import type { BinId } from '../domain/decision.ts';
import type { OpenTransport } from '../link/transport.ts';
import type { BeltMotion } from './belt-motion.ts';
import type { BoardCable } from './board-cable.ts';
import type { ResetCause } from './board-firmware.ts';
import { BoardFirmware } from './board-firmware.ts';
import type { BoardFault, BoardRunState } from './board-machine.ts';
import type { Landed, LandingActuator } from './landing.ts';
import { Landing } from './landing.ts';
import type { TwinOptions } from './options.ts';
import type { World } from './world.ts';

export type TwinEvent =
  | { readonly kind: 'landed'; readonly landed: Landed }
  /** Also at the start. `originCounts`: true belt travel at which the board's encoder reads 0. */
  | { readonly kind: 'booted'; readonly bootId: number; readonly originCounts: EncoderCounts }
  | { readonly kind: 'output'; readonly output: number; readonly active: boolean; readonly atNs: MonotonicNs }
  | { readonly kind: 'relay'; readonly closed: boolean; readonly atNs: MonotonicNs };

export interface TwinDeps {
  clock: Clock;
  random: Random;
  log: Logger;
  motion: BeltMotion;
  /** Absent: a bare board, for tests of the link. */
  world?: World | undefined;
  actuators: readonly LandingActuator[];
  countsPerMm: number;
  cable: BoardCable;
  options: TwinOptions;
  sink?: ((event: TwinEvent) => void) | undefined;
}

/** Debounce of every input; an E-stop acts at its first edge. firmware-protocol.md § 4.8. */
const DEBOUNCE_MS = 20;
const REOPEN_MS = 500;
/** Belt behind the last actuator, where neither a size nor a length says more. */
const RUN_OUT_MM = 300;

export function createTwin(deps: TwinDeps): Twin {
  return new Twin(deps);
}

export class Twin {
  readonly #deps: TwinDeps;
  readonly #log: Logger;
  readonly #board: BoardFirmware;
  readonly #landing: Landing | undefined;
  readonly #fillByBin = new Map<BinId, number>();
  readonly #debounceByInput = new Map<string, Timer>();
  #open: OpenTransport | undefined;
  #isPlugged = false;
  #isMuted = false;
  #isRelayClosed = false;
  #beltMmPerSecond: number;
  #reopenTimer: Timer | undefined;

  constructor(deps: TwinDeps) {
    const { clock, random, motion, options, countsPerMm } = deps;
    this.#deps = deps;
    this.#log = deps.log.child({ room: 'sim' });
    this.#beltMmPerSecond = options.beltMmPerSecond;
    this.#board = new BoardFirmware({
      clock, random, motion,
      options: { ...options, countsPerMetre: Math.round(countsPerMm * 1000), firmware: 'sortline-twin 1' },
      write: (bytes) => this.#write(bytes),
      onRelay: (closed) => this.#onRelay(closed),
      onOutput: (output, active, atNs) => this.#onOutput(output, active, atNs),
    });
    const ends = deps.actuators.map((actuator) => actuator.offsetMm + actuator.zoneMm / 2);
    this.#landing = deps.world === undefined ? undefined : new Landing({
      clock, motion, world: deps.world, countsPerMm, actuators: deps.actuators,
      endMm: options.endMm ?? Math.max(0, ...ends) + RUN_OUT_MM,
      sink: (landed) => this.#onLanded(landed),
    });
  }

  /** Plugs the cable in and powers the board on. Throws what the cable throws. */
  async start(): Promise<void> {
    await this.replug();
    this.#tellBoot();
    this.#board.banner();
  }

  async stop(): Promise<void> {
    for (const timer of this.#debounceByInput.values()) timer.cancel();
    this.#board.close();
    this.#landing?.close();
    await this.unplug();
  }

  get boardState(): BoardRunState {
    return this.#board.machine.state;
  }

  /** The cable is in. */
  get isPlugged(): boolean {
    return this.#isPlugged;
  }

  get bootId(): number {
    return this.#board.bootId;
  }

  /** True belt travel at which the board's encoder reads 0. */
  get originCounts(): EncoderCounts {
    return this.#board.encoder.originCounts;
  }

  /** For the log and for tests: what went over the board's end of the cable. */
  get streamCounters(): Readonly<Record<string, number>> {
    return { ...this.#board.stream.counters, framesInvalid: this.#board.stream.framesInvalid };
  }

  /** Items in a bin since it was last emptied. */
  fillOf(bin: BinId): number {
    return this.#fillByBin.get(bin) ?? 0;
  }

  emptyBin(bin: BinId): void {
    this.#fillByBin.set(bin, 0);
    for (const output of this.#outputsOf(bin)) this.setBinFull(output, false);
  }

  // ── What can happen to a board and its plant ───────────────────────────────────────────────────────────────────────

  setEStop(pressed: boolean): void {
    this.#debounced('e-stop', () => this.#board.machine.setEStop(pressed), pressed ? 0 : DEBOUNCE_MS);
  }

  setJam(active: boolean): void {
    this.#debounced('jam', () => this.#board.machine.setJam(active));
  }

  setBinFull(output: number, full: boolean): void {
    this.#debounced(`bin-${output}`, () => this.#board.machine.setBinFull(output, full));
  }

  raiseFault(fault: Exclude<BoardFault, 'none'>): void {
    this.#board.machine.raiseFault(fault);
  }

  /** The encoder invents (or, below 0, loses) edges; the belt does not move. Too many are a fault of the board. */
  jumpEncoder(counts: number): void {
    this.#board.machine.jumpEncoder(counts);
  }

  /** Belt speed from now on, and at every later start. */
  setBeltSpeed(mmPerSecond: number): void {
    this.#beltMmPerSecond = mmPerSecond;
    if (this.#isRelayClosed) this.#driveBelt();
  }

  /** The board restarts: new boot id, counts from 0, safe. */
  reset(cause: ResetCause = 'external'): void {
    this.#board.restart(cause);
    this.#tellBoot();
  }

  /** Which protocol versions it claims from the next hello on. */
  speakVersion(min: number, max = min): void {
    this.#board.speakVersions(min, max);
  }

  /** Bytes onto the wire that no firmware meant to send. */
  noise(bytes: Uint8Array): void {
    this.#open?.write(bytes);
  }

  /** A board that hangs: hears nothing, says nothing; its outputs and timers go on. */
  mute(muted: boolean): void {
    this.#isMuted = muted;
  }

  async unplug(): Promise<void> {
    this.#isPlugged = false;
    this.#reopenTimer?.cancel();
    const open = this.#open;
    this.#open = undefined;
    await open?.close();
    await this.#deps.cable.unplug();
  }

  async replug(): Promise<void> {
    const { cable } = this.#deps;
    this.#isPlugged = true;
    await cable.plug();
    this.#board.stream.reopened();
    this.#open = await cable.board.open({
      onData: (bytes) => { if (!this.#isMuted) this.#board.stream.receive(bytes); },
      onClose: (reason) => this.#onClose(reason),
    });
  }

  // ── Plant ──────────────────────────────────────────────────────────────────────────────────────────────────────────

  #write(bytes: Uint8Array): void {
    if (!this.#isMuted) this.#open?.write(bytes);
  }

  /** The cable ended without being told to: it is plugged in again, as one that fell out would be. */
  #onClose(reason: string): void {
    this.#open = undefined;
    if (!this.#isPlugged) return;
    this.#log.warn({ reason, cable: this.#deps.cable.description }, 'the twin lost its cable');
    this.#reopenTimer = this.#deps.clock.after(REOPEN_MS, () => {
      this.replug().catch((error: unknown) => this.#onClose(reasonOf(error)));
    });
  }

  #onRelay(closed: boolean): void {
    if (closed === this.#isRelayClosed) return;
    this.#isRelayClosed = closed;
    this.#driveBelt();
    this.#deps.sink?.({ kind: 'relay', closed, atNs: this.#deps.clock.nowNs() });
  }

  #driveBelt(): void {
    const { motion, clock, countsPerMm, options } = this.#deps;
    motion.setSpeed(this.#isRelayClosed ? this.#beltMmPerSecond * countsPerMm : 0, clock.nowNs(), options.rampMs);
  }

  #onOutput(output: number, active: boolean, atNs: MonotonicNs): void {
    if (active) this.#landing?.switchedOn(output, atNs);
    else this.#landing?.switchedOff(output, atNs);
    this.#deps.sink?.({ kind: 'output', output, active, atNs });
  }

  #onLanded(landed: Landed): void {
    const fill = this.fillOf(landed.bin) + 1;
    this.#fillByBin.set(landed.bin, fill);
    if (fill === this.#deps.options.binCapacity) for (const output of this.#outputsOf(landed.bin)) this.setBinFull(output, true);
    this.#deps.sink?.({ kind: 'landed', landed });
  }

  #outputsOf(bin: BinId): number[] {
    return this.#deps.actuators.filter((actuator) => actuator.bin === bin).map((actuator) => actuator.output);
  }

  /** Acts when the input has kept its value for the whole time. */
  #debounced(input: string, act: () => void, debounceMs = DEBOUNCE_MS): void {
    this.#debounceByInput.get(input)?.cancel();
    if (debounceMs === 0) return act();
    this.#debounceByInput.set(input, this.#deps.clock.after(debounceMs, act));
  }

  #tellBoot(): void {
    this.#deps.sink?.({ kind: 'booted', bootId: this.bootId, originCounts: this.originCounts });
  }
}
