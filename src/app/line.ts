// The composition of one line from its ports: routes vision and board events to the flow, the scheduler and the state
// machine, and decides what stops motion. The same code runs live and in virtual time; only the ports differ.
import type { SchedulerOptions, ActuatorOptions } from '../actuate/options.ts';
import { Scheduler } from '../actuate/scheduler.ts';
import type { Clock, Timer } from '../base/clock.ts';
import type { Logger } from '../base/logger.ts';
import type { DecideOptions } from '../decide/options.ts';
import { BeltClock } from '../domain/belt-clock.ts';
import type { Calibration } from '../domain/calibration.ts';
import type { BinId, ItemId } from '../domain/decision.ts';
import type { TrackId } from '../domain/item.ts';
import type { AlarmCode, LineEvent, LineSink, LineState, Recipe } from '../domain/line-event.ts';
import type { ModelInUse } from '../domain/model-in-use.ts';
import type { BoardState, Link, LinkEvent, LinkSink, SafeCause } from '../link/link.ts';
import type { PictureMark, Vision, VisionEvent, VisionSink, VisionStats } from '../vision/vision.ts';
import { AlarmBoard, ALARM_TABLE } from './alarms.ts';
import { BinStates } from './bin-states.ts';
import { BoardArming } from './board-arming.ts';
import { measuredActuators } from './calibration-for.ts';
import { BeltWatch } from './belt-watch.ts';
import { CalibrationWatch } from './calibration-watch.ts';
import { ItemFlow } from './item-flow.ts';
import type { StartResult } from './line-state.ts';
import { LineStateMachine } from './line-state.ts';
import { LineCounters } from './line-counters.ts';

/** Without vision for this long the belt only carries unsorted items past: stop. Above the 5 s a restart may take. */
const VISION_DOWN_LIMIT_MS = 15_000;
const STATS_PERIOD_MS = 1000;

export interface LineDeps {
  clock: Clock;
  log: Logger;
  calibration: Calibration;
  runId: string;
  openVision(sink: VisionSink): Vision;
  openLink(sink: LinkSink): Link;
  /** Everything that shows or stores what happens. */
  sink: LineSink;
  /** Pictures asked for through {@link Line.requestSnapshot}. */
  onSnapshot?: ((jpeg: Uint8Array, marks: readonly PictureMark[]) => void) | undefined;
  /** A picture of an item that the model was unsure of. */
  onCrop?: ((itemId: ItemId, jpeg: Uint8Array) => void) | undefined;
  /** Model or camera cannot be used as configured. */
  onVisionRefused?: ((code: string, message: string) => void) | undefined;
  options: {
    autoStart: boolean;
    recipe: Recipe;
    bins: readonly { id: BinId; enabled: boolean }[];
    actuators: readonly ActuatorOptions[];
    scheduler: SchedulerOptions;
    decide: DecideOptions;
  };
}

export class Line {
  readonly belt = new BeltClock();
  readonly alarms: AlarmBoard;
  readonly counters = new LineCounters();
  readonly #deps: LineDeps;
  readonly #log: Logger;
  readonly #machine: LineStateMachine;
  readonly #beltWatch: BeltWatch;
  readonly #calibrationWatch: CalibrationWatch;
  readonly #bins: BinStates;
  readonly #scheduler: Scheduler;
  readonly #flow: ItemFlow;
  readonly #link: Link;
  readonly #arming: BoardArming;
  readonly #vision: Vision;
  readonly #timers: Timer[] = [];
  #recipe: Recipe;
  #visionDownTimer: Timer | undefined;
  #isEStopLatched = false;

