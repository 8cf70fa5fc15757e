// The Classifier on ONNX Runtime: model folder in, warm classifier out.
import type { Logger } from '../base/logger.ts';
import { NS_PER_MS } from '../base/units.ts';
import type { Clock } from '../base/clock.ts';
import { systemClock } from '../base/clock.ts';
import { SortlineError } from '../base/errors.ts';
import { MATERIALS } from '../domain/material.ts';
import type { BatchResult, Classifier, ClassifierDescription, CropShape } from './classifier.ts';
import type { LoadedModel } from './load-model.ts';
import { loadModel, verifySignature } from './load-model.ts';
import type { OnnxSession } from './onnx-session.ts';
import { openOnnxSession } from './onnx-session.ts';
import type { ClassifyOptions } from './options.ts';
import { softmax } from './softmax.ts';

const CHANNELS = 3;

class OnnxClassifier implements Classifier {
  readonly cropShape: CropShape;
  readonly description: ClassifierDescription;
  readonly #session: OnnxSession;
  readonly #model: LoadedModel;
  readonly #maxBatch: number;
  readonly #clock: Clock;

  constructor(deps: { session: OnnxSession; model: LoadedModel; maxBatch: number; clock: Clock; description: ClassifierDescription }) {
    this.#session = deps.session;
    this.#model = deps.model;
    this.#maxBatch = deps.maxBatch;
    this.#clock = deps.clock;
    this.description = deps.description;
    const { height, width } = deps.model.manifest.input;
    this.cropShape = { height, width };
  }

  async classify(crops: Uint8Array, count: number): Promise<BatchResult> {
    const { height, width } = this.cropShape;
    const length = count * height * width * CHANNELS;
    if (!Number.isInteger(count) || count < 1 || count > this.#maxBatch || crops.length < length) {
      throw new SortlineError('MODEL_RUN_FAILED',
        `a batch of ${count} crops in ${crops.length} bytes: expected 1 to ${this.#maxBatch} crops of ${height}x${width}x${CHANNELS} bytes each`, { context: { count, bytes: crops.length } });
    }
    const startedNs = this.#clock.nowNs();
    const logits = await this.#session.run(crops.length === length ? crops : crops.subarray(0, length), [count, height, width, CHANNELS]);
    const inferenceMs = (this.#clock.nowNs() - startedNs) / NS_PER_MS;
    return { probabilities: this.#probabilities(logits, count), inferenceMs };
  }

  close(): Promise<void> {
    return this.#session.close();
  }

  #probabilities(logits: Float32Array, count: number): number[][] {
    const { order, manifest: { temperature } } = this.#model;
    return Array.from({ length: count }, (_, crop) => {
      const probabilities = softmax(logits, crop * MATERIALS.length, { order, temperature });
      if (!probabilities.every(Number.isFinite)) {
        throw new SortlineError('MODEL_RUN_FAILED', `the model gave logits that are not finite for crop ${crop} of ${count}: the model file or the provider ${this.description.provider} is broken`);
      }
      return probabilities;
    });
  }
}

/**
 * Loads, verifies and warms the model in `options.model`. Throws the MODEL_… codes of loadModel and openOnnxSession. Warm
 * means that a batch of one and one of the full size have run: the first inference is several times slower than the rest.
 */
export async function createOnnxClassifier(options: ClassifyOptions, log: Logger, clock: Clock = systemClock): Promise<Classifier> {
  const model = await loadModel(options.model);
  const opened = await openOnnxSession(model.bytes, { providers: options.providers, require: options.require, threads: options.threads });
  try {
    verifySignature(model, opened.session.inputs, opened.session.outputs);
    const warmUpMs = await warmUp(opened.session, { model, sizes: [1, options.batch.size], clock });
    const { provider, unavailable } = opened;
    const description = { model: model.name, sha256: model.manifest.sha256, provider, unavailable, warmUpMs };
    for (const { provider: missing, reason } of unavailable) log.warn({ provider: missing, reason }, `provider ${missing} cannot run the model: ${reason}`);
    log.info({ ...description }, `model ${model.name} is warm on ${provider}`);
    return new OnnxClassifier({ session: opened.session, model, maxBatch: options.batch.size, clock, description });
  } catch (error) {
    await opened.session.close();
    throw error;
  }
}

async function warmUp(session: OnnxSession, options: { model: LoadedModel; sizes: readonly number[]; clock: Clock }): Promise<number> {
  const { height, width } = options.model.manifest.input;
  const startedNs = options.clock.nowNs();
  for (const size of new Set(options.sizes)) {
    await session.run(new Uint8Array(size * height * width * CHANNELS), [size, height, width, CHANNELS]);
  }
  return (options.clock.nowNs() - startedNs) / NS_PER_MS;
}
