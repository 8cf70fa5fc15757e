// The Classifier on ONNX Runtime: model folder in, warm classifier out. Gathering crops into batches is the caller's
// (options.batch says how); here a batch is given.
import type { Logger } from '../base/logger.ts';
import { SortlineError } from '../base/errors.ts';
import { MATERIALS } from '../domain/material.ts';
import type { ModelInUse } from '../domain/model-in-use.ts';
import type { BatchResult, Classifier, CropShape } from './classifier.ts';
import { coreShare } from './core-share.ts';
import type { LoadedModel } from './load-model.ts';
import { loadModel, verifySignature } from './load-model.ts';
import type { ModelSession } from './model-session.ts';
import type { ClassifyOptions } from './options.ts';
import { softmax } from './softmax.ts';
import { openThreadedSession } from './threaded-session.ts';

const CHANNELS = 3;
/** No multiple of a row, so that no two rows of a picture are alike. */
const SPECKLES = 65_521;

class OnnxClassifier implements Classifier {
  readonly cropShape: CropShape;
  readonly description: ModelInUse;
  readonly #session: ModelSession;
  readonly #order: readonly number[];
  readonly #temperature: number;
  readonly #maxBatch: number;

  constructor(deps: { session: ModelSession; model: LoadedModel; maxBatch: number; description: ModelInUse }) {
    this.#session = deps.session;
    this.#maxBatch = deps.maxBatch;
    this.description = deps.description;
    // Not the model as a whole: its bytes are the session's now.
    const { input: { height, width }, temperature } = deps.model.manifest;
    this.cropShape = { height, width };
    this.#order = deps.model.order;
    this.#temperature = temperature;
  }

  get concurrency(): number {
    return this.#session.concurrency;
  }

  async classify(crops: Uint8Array, count: number): Promise<BatchResult> {
    const { height, width } = this.cropShape;
    const length = count * height * width * CHANNELS;
    if (!Number.isInteger(count) || count < 1 || count > this.#maxBatch || crops.length < length) {
      throw new SortlineError('MODEL_RUN_FAILED',
        `a batch of ${count} crops in ${crops.length} bytes: expected 1 to ${this.#maxBatch} crops of ${height}x${width}x${CHANNELS} bytes each`, { context: { count, bytes: crops.length } });
    }
    const { values, durationMs } = await this.#session.run(crops.subarray(0, length), [count, height, width, CHANNELS]);
    return { probabilities: this.#probabilities(values, count), inferenceMs: durationMs };
  }

  close(): Promise<void> {
    return this.#session.close();
  }

  #probabilities(logits: Float32Array, count: number): number[][] {
    return Array.from({ length: count }, (_, crop) => {
      const probabilities = softmax(logits, crop * MATERIALS.length, { order: this.#order, temperature: this.#temperature });
      if (!probabilities.every(Number.isFinite)) {
        throw new SortlineError('MODEL_RUN_FAILED', `the model gave logits that are not finite for crop ${crop} of ${count}: the model file or the provider ${this.description.provider} is broken`);
      }
      return probabilities;
    });
  }
}

export interface ModelExpectation {
  /** What model.onnx must hash to, besides what its own manifest says. */
  readonly sha256?: string | undefined;
  /** The model it stands in for. */
  readonly insteadOf?: string | undefined;
}

/**
 * Loads, verifies and warms the model in the folder `options.model`. Warm means that the batch sizes have run whose first run is
 * slower than the rest, and gave numbers. Throws MODEL_UNREADABLE, MODEL_MANIFEST_INVALID,
 * MODEL_HASH_MISMATCH, MODEL_MISMATCH, MODEL_PROVIDER_UNAVAILABLE and MODEL_RUN_FAILED, each naming what was found and expected.
 */
export async function createOnnxClassifier(options: ClassifyOptions, log: Logger, { sha256, insteadOf }: ModelExpectation = {}): Promise<Classifier> {
  const model = await loadModel(options.model, sha256);
  const { height, width } = model.manifest.input;
  const { session, provider, unavailable } = await openThreadedSession(model.bytes,
    { providers: options.providers, require: options.require, ...coreShare(options), maxInputBytes: options.batch.size * height * width * CHANNELS });
  try {
    verifySignature(model, session.inputs, session.outputs);
    const warmUpMs = await warmUp(session, model, warmUpSizes(provider, options.batch.size));
    const description = { model: model.name, sha256: model.manifest.sha256, provider, unavailable, warmUpMs, insteadOf };
    for (const { provider: missing, reason } of unavailable) log.warn({ provider: missing, reason }, `provider ${missing} cannot run the model: ${reason}`);
    log.info({ ...description }, `model ${model.name} is warm on ${provider}`);
    return new OnnxClassifier({ session, model, maxBatch: options.batch.size, description });
  } catch (error) {
    await session.close();
    throw error;
  }
}

/**
 * An accelerator chooses or builds its kernels anew for every size. On the CPU a session's first run takes as long as its later ones, of
 * whatever size: one crop shows that it works, and a start spends no more on it.
 */
function warmUpSizes(provider: string, batchSize: number): number[] {
  return provider === 'cpu' ? [1] : Array.from({ length: batchSize }, (_, index) => index + 1);
}

/** Runs every size once on each session. Throws MODEL_RUN_FAILED where what comes out is no number. */
async function warmUp(session: ModelSession, model: LoadedModel, sizes: readonly number[]): Promise<number> {
  const { height, width } = model.manifest.input;
  const cropBytes = height * width * CHANNELS;
  const crops = speckled(Math.max(...sizes) * cropBytes);
  let totalMs = 0;
  for (const size of sizes) {
    const runs = await Promise.all(Array.from({ length: session.concurrency }, () => session.run(crops.subarray(0, size * cropBytes), [size, height, width, CHANNELS])));
    totalMs += Math.max(...runs.map(({ durationMs }) => durationMs));
    for (const { values } of runs) {
      if (values.every(Number.isFinite)) continue;
      throw new SortlineError('MODEL_RUN_FAILED',
        `the model in ${model.folder} failed its warm-up: of ${values.length} logits for ${size} crops ${values.filter((value) => !Number.isFinite(value)).length} are not finite; its weights are damaged, or its training diverged`, { context: { folder: model.folder } });
    }
  }
  return totalMs;
}

/** Not one colour, which would leave most of a network at rest. */
function speckled(length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let filled = Math.min(length, SPECKLES);
  for (let index = 0; index < filled; index++) bytes[index] = (index * 7919) % 256;
  for (; filled < length; filled *= 2) bytes.copyWithin(filled, 0, filled);
  return bytes;
}