  constructor(deps: LineDeps) {
    this.#deps = deps;
    this.#log = deps.log.child({ room: 'app' });
    this.#recipe = deps.options.recipe;
    const sink: LineSink = (event) => this.#emit(event);
    this.alarms = new AlarmBoard(deps.clock, sink);
    this.#beltWatch = new BeltWatch({ clock: deps.clock, alarms: this.alarms });
    this.#calibrationWatch = new CalibrationWatch({ clock: deps.clock, calibration: deps.calibration, alarms: this.alarms });
    this.#machine = new LineStateMachine({ clock: deps.clock, sink, blockingAlarms: () => this.alarms.blocking() });
    this.#bins = new BinStates({ clock: deps.clock, sink, bins: deps.options.bins, actuators: deps.options.actuators });
    this.#link = deps.openLink((event) => this.#onLink(event));
    this.#arming = new BoardArming(this.#link, () => this.state === 'running');
    this.#vision = deps.openVision((event) => this.#onVision(event));
    this.#scheduler = new Scheduler({
      clock: deps.clock, log: deps.log.child({ room: 'actuate' }), calibration: deps.calibration, belt: this.belt,
      actuators: measuredActuators(deps.options.actuators, deps.calibration), link: this.#link, options: deps.options.scheduler,
      sink: (event) => this.#flow.scheduled(event),
    });
    this.#flow = new ItemFlow({
      clock: deps.clock, belt: this.belt, scheduler: this.#scheduler, options: deps.options.decide, sink, runId: deps.runId,
      inputs: { recipe: () => this.#recipe, bins: () => this.#bins.states, isRunning: () => this.state === 'running' },
      onOverhead: (overheadMs) => this.counters.overhead.add(overheadMs),
    });
  }

  get state(): LineState {
    return this.#machine.state;
  }

  get stateReason(): string {
    return this.#machine.reason;
  }

  get recipe(): Recipe {
    return this.#recipe;
  }

  get binIds(): readonly BinId[] {
    return [...this.#bins.states.keys()];
  }

  /** The E-stop was pressed since the last start, whether it is released or not. */
  get isEStopLatched(): boolean {
    return this.#isEStopLatched;
  }

  /** Items seen and not yet settled. */
  get openItemCount(): number {
    return this.#flow.openCount;
  }

  async start(): Promise<void> {
    this.#emit({ kind: 'line.state', atNs: this.#deps.clock.nowNs(), state: this.state, reason: this.stateReason, by: 'line' });
    this.#emit({ kind: 'recipe.changed', atNs: this.#deps.clock.nowNs(), recipe: this.#recipe, by: 'config' });
    this.#bins.announce();
    this.#timers.push(this.#deps.clock.every(STATS_PERIOD_MS, () => this.#emitStats()));
    this.#calibrationWatch.start();
    this.#link.start();
    await this.#vision.start();
  }

  /** An operator's start: the only way out of pause and safe. Refused, with the reason, while anything forbids motion. */
  async requestStart(by: string): Promise<StartResult> {
    // These say what the board did once; an operator who starts has read them.
    this.alarms.clearAll('board-safe');
    this.alarms.clearAll('heartbeat-lost');
    const obstacle = this.#machine.obstacle();
    if (obstacle !== undefined) return { result: 'refused', reason: obstacle };
    const armed = await this.#arming.arm();
    if (armed.result !== 'acked') {
      return { result: 'refused', reason: armed.result === 'rejected' ? `the board refused to arm: ${armed.reason}` : `the board did not answer (${armed.result})` };
    }
    // Anything may have happened while the board was asked.
    const changed = this.#machine.obstacle();
    if (changed !== undefined) {
      this.#arming.makeSafe();
      return { result: 'refused', reason: changed };
    }
    this.#isEStopLatched = false;
    this.#machine.started(by);
    return { result: 'started' };
  }

  /** Stops belt and outputs in an orderly way; items on their way are inhibited. */
  requestPause(by: string, reason?: string): void {
    if (this.state !== 'running') return;
    this.#machine.paused(by, reason);
    this.#halt('cancelled');
  }

  requestSnapshot(): void {
    this.#vision.requestSnapshot();
  }

  /** Switches a bin; false where there is none of that name. */
  enableBin(bin: BinId, enabled: boolean): boolean {
    if (!this.#bins.states.has(bin)) return false;
    this.#bins.setEnabled(bin, enabled);
    return true;
  }

  /** Takes a new recipe and bin switches while running; items decided from now on follow it. */
  applyRecipe(recipe: Recipe, bins: readonly { id: BinId; enabled: boolean }[], by: string): void {
    this.#recipe = recipe;
    this.#emit({ kind: 'recipe.changed', atNs: this.#deps.clock.nowNs(), recipe, by });
    for (const bin of bins) this.#bins.setEnabled(bin.id, bin.enabled);
  }

  /** Settles what is open, makes the outputs safe, stops both processes' work. */
  async stop(reason: string): Promise<void> {
    if (this.state === 'stopped') return;
    this.#machine.stopped(reason);
    this.#visionDownTimer?.cancel();
    await this.#vision.stop();
    this.#flow.close();
    this.#scheduler.abandonAll('cancelled');
    await this.#link.safe();
    await this.#link.stop();
    this.#calibrationWatch.stop();
    for (const timer of this.#timers) timer.cancel();
    this.#emitStats();
  }

  #onVision(event: VisionEvent): void {
    switch (event.kind) {
      case 'vision.ready':
        this.#modelInUse(event.classifier);
        return this.#visionReady();
      case 'model.loading': return;
      case 'model.in-use': return this.#modelInUse(event.classifier);
      case 'model.refused': return this.#modelRefused(event);
      case 'vision.refused': return this.#deps.onVisionRefused?.(event.code, event.message);
      case 'vision.down': return this.#visionDown(event.reason);
      case 'item.seen': return this.#flow.seen(event.sighting);
      case 'item.look': return this.#flow.looked(event.look);
      case 'item.crop': return this.#cropped(event.trackId, event.jpeg);
      case 'item.gone': return this.#flow.gone(event.trackId);
      case 'camera.stalled': return this.#fault('camera-stalled', 'camera', event.silentMs > 0 ? `no frame for ${Math.round(event.silentMs)} ms: ${event.reason}` : event.reason);
      case 'camera.delivers': return this.alarms.clear('camera-stalled', 'camera');
      case 'vision.stats': return this.#visionStats(event.stats);
      case 'vision.snapshot': return this.#deps.onSnapshot?.(event.jpeg, event.marks);
      case 'vision.warning': return this.#visionWarning(event.code, event.message);
    }
  }

  #onLink(event: LinkEvent): void {
    switch (event.kind) {
      case 'link.up': return this.#linkUp(event.rebooted);
      case 'link.down': return this.#linkDown(event.reason, event.retryInMs);
      case 'link.refused': return this.#fault('link-refused', 'board', event.message);
      case 'belt.sample':
        this.belt.add(event.sample);
        return this.#vision.beltSample(event.sample);
      case 'board.state': return this.#boardState(event.state, event.cause);
      case 'command.fired': return this.#scheduler.onFired(event);
      case 'command.missed': return this.#scheduler.onMissed(event);
      case 'board.sensor':
        if (event.event.sensor === 'bin-full') return this.#binFull(event.event.output, event.event.active);
        if (event.event.active) return this.#fault(event.event.sensor, 'board', `${event.event.sensor} is active`);
        return this.alarms.clear(event.event.sensor, 'board');
    }
  }

  #visionReady(): void {
    this.#visionDownTimer?.cancel();
    this.#visionDownTimer = undefined;
    this.alarms.clear('vision-down', 'vision');
    this.#readied(this.#machine.note('visionReady', true));
  }

  #modelInUse(model: ModelInUse): void {
    if (model.insteadOf === undefined) this.alarms.clearAll('model-refused');
    for (const { provider, reason } of model.unavailable) this.alarms.raise('classifier-fallback', provider, `${provider} could not be loaded: ${reason}`);
    this.#emit({ kind: 'model.in-use', atNs: this.#deps.clock.nowNs(), model });
  }

  #modelRefused({ role, name, code, message }: Extract<VisionEvent, { kind: 'model.refused' }>): void {
    // The same part may have been refused for another reason before.
    this.alarms.clear('model-refused', role);
    this.alarms.raise('model-refused', role, `${name} cannot be used (${code}): ${message}`);
  }

  #visionDown(reason: string): void {
    this.#machine.note('visionReady', false);
    this.alarms.raise('vision-down', 'vision', reason);
    this.#flow.visionDown();
    // Counted from the first: a process that ends at every start is told of again each time.
    this.#visionDownTimer ??= this.#deps.clock.after(VISION_DOWN_LIMIT_MS, () => this.#stopMotion(`no vision for ${VISION_DOWN_LIMIT_MS / 1000} s: ${reason}`, 'cancelled'));
  }

  #cropped(trackId: TrackId, jpeg: Uint8Array): void {
    const itemId = this.#flow.itemOf(trackId);
    if (itemId !== undefined) this.#deps.onCrop?.(itemId, jpeg);
  }

  #visionStats(stats: VisionStats): void {
    const before = this.counters.vision;
    this.counters.vision = stats;
    this.#calibrationWatch.colour(stats.colourDrift);
    // A camera that came back with its size: only good frames since the last figures.
    if (before !== undefined && stats.badFrames === before.badFrames && stats.framesProcessed > before.framesProcessed) this.alarms.clear('calibration-mismatch', 'camera');
  }

  #visionWarning(code: string, message: string): void {
    this.#log.warn({ code }, message);
    if (code === 'CALIB_SIZE_MISMATCH') this.#fault('calibration-mismatch', 'camera', message);
  }

  #linkUp(rebooted: boolean): void {
    this.alarms.clear('link-down', 'board');
    this.alarms.clear('link-refused', 'board');
    if (rebooted) {
      this.belt.reset();
      this.#vision.beltReset();
      this.#scheduler.abandonAll('cancelled');
    }
    this.#readied(this.#machine.note('linkUp', true));
  }

  #linkDown(reason: string, retryInMs: number): void {
    this.#machine.note('linkUp', false);
    this.alarms.raise('link-down', 'board', `${reason}; next attempt in ${Math.round(retryInMs)} ms`);
    this.#stopMotion(`controller board: ${reason}`, 'link-down');
  }

  #boardState(state: BoardState, cause: SafeCause | undefined): void {
    if (state === 'armed') return this.#arming.isArmed();
    if (cause === 'host-request' || this.state !== 'running') return;
    const alarm: AlarmCode = cause === 'e-stop' || cause === 'jam' || cause === 'heartbeat-lost' ? cause : 'board-safe';
    this.#fault(alarm, 'board', `the board went to its safe state: ${cause ?? 'no cause given'}`);
  }

  #binFull(output: number, full: boolean): void {
    const bin = this.#bins.setFull(output, full);
    if (bin === undefined) return;
    if (full) this.alarms.raise('bin-full', bin, `bin ${bin} is full`);
    else this.alarms.clear('bin-full', bin);
  }

  #fault(alarm: AlarmCode, subject: string, message: string): void {
    this.alarms.raise(alarm, subject, message);
    if (alarm === 'e-stop') this.#isEStopLatched = true;
    if (ALARM_TABLE[alarm].reaction === 'safe') this.#stopMotion(message, 'cancelled');
  }

  #stopMotion(reason: string, cause: 'cancelled' | 'link-down'): void {
    const wasRunning = this.state === 'running';
    this.#machine.faulted(reason);
    if (wasRunning) this.#halt(cause);
  }

  #halt(cause: 'cancelled' | 'link-down'): void {
    this.#arming.makeSafe();
    this.#scheduler.abandonAll(cause);
  }

  #readied(firstTime: boolean): void {
    if (!firstTime || !this.#deps.options.autoStart) return;
    void this.requestStart('config').then((result) => {
      if (result.result === 'refused') this.#log.warn(`automatic start refused: ${result.reason}`);
    });
  }

  #emit(event: LineEvent): void {
    this.counters.count(event);
    this.#deps.sink(event);
  }

  #emitStats(): void {
    this.#beltWatch.look(this.state === 'running', this.belt.latest);
    const speed = this.state === 'stopped' ? 0 : this.#beltWatch.countsPerSecond(this.belt.latest) / this.#deps.calibration.countsPerMm;
    this.#emit({ kind: 'line.stats', atNs: this.#deps.clock.nowNs(), stats: this.counters.stats(this.#link.stats, speed) });
  }
}
