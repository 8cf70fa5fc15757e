// The host's side of one session on one open cable: hello, configuration, then requests, reports, heartbeat, belt samples.
// It never reconnects and never arms by itself; host-link.ts owns cables and sessions. firmware-protocol.md § Flow.
//
//   hello ──▶ configuring ──▶ up ──▶ ended (once, with a reason)
import type { Clock, Timer } from '../base/clock.ts';
import type { Logger } from '../base/logger.ts';
import type { MonotonicNs } from '../base/units.ts';
import { NS_PER_MS } from '../base/units.ts';
import type { BoardView } from './board-view.ts';
import type { BeltTracker } from './belt-tracker.ts';
import { configMessages } from './board-config.ts';
import { FramePipe } from './frame-pipe.ts';
import { refusalOf } from './hello-check.ts';
import type { CommandResult, LinkEvent, LinkRefusalCode, OutputConfig } from './link.ts';
import type { LinkCounters } from './link-counters.ts';
import type { BoardMessage, MessageOf } from './messages.ts';
import { PROTOCOL_VERSION } from './messages.ts';
import type { LinkTimingOptions } from './options.ts';
import type { RequestMessage } from './request-queue.ts';
import { RequestQueue } from './request-queue.ts';

export type HelloReply = MessageOf<'hello.reply'>;

/** Why a session ended: the cable or the board is gone, or the board cannot be used until a person acts. */
export type SessionEnd =
  | { readonly kind: 'lost'; readonly reason: string }
  | { readonly kind: 'refused'; readonly code: LinkRefusalCode; readonly message: string };

export interface HostSessionDeps {
  clock: Clock;
  log: Logger;
  counters: LinkCounters;
  timing: LinkTimingOptions;
  outputs: readonly OutputConfig[];
  view: BoardView;
  /** This session's number (1 … 255) and nonce (1 … 2^32 − 1), different from the last session's. */
  session: number;
  nonce: number;
  write(bytes: Uint8Array): void;
  /** Makes the belt tracker for the board that answered. */
  trackerFor(hello: HelloReply): BeltTracker;
  /** The board is configured and its state known. */
  onUp(hello: HelloReply): void;
  onEvent(event: LinkEvent): void;
  /** Called once, unless {@link HostSession.end} was called first. */
  onEnd(end: SessionEnd): void;
}

export class HostSession {
  readonly #deps: HostSessionDeps;
  readonly #pipe: FramePipe;
  readonly #requests: RequestQueue;
  readonly #targetByCommand = new Map<number, number>();
  #phase: 'hello' | 'configuring' | 'up' | 'ended' = 'hello';
  #hello: HelloReply | undefined;
  #tracker: BeltTracker | undefined;
  #configured = false;
  #timers: Timer[] = [];
  #token = 0;
  readonly #sentNsByToken = new Map<number, MonotonicNs>();
  #silentHeartbeats = 0;

