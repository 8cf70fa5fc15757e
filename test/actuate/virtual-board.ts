// The far side of the scheduler in virtual time: a belt at constant speed and a board that holds commands, fires at their
// counts and reports, with answers that can be delayed, refused or lost. Written once for the tests of this room.
import { Scheduler } from '../../src/actuate/scheduler.ts';
import type { SchedulerEvent } from '../../src/actuate/scheduler.ts';
import type { ActuatorOptions } from '../../src/actuate/options.ts';
import { actuatorOptions, schedulerOptions } from '../../src/actuate/options.ts';
import { silentLogger } from '../../src/base/logger.ts';
import { ManualClock } from '../../src/base/manual-clock.ts';
import { NS_PER_S } from '../../src/base/units.ts';
import { BeltClock } from '../../src/domain/belt-clock.ts';
import type { Decision, FireCommand } from '../../src/domain/decision.ts';
import type { CommandResult } from '../../src/link/link.ts';

export const COUNTS_PER_MM = 5;

export type Fate = 'ok' | 'refused' | 'ack-lost' | 'command-lost' | 'report-lost' | 'closed';

export interface Fired {
  readonly command: FireCommand;
  readonly atCounts: number;
}

/** What happens to the n-th message: how long it travels, and whether it fares well. */
export type Weather = (messageIndex: number) => { readonly delayMs: number; readonly fate: Fate };

export const fairWeather: Weather = () => ({ delayMs: 2, fate: 'ok' });

export class VirtualBoard {
  readonly clock = new ManualClock();
  readonly belt = new BeltClock();
  readonly events: SchedulerEvent[] = [];
  readonly fired: Fired[] = [];
  /** Every command handed to the link, with the counts at that moment. */
  readonly sent: { command: FireCommand; atCounts: number }[] = [];
  readonly cancelled: number[] = [];
  readonly scheduler: Scheduler;
  readonly actuators: readonly ActuatorOptions[];
  readonly speed: number;
  /** Called for each command handed to the link, before the board knows it. */
  onSent: (command: FireCommand) => void = () => undefined;
  readonly #queue = new Map<number, FireCommand>();
  readonly #weather: Weather;
  #messages = 0;

  constructor(options: { mmPerSecond: number; actuators: readonly ActuatorOptions[]; weather?: Weather; startCounts?: number }) {
    this.speed = options.mmPerSecond * COUNTS_PER_MM;
    this.actuators = options.actuators;
    this.#weather = options.weather ?? fairWeather;
    this.belt.add({ atNs: 0, counts: options.startCounts ?? 0, countsPerSecond: this.speed });
    this.scheduler = new Scheduler({
      clock: this.clock, log: silentLogger, calibration: { countsPerMm: COUNTS_PER_MM }, belt: this.belt, actuators: this.actuators,
      link: { schedule: (command) => this.#schedule(command), cancel: (commandId) => this.#cancel(commandId) },
      sink: (event) => this.events.push(event), options: schedulerOptions.parse({}),
    });
  }

  get counts(): number {
    return this.belt.countsAt(this.clock.nowNs())!;
  }

  /** Decides an item lying `xMm` downstream of the camera origin now. */
  submit(itemId: string, bin: string, xMm: number, lengthMm = 60): void {
    this.scheduler.submit(this.decision(itemId, bin, xMm, lengthMm));
  }

  letPass(itemId: string, xMm: number, lengthMm = 60): void {
    this.scheduler.letPass(this.decision(itemId, 'residue', xMm, lengthMm));
  }

  decision(itemId: string, bin: string, xMm: number, lengthMm = 60): Decision {
    return {
      itemId, bin, reason: bin === 'residue' ? 'residue-policy' : 'recipe', prediction: undefined, decidedAtNs: this.clock.nowNs(),
      position: { positionCounts: this.counts - xMm * COUNTS_PER_MM, yMm: 0, lengthMm, widthMm: 60 },
    };
  }

  settled(itemId: string): Extract<SchedulerEvent, { kind: 'settled' }>[] {
    return this.events.filter((event) => event.kind === 'settled' && event.itemId === itemId) as never;
  }

  /** `sorted fired`, `inhibited neighbour`, … of an item that must have settled exactly once. */
  ending(itemId: string): string {
    return this.settled(itemId).map((event) => `${event.outcome} ${event.cause}`).join(' + ') || 'open';
  }

  async #schedule(command: FireCommand): Promise<CommandResult> {
    this.sent.push({ command, atCounts: this.counts });
    this.onSent(command);
    const { delayMs, fate } = this.#weather(this.#messages++);
    await this.#travel(delayMs);
    if (fate === 'closed') return { result: 'closed' };
    if (fate === 'refused') return { result: 'rejected', reason: 'queue-full' };
    if (fate === 'command-lost') return this.#giveUp();
    if (this.counts >= command.fireAtCounts) return { result: 'rejected', reason: 'late' };
    this.#queue.set(command.commandId, command);
    const dueNs = this.clock.nowNs() + ((command.fireAtCounts - this.counts) / this.speed) * NS_PER_S;
    this.clock.at(dueNs, () => this.#fire(command, delayMs, fate));
    if (fate === 'ack-lost') return this.#giveUp();
    await this.#travel(delayMs);
    return { result: 'acked' };
  }

  async #cancel(commandId: number): Promise<CommandResult> {
    this.cancelled.push(commandId);
    const { delayMs, fate } = this.#weather(this.#messages++);
    await this.#travel(delayMs);
    if (fate === 'closed') return { result: 'closed' };
    if (fate === 'command-lost') return this.#giveUp();
    const removed = this.#queue.delete(commandId);
    if (fate === 'ack-lost') return this.#giveUp();
    await this.#travel(delayMs);
    return removed ? { result: 'acked' } : { result: 'rejected', reason: 'late' };
  }

  #fire(command: FireCommand, delayMs: number, fate: Fate): void {
    if (this.#queue.get(command.commandId) !== command) return;
    this.#queue.delete(command.commandId);
    this.fired.push({ command, atCounts: command.fireAtCounts });
    if (fate === 'report-lost') return;
    this.clock.after(delayMs, () => this.scheduler.onFired({
      commandId: command.commandId, firedAtCounts: command.fireAtCounts, targetCounts: command.fireAtCounts,
    }));
  }

  #travel(ms: number): Promise<void> {
    return new Promise((resolve) => void this.clock.after(ms, resolve));
  }

  async #giveUp(): Promise<CommandResult> {
    await this.#travel(200);
    return { result: 'timed-out' };
  }
}

/** Two jets a third of a metre apart; figures chosen to be easy to follow: at 1000 mm/s lead 10, hold 20 mm. */
export function twoJets(change: Partial<ActuatorOptions> = {}): ActuatorOptions[] {
  return ['metal', 'glass'].map((bin, index) => ({
    ...actuatorOptions.parse({
      id: bin, bin, output: index, offsetMm: 1200 + 300 * index, leadMs: 10, holdMs: 20, recoverMs: 10, zoneMm: 40, maxOnMs: 120,
    }),
    ...change,
  }));
}
