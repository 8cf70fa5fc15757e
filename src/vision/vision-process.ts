// The Vision adapter over a process of its own: starts it, restarts it with back-off when it ends, and ends it when it makes
// no progress. Native code may crash there; the line lives on.
import type { ChildProcess } from 'node:child_process';
import { fork } from 'node:child_process';
import type { Clock, Timer } from '../base/clock.ts';
import type { Logger } from '../base/logger.ts';
import type { Random } from '../base/random.ts';
import { retryDelayMs } from '../base/retry.ts';
import type { BeltSample } from '../domain/frame.ts';
import type { TappedFrame } from './frame-tap.ts';
import type { ProcessOptions } from './options.ts';
import type { Vision, VisionEvent, VisionSink } from './vision.ts';
import type { FromVision, ToVision } from './vision-messages.ts';

export interface VisionProcessDeps {
  /** Entry script of the process. */
  readonly entry: string;
  /** What the process is told to open; asked at every start. */
  setup(): unknown;
  readonly clock: Clock;
  readonly log: Logger;
  readonly random: Random;
  readonly options: ProcessOptions;
  readonly sink: VisionSink;
  /** Pictures for the recorder, where the process is set up to tell them. */
  readonly onFrame?: ((frame: TappedFrame) => void) | undefined;
}

/** How long an orderly stop may take before the process is killed. */
const STOP_MS = 2000;
/** A process that ran this long was healthy: its next restart is as quick as the first. */
const HEALTHY_MS = 30_000;

/**
 * glibc raises by itself the size from which memory comes from the system and goes back to it, up to 32 MB. A model's weights then
 * come from heaps that each change of the model leaves in pieces: after a dozen changes of a ResNet-18 the process held 450 MB more than
 * needed. Fixed at 8 MB, weights go back, and a 1080p frame (6 MB) still comes from a heap. The heap's free end is kept to 64 MB (by
 * default 128 kB, once the other is fixed): else each frame's memory went back and came again, page by page.
 */
const ALLOCATION = { MALLOC_MMAP_THRESHOLD_: String(8 * 1024 * 1024), MALLOC_TRIM_THRESHOLD_: String(64 * 1024 * 1024) };

export class VisionProcess implements Vision {
  readonly #deps: VisionProcessDeps;
  readonly #log: Logger;
  #child: ChildProcess | undefined;
  #watchdog: Timer | undefined;
  #restart: Timer | undefined;
  #failures = 0;
  #startedNs = 0;
  #isReady = false;
  #killedFor: string | undefined;
  #refusal: string | undefined;
  #isStopped = false;

  constructor(deps: VisionProcessDeps) {
    this.#deps = deps;
    this.#log = deps.log.child({ room: 'vision' });
  }

  /** Process id, for logs and tests; undefined between two lives. */
  get pid(): number | undefined {
    return this.#child?.pid;
  }

  async start(): Promise<void> {
    this.#spawn();
  }

  beltSample(sample: BeltSample): void {
    this.#send({ kind: 'belt.sample', sample });
  }

  beltReset(): void {
    this.#send({ kind: 'belt.reset' });
  }

  requestSnapshot(): void {
    this.#send({ kind: 'snapshot' });
  }

  /** Passes on what the composition's camera must hear. */
  sendExtra(extra: unknown): void {
    this.#send({ kind: 'extra', extra });
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#watchdog?.cancel();
    this.#restart?.cancel();
    const child = this.#child;
    if (child === undefined) return;
    const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    this.#send({ kind: 'stop' });
    const giveUp = this.#deps.clock.after(STOP_MS, () => child.kill('SIGKILL'));
    await ended;
    giveUp.cancel();
  }

  #spawn(): void {
    const { entry, setup, clock, options } = this.#deps;
    this.#isReady = false;
    this.#killedFor = undefined;
    this.#refusal = undefined;
    this.#startedNs = clock.nowNs();
    const child = fork(entry, { serialization: 'advanced', stdio: ['ignore', 'inherit', 'inherit', 'ipc'], env: { ...ALLOCATION, ...process.env } });
    this.#child = child;
    child.on('message', (message: FromVision) => { if (child === this.#child) this.#heard(message); });
    child.on('error', (error) => this.#log.warn(`vision process: ${error.message}`));
    child.once('exit', (code, signal) => this.#ended(code, signal));
    this.#send({ kind: 'start', setup: setup() });
    this.#watch(options.startTimeoutMs, `not ready within ${options.startTimeoutMs} ms`);
  }

  #heard(message: FromVision): void {
    if (message.kind === 'refused') {
      this.#refusal = `${message.code}: ${message.message}`;
      this.#deps.sink({ kind: 'vision.refused', code: message.code, message: message.message });
      return;
    }
    if (message.kind === 'frame') return this.#deps.onFrame?.(message.frame);
    for (const event of message.events) {
      this.#progressed(event);
      this.#deps.sink(event);
    }
  }

  /** Any word is progress; the process itself tells once a second, and ends itself when its model hangs. */
  #progressed({ kind }: VisionEvent): void {
    if (kind === 'vision.ready') this.#isReady = true;
    if (!this.#isReady) return;
    const { progressTimeoutMs } = this.#deps.options;
    this.#watch(progressTimeoutMs, `no sign of progress for ${progressTimeoutMs} ms`);
  }

  #watch(limitMs: number, reason: string): void {
    this.#watchdog?.cancel();
    this.#watchdog = this.#deps.clock.after(limitMs, () => {
      this.#killedFor = reason;
      this.#child?.kill('SIGKILL');
    });
  }

  #ended(code: number | null, signal: NodeJS.Signals | null): void {
    this.#child = undefined;
    this.#watchdog?.cancel();
    if (this.#isStopped) return;
    const { clock, random, options, sink } = this.#deps;
    if (clock.nowNs() - this.#startedNs > HEALTHY_MS * 1e6) this.#failures = 0;
    const restartInMs = retryDelayMs({ firstMs: Math.max(1, options.restartFirstMs), maxMs: Math.max(1, options.restartMaxMs) }, this.#failures++, random);
    const reason = this.#refusal ?? this.#killedFor ?? `the vision process ended (${signal ?? `exit code ${code}`})`;
    this.#log.error({ code, signal, restartInMs }, `${reason}; restarting in ${Math.round(restartInMs)} ms`);
    sink({ kind: 'vision.down', reason, restartInMs });
    this.#restart = clock.after(restartInMs, () => this.#spawn());
  }

  #send(message: ToVision): void {
    // A child that is ending has no channel any more; its exit is told separately.
    if (this.#child?.connected === true) this.#child.send(message, () => undefined);
  }
}
