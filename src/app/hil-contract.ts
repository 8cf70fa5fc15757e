// The contract part of a hardware-in-the-loop run: the promises of firmware-protocol.md that no line makes a board keep every day, asked one
// after the other over the production link. Every step ends in a check; a step that cannot be made fails and says why, and what needs it is left.
import type { Clock } from '../base/clock.ts';
import { delay } from '../base/clock.ts';
import { reasonOf, SortlineError } from '../base/errors.ts';
import type { EncoderCounts, Milliseconds } from '../base/units.ts';
import { NS_PER_MS, NS_PER_S } from '../base/units.ts';
import type { BeltSample } from '../domain/frame.ts';
import type { CommandResult, Link, LinkEvent } from '../link/link.ts';
import type { LinkTimingOptions } from '../link/options.ts';
import type { CommandBook, CommandRecord } from './hil-book.ts';
import { firedCountsOf } from './hil-book.ts';
import type { HilCable } from './hil-cable.ts';
import type { HilCheck } from './hil-checks.ts';
import { few, largest } from './hil-checks.ts';
import type { HilProfile } from './hil-profile.ts';
import type { PinMove } from './hil-pulses.ts';

export interface ContractDeps {
  clock: Clock;
  cable: HilCable;
  book: CommandBook;
  /** Watched by the book; its events reach `events`. */
  link: Link;
  /** Every event of the link so far; grows. */
  events: readonly LinkEvent[];
  outputs: readonly number[];
  timing: LinkTimingOptions;
  profile: HilProfile;
  /** What pins did so far, where somebody observes them; grows. */
  moves: readonly PinMove[] | undefined;
  onCheck(check: HilCheck): void;
}

const POLL_MS = 5;
const UP_WITHIN_MS = 10_000;
const SPEED_WITHIN_MS = 5000;
/** Samples whose speeds must agree, and how closely. */
const STEADY = { samples: 10, share: 0.05 };
const SOON_MS = 2000;
/** Long enough for the command to travel, short enough not to wait. */
const AHEAD_MS = 250;
/** So far ahead that it is not reached while the test lasts. */
const FAR_COUNTS = 2 ** 22;
const HOLD_MS = 20;
const SHOTS_PER_OUTPUT = 3;
const NO_SUCH_OUTPUT = 31;

export class HilContract {
  readonly #deps: ContractDeps;
  readonly #checks: HilCheck[] = [];
  #lastCommandId = 0;

  constructor(deps: ContractDeps) {
    this.#deps = deps;
  }

  /** The board is safe and the link up when it ends, if it ever was. */
  async run(): Promise<readonly HilCheck[]> {
    const { link } = this.#deps;
    link.start();
    const isUp = await this.#check('session', 'a session opens, and the configuration is accepted', () => this.#opens());
    if (!isUp) return this.#checks;
    await this.#check('safe-at-start', 'a command before arming is refused', () => this.#refusesUnarmed());
    if (await this.#check('arm', 'the board arms when told to, and the encoder turns', () => this.#arms())) {
      await this.#check('refusals', 'a late command, an unknown output and a repeated id are refused', () => this.#refuses());
      await this.#check('fires', 'every output fires at its count', () => this.#fires());
      await this.#check('queue', 'the queue takes what it has room for; each command taken back is reported once', () => this.#fillsQueue());
      await this.#check('host-silent', 'a host that falls silent makes the board safe in time', () => this.#survivesSilence());
      await this.#check('cable-pull', 'a pulled cable leaves outputs off and the board safe, and nothing arms by itself', () => this.#survivesPull());
      await this.#check('recovery', 'after that it arms and fires again', () => this.#recovers());
    }
    await this.#check('safe', 'the board goes safe when told to', () => this.#goesSafe());
    return this.#checks;
  }

  // ── Steps: each returns what it found, or throws what was not as promised ──────────────────────────────────────────

