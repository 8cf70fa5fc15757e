// For machines that watch the service: alive, ready to sort, and in figures.
import type { Clock } from '../base/clock.ts';
import type { MonotonicNs } from '../base/units.ts';
import { NS_PER_MS } from '../base/units.ts';
import type { LineEvent } from '../domain/line-event.ts';
import type { Access } from './access.ts';
import type { LineView } from './line-view.ts';
import type { Metrics } from './metrics.ts';
import { json, text } from './reply.ts';
import type { Route } from './router.ts';

/** Frames must have been looked at this lately, ms; told of once a second. */
const FRESH_MS = 5000;

export interface Readiness {
  readonly ready: boolean;
  /** Why not; empty while ready. */
  readonly missing: readonly string[];
}

/** Watches whether the line could sort if it were started: model warm, board connected, frames fresh, nothing latched. */
export class ReadinessWatch {
  readonly #clock: Clock;
  readonly #view: LineView;
  #frames = 0;
  #freshAtNs: MonotonicNs | undefined;

  constructor(clock: Clock, view: LineView) {
    this.#clock = clock;
    this.#view = view;
  }

  handle(event: LineEvent): void {
    if (event.kind !== 'line.stats') return;
    const { framesProcessed } = event.stats;
    // Another number, not a larger one: a restarted vision process counts anew.
    if (framesProcessed !== this.#frames) this.#freshAtNs = this.#clock.nowNs();
    this.#frames = framesProcessed;
  }

  readiness(): Readiness {
    const view = this.#view;
    const { state, reason } = view.state;
    const missing: string[] = [];
    if (!view.hasModel || view.isActive('vision-down')) missing.push('no warm model');
    if (state === 'starting' || view.isActive('link-down') || view.isActive('link-refused')) missing.push('the controller board is not connected');
    if (this.#freshAtNs === undefined || this.#clock.nowNs() - this.#freshAtNs > FRESH_MS * NS_PER_MS || view.isActive('camera-stalled')) missing.push('no fresh frames');
    if (state === 'safe' || state === 'stopped') missing.push(`the line is ${state}: ${reason}`);
    return { ready: missing.length === 0, missing };
  }
}

export function healthRoutes(deps: { readiness: ReadinessWatch; view: LineView; metrics: Metrics; access: Access }): Route[] {
  const { readiness, view, metrics, access } = deps;
  return [
    { method: 'GET', path: /^\/healthz$/, needs: 'everyone', answer: () => text(200, 'ok') },
    {
      method: 'GET', path: /^\/readyz$/, needs: 'everyone',
      answer: () => {
        const { ready, missing } = readiness.readiness();
        return json(ready ? 200 : 503, { ready, state: view.state.state, missing });
      },
    },
    {
      method: 'GET', path: /^\/metrics$/, needs: 'everyone',
      answer: async ({ request, visitor }) => {
        if (!access.hasMetricsToken(request) && (visitor === undefined || access.refusal(request) !== undefined)) return { ...text(401, 'metrics need a login or the token of web.metricsTokenFile'), headers: { 'www-authenticate': 'Bearer' } };
        const { contentType, body } = await metrics.render();
        return { status: 200, body, contentType };
      },
    },
  ];
}
