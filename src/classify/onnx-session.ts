// The one file that imports onnxruntime-node. Opens a session on the first configured provider that really works, and
// keeps why the others did not.
//
// onnxruntime-node runs a model synchronously inside a promise: the thread that calls `run` is blocked for the whole
// inference. Whoever must stay responsive uses threaded-session.ts.
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import * as ort from 'onnxruntime-node';
import { reasonOf, SortlineError } from '../base/errors.ts';
import type { ModelSession, OpenedSession, SessionOptions, SessionRun, TensorShape } from './model-session.ts';
import type { Provider } from './options.ts';
import { doubtOf, ProfileFolder } from './provider-proof.ts';

class OnnxSession implements ModelSession {
  readonly #session: ort.InferenceSession;

  constructor(session: ort.InferenceSession) {
    this.#session = session;
  }

  get inputs(): readonly TensorShape[] {
    return tensorShapes(this.#session.inputMetadata);
  }

  get outputs(): readonly TensorShape[] {
    return tensorShapes(this.#session.outputMetadata);
  }

  async run(data: Uint8Array, shape: readonly number[]): Promise<SessionRun> {
    const input = new ort.Tensor('uint8', data, shape);
    try {
      const startedMs = performance.now();
      const results = await this.#session.run({ [this.#session.inputNames[0]!]: input });
      const durationMs = performance.now() - startedMs;
      const output = results[this.#session.outputNames[0]!]!;
      const values = Float32Array.from(output.data as Float32Array);
      output.dispose();
      return { values, durationMs };
    } catch (cause) {
      throw new SortlineError('MODEL_RUN_FAILED', `the model failed on a batch of shape (${shape.join(', ')}): ${firstLine(reasonOf(cause))}`, { context: { shape }, cause });
    }
  }

  async close(): Promise<void> {
    await this.#session.release();
  }
}

/**
 * Opens `model` on the first of the providers that works. Throws MODEL_PROVIDER_UNAVAILABLE when none does, or not the
 * required one, and MODEL_UNREADABLE when the CPU itself refuses the graph.
 */
export async function openOnnxSession(model: Uint8Array, options: SessionOptions): Promise<OpenedSession> {
  // ORT's own log would repeat on stderr, unstructured, what is reported here as reasons.
  ort.env.logLevel = 'fatal';
  const candidates = options.require !== undefined ? [options.require] : options.providers ?? installedProviders();
  const unavailable: { provider: string; reason: string }[] = [];
  for (const provider of candidates) {
    try {
      const session = provider === 'cpu' ? await open(model, 'cpu', options) : await openProven(model, provider, options);
      return { session: new OnnxSession(session), provider, unavailable };
    } catch (error) {
      const reason = firstLine(reasonOf(error));
      if (provider === 'cpu') {
        throw new SortlineError('MODEL_UNREADABLE', `ONNX Runtime cannot load the model: ${reason}; export it again, with an opset it knows`, { context: { reason }, cause: error });
      }
      unavailable.push({ provider, reason });
    }
  }
  throw unavailableError(options.require, candidates, unavailable);
}

/** Opens on an accelerator and runs one batch of one under the profiler: loaded is not yet used. */
async function openProven(model: Uint8Array, provider: Provider, options: SessionOptions): Promise<ort.InferenceSession> {
  const profile = new ProfileFolder();
  try {
    const session = await open(model, provider, options, { enableProfiling: true, profileFilePrefix: profile.prefix });
    try {
      const input = tensorShapes(session.inputMetadata)[0];
      // Another type is refused by the caller with a better reason than a failed run.
      if (input?.type === 'uint8') {
        const shape = input.shape.map((size) => typeof size === 'number' ? size : 1);
        await new OnnxSession(session).run(new Uint8Array(shape.reduce((product, size) => product * size, 1)), shape);
      }
      session.endProfiling();
      const doubt = input?.type === 'uint8' ? doubtOf(profile.take()) : undefined;
      if (doubt !== undefined) throw new SortlineError('MODEL_PROVIDER_UNAVAILABLE', doubt, { context: { provider } });
      return session;
    } catch (error) {
      await session.release();
      throw error;
    }
  } finally {
    profile.remove();
  }
}

function open(model: Uint8Array, provider: Provider, options: SessionOptions, more: ort.InferenceSession.SessionOptions = {}): Promise<ort.InferenceSession> {
  const { intraOp, spinning } = options.threads;
  return ort.InferenceSession.create(model, {
    executionProviders: [provider],
    logSeverityLevel: 4,
    ...(intraOp > 0 ? { intraOpNumThreads: intraOp } : {}),
    extra: { session: { intra_op: { allow_spinning: spinning ? '1' : '0' } } },
    ...more,
  });
}

/** CUDA's library is no part of the npm package; asking for it where nobody fetched it would raise an alarm for nothing. */
function installedProviders(): Provider[] {
  const packageFolder = dirname(dirname(createRequire(import.meta.url).resolve('onnxruntime-node')));
  const library = join(packageFolder, 'bin', 'napi-v6', process.platform, process.arch, 'libonnxruntime_providers_cuda.so');
  return existsSync(library) ? ['cuda', 'cpu'] : ['cpu'];
}

function unavailableError(required: Provider | undefined, candidates: readonly Provider[], unavailable: OpenedSession['unavailable']): SortlineError {
  const reasons = unavailable.map(({ provider, reason }) => `${provider}: ${reason}`).join('; ');
  const message = required === undefined
    ? `none of the providers ${candidates.join(', ')} can run the model (${reasons}): add cpu to classifier.providers`
    : `classifier.require asks for ${required}, which cannot run the model (${reasons}): install what it needs, or remove classifier.require`;
  return new SortlineError('MODEL_PROVIDER_UNAVAILABLE', message, { context: { require: required, providers: candidates, unavailable } });
}

function tensorShapes(metadata: readonly ort.InferenceSession.ValueMetadata[]): TensorShape[] {
  return metadata.map((value) => value.isTensor
    ? { name: value.name, type: value.type, shape: value.shape }
    : { name: value.name, type: 'not a tensor', shape: [] });
}

function firstLine(text: string): string {
  return text.trim().split('\n')[0]!;
}