  async #opens(): Promise<string> {
    const { events } = this.#deps;
    await this.#until('a session', UP_WITHIN_MS, () => this.#last('link.up') !== undefined || this.#last('link.refused') !== undefined, () => this.#whyDown());
    const refused = this.#last('link.refused');
    const hello = this.#last('link.up')?.hello;
    if (hello === undefined) throw broken(refused?.message ?? `no session: ${events.map(({ kind }) => kind).join(' ')}`);
    return `firmware '${hello.firmware}', ${hello.outputCount} outputs, ${hello.queueDepth} commands`;
  }

  async #refusesUnarmed(): Promise<string> {
    return this.#expectRefusal(await this.#fire(this.#deps.outputs[0]!, FAR_COUNTS), 'not-armed');
  }

  async #arms(): Promise<string> {
    const answer = await this.#deps.link.arm();
    if (answer.result !== 'acked') throw broken(`arming was answered ${answered(answer)}`);
    await this.#until('the state armed', SOON_MS, () => this.#last('board.state')?.state === 'armed');
    await this.#until('an encoder that turns at one speed: on a bench somebody must turn it', SPEED_WITHIN_MS, () => this.#isSteady());
    return `${Math.round(this.#sample()!.countsPerSecond)} counts/s`;
  }

  async #refuses(): Promise<string> {
    const [output] = this.#deps.outputs;
    const { link } = this.#deps;
    this.#expectRefusal(await this.#fire(output!, -1000), 'late');
    this.#expectRefusal(await this.#fire(NO_SUCH_OUTPUT, FAR_COUNTS), 'bad-output');
    const commandId = this.#nextId();
    const command = { commandId, output: output!, fireAtCounts: this.#now() + FAR_COUNTS, holdMs: HOLD_MS };
    this.#expectAcked(await link.schedule(command));
    this.#expectRefusal(await link.schedule(command), 'duplicate');
    this.#expectAcked(await link.cancel(commandId));
    await this.#untilReported();
    return 'late, bad-output, duplicate';
  }

  async #fires(): Promise<string> {
    const { outputs, book, profile } = this.#deps;
    const from = book.records.length;
    const countsPerSecond = this.#sample()!.countsPerSecond;
    for (let shot = 0; shot < SHOTS_PER_OUTPUT; shot++) {
      for (const [index, output] of outputs.entries()) {
        this.#expectAcked(await this.#fire(output, Math.ceil((countsPerSecond * (AHEAD_MS + index)) / 1000)));
      }
      await delay(this.#deps.clock, 2 * HOLD_MS);
    }
    await this.#untilReported(AHEAD_MS + SOON_MS);
    const records = book.records.slice(from);
    const errors = records.flatMap((record) => {
      const counts = firedCountsOf(record);
      return counts === undefined ? [] : [counts - record.command.fireAtCounts];
    });
    if (errors.length !== records.length) throw broken(`of ${records.length} commands ${errors.length} fired; ${few(records.filter((record) => firedCountsOf(record) === undefined).map(endOf))}`);
    if (largest(errors) > profile.maxCountError) throw broken(`largest error ${largest(errors)} counts, allowed are ${profile.maxCountError}`);
    return `${errors.length} shots, largest error ${largest(errors)} counts`;
  }

  async #fillsQueue(): Promise<string> {
    const { link, book, outputs } = this.#deps;
    const { queueDepth } = this.#last('link.up')!.hello;
    const from = book.records.length;
    const answers = await Promise.all(Array.from({ length: queueDepth + 2 }, (_, index) => this.#fire(outputs[0]!, FAR_COUNTS + index)));
    const acked = answers.filter(({ result }) => result === 'acked').length;
    const full = answers.filter((answer) => answered(answer) === 'queue-full').length;
    if (acked !== queueDepth || full !== 2) throw broken(`it said it holds ${queueDepth} commands; of ${answers.length} it took ${acked} and refused ${full} as queue-full`);
    this.#expectAcked(await link.cancelAll());
    await this.#untilReported();
    const cancelled = book.records.slice(from).filter(({ reports: [report] }) => report?.kind === 'missed' && report.cause === 'cancelled').length;
    if (cancelled !== acked) throw broken(`${acked} commands were taken back, ${cancelled} of them reported as cancelled`);
    return `${acked} commands taken and taken back`;
  }

  async #survivesSilence(): Promise<string> {
    const { cable, clock, timing, profile } = this.#deps;
    this.#expectAcked(await this.#fire(this.#deps.outputs[0]!, FAR_COUNTS));
    const beganNs = clock.nowNs();
    cable.mute(true);
    try {
      await this.#until('the state safe', timing.boardTimeoutMs + SOON_MS, () => this.#last('board.state')?.state === 'safe');
    } finally {
      cable.mute(false);
    }
    const afterMs = (clock.nowNs() - beganNs) / NS_PER_MS;
    const cause = this.#last('board.state')!.cause;
    if (cause !== 'heartbeat-lost') throw broken(`safe for the cause ${cause}, expected heartbeat-lost`);
    // The last heartbeat was up to one period before.
    const earliestMs = timing.boardTimeoutMs - timing.heartbeatMs - profile.heartbeatToleranceMs, latestMs = timing.boardTimeoutMs + profile.heartbeatToleranceMs;
    if (afterMs < earliestMs || afterMs > latestMs) throw broken(`safe after ${afterMs.toFixed(0)} ms, expected ${earliestMs} to ${latestMs} ms`);
    await this.#untilUp();
    await this.#arms();
    return `safe ${afterMs.toFixed(0)} ms after the last byte`;
  }

  async #survivesPull(): Promise<string> {
    const { cable, clock, timing, profile, outputs, moves } = this.#deps;
    const { countsPerSecond } = this.#sample()!;
    // One that is on when the cable goes, one that would fire much later.
    this.#expectAcked(await this.#fire(outputs[0]!, Math.ceil(countsPerSecond * 0.15), 100));
    this.#expectAcked(await this.#fire(outputs.at(-1)!, Math.ceil(countsPerSecond * 1.5)));
    await this.#until('the first shot', SOON_MS, () => this.#deps.book.records.at(-2)!.reports.length > 0);
    const ups = this.#ups(), pulledNs = clock.nowNs(), movesBefore = moves?.length ?? 0;
    await cable.pull();
    await delay(clock, timing.boardTimeoutMs + profile.heartbeatToleranceMs);
    const seen = moves === undefined ? undefined : stillOn(moves);
    if (seen !== undefined && seen.length > 0) throw broken(`${timing.boardTimeoutMs + profile.heartbeatToleranceMs} ms after the cable was pulled these are still on: ${few(seen)}`);
    await delay(clock, 1000);
    const late = moves?.slice(movesBefore).filter(({ on }) => on) ?? [];
    if (late.length > 0) throw broken(`while the cable was out output ${late[0]!.pin} switched on at ${late[0]!.counts}`);
    const pluggedNs = clock.nowNs();
    cable.plug();
    await this.#until('the link again', profile.maxRecoveryMs + timing.retryMaxMs, () => this.#ups() > ups);
    const backMs = (clock.nowNs() - pluggedNs) / NS_PER_MS;
    if (backMs > profile.maxRecoveryMs) throw broken(`the link was up again after ${backMs.toFixed(0)} ms, allowed are ${profile.maxRecoveryMs}`);
    await delay(clock, SOON_MS / 4);
    const { state, cause } = this.#last('board.state')!;
    const { rebooted } = this.#last('link.up')!;
    if (state !== 'safe') throw broken('the board is armed, and nobody asked it to be');
    if (rebooted ? !profile.resetsOnOpen : cause !== 'heartbeat-lost') throw broken(rebooted ? 'the board restarted when the port was opened (resetsOnOpen in the profile allows it)' : `safe for the cause ${cause}, expected heartbeat-lost`);
    return `out for ${((pluggedNs - pulledNs) / NS_PER_S).toFixed(1)} s, up again ${backMs.toFixed(0)} ms after plugging in${moves === undefined ? '; pins not observed' : ', all pins off'}`;
  }

  async #recovers(): Promise<string> {
    await this.#arms();
    return this.#fires();
  }

  async #goesSafe(): Promise<string> {
    this.#expectAcked(await this.#deps.link.safe());
    await this.#until('the state safe', SOON_MS, () => this.#last('board.state')?.state === 'safe');
    return `cause ${this.#last('board.state')!.cause}`;
  }

  // ── What steps are made of ─────────────────────────────────────────────────────────────────────────────────────────

  async #check(id: string, title: string, step: () => Promise<string>): Promise<boolean> {
    const { clock, onCheck } = this.#deps;
    const beganNs = clock.nowNs();
    let found: string, passed = true;
    try {
      found = await step();
    } catch (error) {
      found = reasonOf(error);
      passed = false;
    }
    const check: HilCheck = { id, title, passed, found, seconds: (clock.nowNs() - beganNs) / NS_PER_S };
    this.#checks.push(check);
    onCheck(check);
    return passed;
  }

  #fire(output: number, aheadCounts: EncoderCounts, holdMs = HOLD_MS): Promise<CommandResult> {
    return this.#deps.link.schedule({ commandId: this.#nextId(), output, fireAtCounts: this.#now() + aheadCounts, holdMs });
  }

  #nextId(): number {
    return ++this.#lastCommandId;
  }

  /** Where the belt is, by the last sample and its speed. */
  #now(): EncoderCounts {
    const sample = this.#sample();
    return sample === undefined ? 0 : Math.round(sample.counts + (sample.countsPerSecond * (this.#deps.clock.nowNs() - sample.atNs)) / NS_PER_S);
  }

  /** By samples of this session: those before a pulled cable say nothing of where the belt is now. */
  #isSteady(): boolean {
    const { events } = this.#deps;
    const speeds = events.slice(events.findLastIndex(({ kind }) => kind === 'link.up')).filter((event) => event.kind === 'belt.sample').slice(-STEADY.samples).map(({ sample }) => sample.countsPerSecond);
    const fastest = Math.max(...speeds);
    return speeds.length === STEADY.samples && fastest > 0 && Math.min(...speeds) > fastest * (1 - STEADY.share);
  }

  #sample(): BeltSample | undefined {
    return this.#last('belt.sample')?.sample;
  }

  #last<K extends LinkEvent['kind']>(kind: K): Extract<LinkEvent, { kind: K }> | undefined {
    return this.#deps.events.findLast((event): event is Extract<LinkEvent, { kind: K }> => event.kind === kind);
  }

  #ups(): number {
    return this.#deps.events.filter(({ kind }) => kind === 'link.up').length;
  }

  /** The link may have gone down and come back meanwhile. */
  async #untilUp(): Promise<void> {
    await this.#until('the link', UP_WITHIN_MS, () => this.#deps.events.findLast(({ kind }) => kind.startsWith('link.'))?.kind === 'link.up', () => this.#whyDown());
  }

  /** The last thing that the link said of it. */
  #whyDown(): string {
    return `(${this.#last('link.down')?.reason ?? 'the link gave no reason'})`;
  }

  async #untilReported(limitMs = SOON_MS): Promise<void> {
    const { book } = this.#deps;
    await this.#until('a report of each accepted command', limitMs, () => book.unreported.length === 0, () => `missing: ${few(book.unreported.map(({ command }) => `command ${command.commandId}`))}`);
  }

  async #until(what: string, limitMs: Milliseconds, holds: () => boolean, detail = (): string => ''): Promise<void> {
    const { clock } = this.#deps;
    const endNs = clock.nowNs() + limitMs * NS_PER_MS;
    while (!holds()) {
      if (clock.nowNs() >= endNs) throw broken(`within ${limitMs} ms there was not ${what} ${detail()}`.trimEnd());
      await delay(clock, POLL_MS);
    }
  }

  #expectAcked(answer: CommandResult): void {
    if (answer.result !== 'acked') throw broken(`expected the board to accept, it answered ${answered(answer)}`);
  }

  #expectRefusal(answer: CommandResult, reason: string): string {
    if (answered(answer) !== reason) throw broken(`expected ${reason}, the board answered ${answered(answer)}`);
    return reason;
  }
}

/** How a command ended that did not fire. */
function endOf({ command, reports: [report], sessionEnded }: CommandRecord): string {
  return `command ${command.commandId} ${report?.kind === 'missed' ? `missed: ${report.cause}` : sessionEnded ? 'was dropped with its session' : 'was not reported'}`;
}

function answered(answer: CommandResult): string {
  return answer.result === 'rejected' ? answer.reason : answer.result;
}

function stillOn(moves: readonly PinMove[]): string[] {
  const lastByPin = new Map(moves.map((move) => [move.pin, move]));
  return [...lastByPin.values()].filter(({ on }) => on).map(({ pin }) => (pin === 'relay' ? 'the belt relay' : `output ${pin}`));
}

function broken(message: string): SortlineError {
  return new SortlineError('HIL_FAILED', message);
}
