// The line's state machine: when the belt may run and outputs may fire. Pure: it is told what happened and asks for
// motion through two callbacks.
//
//   starting ─ready─▶ ready ─start─▶ running ◀─start── paused
//                       ▲               │ └──pause──────▶┘
//                       └── start needs every condition   └─fault─▶ safe (latched) ─start─▶ running
import type { Clock } from '../base/clock.ts';
import type { AlarmCode, LineSink, LineState } from '../domain/line-event.ts';

/** What must hold before the belt may run. */
export interface MotionConditions {
  visionReady: boolean;
  linkUp: boolean;
}

export type StartResult = { readonly result: 'started' } | { readonly result: 'refused'; readonly reason: string };

export class LineStateMachine {
  #state: LineState = 'starting';
  #reason = 'starting up';
  readonly #conditions: MotionConditions = { visionReady: false, linkUp: false };
  readonly #clock: Clock;
  readonly #sink: LineSink;
  readonly #blocking: () => AlarmCode[];

  constructor(deps: { clock: Clock; sink: LineSink; blockingAlarms: () => AlarmCode[] }) {
    this.#clock = deps.clock;
    this.#sink = deps.sink;
    this.#blocking = deps.blockingAlarms;
  }

  get state(): LineState {
    return this.#state;
  }

  get reason(): string {
    return this.#reason;
  }

  /** Notes a condition; the first time all hold, `starting` becomes `ready`. True when that happened now. */
  note(condition: keyof MotionConditions, holds: boolean): boolean {
    this.#conditions[condition] = holds;
    if (this.#state !== 'starting' || !this.#conditions.visionReady || !this.#conditions.linkUp) return false;
    this.#become('ready', 'camera, model and board are ready', 'line');
    return true;
  }

  /** Why a start would be refused now; undefined when it is allowed. */
  obstacle(): string | undefined {
    if (this.#state === 'running') return 'the line is already running';
    if (this.#state === 'stopped') return 'the service is stopping';
    if (!this.#conditions.linkUp) return 'the controller board is not connected';
    if (!this.#conditions.visionReady) return 'the camera or model is not ready';
    const alarms = this.#blocking();
    return alarms.length > 0 ? `active alarm: ${alarms.join(', ')}` : undefined;
  }

  started(by: string): void {
    this.#become('running', 'started', by);
  }

  paused(by: string, reason = 'paused'): void {
    this.#become('paused', reason, by);
  }

  /** Latches the safe state; only {@link started} leaves it. Before the first `ready` there is nothing to latch. */
  faulted(reason: string): void {
    if (this.#state === 'starting' || this.#state === 'stopped') return;
    this.#become('safe', reason, 'line');
  }

  stopped(reason: string): void {
    this.#become('stopped', reason, 'line');
  }

  #become(state: LineState, reason: string, by: string): void {
    if (state === this.#state && reason === this.#reason) return;
    this.#state = state;
    this.#reason = reason;
    this.#sink({ kind: 'line.state', atNs: this.#clock.nowNs(), state, reason, by });
  }
}