  constructor(deps: HostSessionDeps) {
    this.#deps = deps;
    const { clock, counters, session, timing } = deps;
    this.#pipe = new FramePipe({
      clock, counters, session,
      write: deps.write,
      onMessage: (message) => this.#onMessage(message),
      onRoom: () => this.#sendWaiting(),
      onUnreadable: (id, payloadBytes) => deps.log.warn({ id, payloadBytes }, `the board sent message 0x${id.toString(16)} with ${payloadBytes} bytes, which protocol version ${PROTOCOL_VERSION} does not have`),
    });
    this.#requests = new RequestQueue({
      clock, timeoutMs: timing.commandTimeoutMs,
      onLateAnswerPossible: (message) => this.#takeBack(message),
    });
  }

  /** Sends hello until it is answered or time is up. */
  start(): void {
    const { clock, timing, write } = this.#deps;
    // Ends whatever noise the board has collected so far.
    write(new Uint8Array(1));
    this.#sayHello();
    this.#timers.push(
      clock.every(timing.helloRepeatMs, () => { if (this.#phase === 'hello') this.#sayHello(); }),
      clock.after(timing.helloTimeoutMs, () => { if (this.#phase !== 'up') this.#lose(this.#silenceReason()); }),
    );
  }

  receive(bytes: Uint8Array): void {
    if (this.#phase !== 'ended') this.#pipe.receive(bytes);
  }

  get isUp(): boolean {
    return this.#phase === 'up';
  }

  get tracker(): BeltTracker | undefined {
    return this.#tracker;
  }

  /** Sends a request as soon as the window allows; resolves once. `targetCounts` belongs to a fire command. */
  request(message: RequestMessage, options: { urgent?: boolean; targetCounts?: number } = {}): Promise<CommandResult> {
    if (message.kind === 'fire.schedule' && options.targetCounts !== undefined) this.#targetByCommand.set(message.commandId, options.targetCounts);
    const result = this.#requests.submit(message, options);
    this.#sendWaiting();
    return result;
  }

  /** Ends without telling: the owner closed the cable, or saw it close. In-flight requests resolve as closed. */
  end(): void {
    if (this.#phase === 'ended') return;
    this.#phase = 'ended';
    for (const timer of this.#timers) timer.cancel();
    this.#pipe.close();
    this.#requests.closeAll();
  }

  #lose(reason: string): void {
    this.#finish({ kind: 'lost', reason });
  }

  #finish(end: SessionEnd): void {
    if (this.#phase === 'ended') return;
    this.end();
    this.#deps.onEnd(end);
  }

  #silenceReason(): string {
    const { counters, timing } = this.#deps;
    if (this.#phase === 'configuring') return `the board did not finish its configuration within ${timing.helloTimeoutMs} ms`;
    const noise = counters.framesInvalid > 0 ? `; ${counters.framesInvalid} damaged blocks so far: check the baud rate` : '';
    return `no hello from the board within ${timing.helloTimeoutMs} ms${noise}`;
  }

  #sayHello(): void {
    this.#pipe.send({ kind: 'hello.ask', minVersion: PROTOCOL_VERSION, maxVersion: PROTOCOL_VERSION, nonce: this.#deps.nonce });
  }

  #onMessage(message: BoardMessage): void {
    if (this.#phase === 'ended') return;
    this.#silentHeartbeats = 0;
    switch (message.kind) {
      case 'hello.reply': return this.#onHello(message);
      case 'board.ack':
      case 'board.nak': return;
      case 'heartbeat.reply': return this.#onHeartbeat(message);
      case 'belt.sample': return this.#onBeltSample(message);
      case 'request.result': return this.#onResult(message);
      case 'board.state': return this.#onState(message);
      case 'fire.fired': return this.#onFired(message);
      case 'fire.missed': return this.#onMissed(message);
    }
  }

  #onHello(hello: HelloReply): void {
    if (this.#phase !== 'hello') {
      if (hello.nonce === 0) this.#lose('the board restarted');
      return;
    }
    if (hello.nonce !== this.#deps.nonce) return;
    const refusal = refusalOf(hello, this.#deps.outputs);
    if (refusal !== undefined) return this.#finish({ kind: 'refused', ...refusal });
    this.#hello = hello;
    this.#phase = 'configuring';
    this.#tracker = this.#deps.trackerFor(hello);
    this.#pipe.establish(Math.min(hello.window, this.#deps.timing.window));
    this.#beat();
    this.#timers.push(this.#deps.clock.every(this.#deps.timing.heartbeatMs, () => this.#beat()));
    this.#configure();
  }

  #configure(): void {
    const { outputs, timing } = this.#deps;
    const results = configMessages(outputs, timing).map((message) => this.request(message));
    void Promise.all(results).then((all) => {
      const bad = all.find((result) => result.result !== 'acked');
      if (this.#phase === 'ended') return;
      if (bad?.result === 'rejected') {
        const message = `the board refused its configuration: ${bad.reason}. Expected it to take ${outputs.length} outputs; check the firmware against firmware-protocol.md § Configuration.`;
        return this.#finish({ kind: 'refused', code: 'LINK_PROTOCOL', message });
      }
      if (bad !== undefined) return this.#lose(`the board did not answer its configuration (${bad.result})`);
      this.#configured = true;
      this.#becomeUpWhenReady();
    });
  }

  /** Up is told when everything the line needs is known: configuration taken, state seen, clocks related. */
  #becomeUpWhenReady(): void {
    const { view, onUp, onEvent } = this.#deps;
    if (this.#phase !== 'configuring' || !this.#configured || view.report === undefined || this.#hello === undefined) return;
    if (this.#tracker?.clockSync.toHostNs(0) === undefined) return;
    this.#phase = 'up';
    onUp(this.#hello);
    for (const event of view.snapshot()) onEvent(event);
  }

  #beat(): void {
    const { clock, timing } = this.#deps;
    if (this.#silentHeartbeats++ >= timing.missedHeartbeats) {
      return this.#lose(`no sign of life from the board for ${timing.missedHeartbeats} heartbeats of ${timing.heartbeatMs} ms`);
    }
    const disagreement = this.#pipe.disagreement();
    if (disagreement !== undefined) return this.#lose(disagreement);
    this.#token = (this.#token + 1) & 0xffff;
    this.#sentNsByToken.set(this.#token, clock.nowNs());
    this.#sentNsByToken.delete((this.#token - 64) & 0xffff);
    this.#pipe.send({ kind: 'heartbeat.ask', token: this.#token });
  }

  #onHeartbeat(reply: MessageOf<'heartbeat.reply'>): void {
    const sentNs = this.#sentNsByToken.get(reply.token);
    if (sentNs === undefined) return;
    this.#sentNsByToken.delete(reply.token);
    const nowNs = this.#deps.clock.nowNs();
    this.#pipe.roundTrip.add(nowNs - sentNs);
    this.#deps.counters.roundTripMs = this.#pipe.roundTrip.smoothedNs! / NS_PER_MS;
    this.#tracker?.addRoundTrip(reply, sentNs, nowNs);
    this.#becomeUpWhenReady();
  }

  #onBeltSample(raw: MessageOf<'belt.sample'>): void {
    const tracker = this.#tracker;
    if (tracker === undefined) return;
    const rejectedBefore = tracker.rejectedCount;
    const sample = tracker.toSample(raw, this.#deps.clock.nowNs());
    this.#deps.counters.samplesRejected += tracker.rejectedCount - rejectedBefore;
    if (sample !== undefined && this.#phase === 'up') this.#deps.onEvent({ kind: 'belt.sample', sample });
  }

  #onState(report: MessageOf<'board.state'>): void {
    const events = this.#deps.view.apply(report);
    if (this.#phase === 'up') for (const event of events) this.#deps.onEvent(event);
    if (report.fault !== 'none') this.#deps.log.warn({ fault: report.fault }, `the board reports a fault: ${report.fault}`);
    this.#becomeUpWhenReady();
  }

  #onResult(result: MessageOf<'request.result'>): void {
    const answered = this.#requests.onResult(result);
    if (answered === undefined) {
      return this.#lose(`the board answered request ${result.requestSeq}, which was not asked: its stream and ours disagree`);
    }
    if (answered.kind === 'fire.schedule' && result.code !== 'ok' && result.code !== 'duplicate') this.#targetByCommand.delete(answered.commandId);
  }

  #onFired(report: MessageOf<'fire.fired'>): void {
    const firedAtCounts = this.#tracker!.unwrapCount(report.atCount);
    const targetCounts = this.#targetByCommand.get(report.commandId) ?? firedAtCounts;
    this.#targetByCommand.delete(report.commandId);
    this.#deps.onEvent({ kind: 'command.fired', commandId: report.commandId, firedAtCounts, targetCounts });
  }

  #onMissed(report: MessageOf<'fire.missed'>): void {
    this.#targetByCommand.delete(report.commandId);
    this.#deps.onEvent({ kind: 'command.missed', commandId: report.commandId, cause: report.cause });
  }

  /** A fire command whose answer came too late for its owner must not fire if that can still be helped. */
  #takeBack(message: RequestMessage): void {
    if (this.#phase === 'up' && message.kind === 'fire.schedule') void this.request({ kind: 'fire.cancel', commandId: message.commandId });
  }

  #sendWaiting(): void {
    for (let message = this.#requests.nextToSend(); message !== undefined && this.#pipe.hasRoom; message = this.#requests.nextToSend()) {
      this.#requests.markSent(this.#pipe.send(message));
    }
  }
}
