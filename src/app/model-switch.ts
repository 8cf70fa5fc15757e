// Changes the model while the line runs: loads and warms the new one beside the one in use, in a thread of its own, and hands it
// over between two batches. Where that fails the old one goes on, and an event says why.
//
//   choice ─▶ load, verify, warm ─┬─▶ useClassifier ─▶ model.in-use ─▶ (its last batch done) close the old one
//                                 └─▶ model.refused, model.in-use: the old one, in place of the new
import { basename } from 'node:path';
import type { Clock } from '../base/clock.ts';
import { isSortlineError, reasonOf, SortlineError } from '../base/errors.ts';
import type { Logger } from '../base/logger.ts';
import type { Milliseconds } from '../base/units.ts';
import type { ModelCandidate, ModelChoice } from '../classify/champion.ts';
import type { Classifier } from '../classify/classifier.ts';
import type { createOnnxClassifier } from '../classify/onnx-classifier.ts';
import type { ModelRefusal } from '../classify/open-classifier.ts';
import { mustNotBeAvoided } from '../classify/open-classifier.ts';
import type { ClassifyOptions } from '../classify/options.ts';
import { CHAMPION } from '../classify/options.ts';
import type { VisionRunner } from '../vision/vision-runner.ts';
import type { VisionSink } from '../vision/vision.ts';

export interface ModelSwitchDeps {
  readonly clock: Clock;
  readonly log: Logger;
  readonly options: ClassifyOptions;
  /** Longest time from the first byte to warm. */
  readonly limitMs: Milliseconds;
  /** Candidates that took their process down, by key, each with how it ended. */
  readonly avoid: ReadonlyMap<string, string>;
  readonly runner: Pick<VisionRunner, 'classifier' | 'useClassifier'>;
  readonly open: typeof createOnnxClassifier;
  readonly sink: VisionSink;
}

export class ModelSwitch {
  readonly #deps: ModelSwitchDeps;
  #next: ModelChoice | undefined;
  #isBusy = false;

  constructor(deps: ModelSwitchDeps) {
    this.#deps = deps;
  }

  /** Acts on `choice`; while another is being acted on it waits, and only the newest that waits counts. */
  choose(choice: ModelChoice): void {
    this.#next = choice;
    if (!this.#isBusy) void this.#actOnNewest();
  }

  async #actOnNewest(): Promise<void> {
    this.#isBusy = true;
    for (let choice = this.#take(); choice !== undefined; choice = this.#take()) await this.#act(choice);
    this.#isBusy = false;
  }

  #take(): ModelChoice | undefined {
    const choice = this.#next;
    this.#next = undefined;
    return choice;
  }

  async #act({ candidates, problem, emptyStore }: ModelChoice): Promise<void> {
    const { log, runner } = this.#deps;
    const wanted = candidates[0]!;
    if (problem !== undefined) return this.#refuse({ role: 'pointer', name: CHAMPION, code: problem.code, message: problem.message });
    if (emptyStore !== undefined) return void log.warn({ store: emptyStore }, `no model of ${emptyStore} is champion any more: ${runner.classifier.description.model} goes on until one is promoted`);
    const { model, sha256 } = runner.classifier.description;
    if (wanted.sha256 === sha256 && basename(wanted.folder) === model) return this.#tellInUse(undefined);
    try {
      mustNotBeAvoided(wanted, this.#deps.avoid);
      const next = await this.#load(wanted);
      // Overtaken by a newer choice.
      if (this.#next !== undefined) await next.close();
      else this.#handOver(next);
    } catch (error) {
      this.#refuse({ role: 'champion', name: wanted.name, code: isSortlineError(error) ? error.code : 'INTERNAL', message: reasonOf(error) });
    }
  }

  /** Throws what opening throws, and MODEL_RUN_FAILED when it takes too long. */
  async #load({ folder, sha256, key, name }: ModelCandidate): Promise<Classifier> {
    const { clock, log, options, limitMs, open, sink } = this.#deps;
    log.info({ model: name }, `loading ${name} beside ${this.#deps.runner.classifier.description.model}`);
    sink({ kind: 'model.loading', key, name });
    const { promise: late, reject: giveUp } = Promise.withResolvers<never>();
    const timer = clock.after(limitMs, () => giveUp(new SortlineError('MODEL_RUN_FAILED', `${folder} was not warm after ${limitMs} ms: it is too heavy for this machine, or hangs`, { context: { folder } })));
    const opening = open({ ...options, model: folder }, log, { sha256 });
    try {
      return await Promise.race([opening, late]);
    } catch (error) {
      // Comes all the same, or has failed already.
      void opening.then((classifier) => classifier.close(), () => undefined);
      throw error;
    } finally {
      timer.cancel();
    }
  }

  #handOver(next: Classifier): void {
    const { runner, sink } = this.#deps;
    const former = runner.classifier;
    void runner.useClassifier(next).then(() => former.close());
    sink({ kind: 'model.in-use', classifier: next.description });
  }

  #refuse(refusal: ModelRefusal): void {
    const { log, sink } = this.#deps;
    log.warn({ code: refusal.code, model: refusal.name }, `${refusal.name} is refused: ${refusal.message}`);
    sink({ kind: 'model.refused', ...refusal });
    this.#tellInUse(refusal.name);
  }

  #tellInUse(insteadOf: string | undefined): void {
    this.#deps.sink({ kind: 'model.in-use', classifier: { ...this.#deps.runner.classifier.description, insteadOf } });
  }
}
