// The one file that imports onnxruntime-node. Opens a session on the first configured provider that really works, and
// keeps why the others did not.
//
// onnxruntime-node runs a model synchronously inside a promise: the thread that calls `run` is blocked for the whole
// inference. Whoever must stay responsive calls it from a thread of its own (inference-worker.ts).
import * as ort from 'onnxruntime-node';
import { reasonOf, SortlineError } from '../base/errors.ts';
import type { TensorShape } from './load-model.ts';
import type { Provider } from './options.ts';

export interface OpenedSession {
  readonly session: OnnxSession;
  readonly provider: Provider;
  readonly unavailable: readonly { readonly provider: string; readonly reason: string }[];
}

export interface SessionOptions {
  readonly providers: readonly Provider[];
  /** The only provider to accept. */
  readonly require: Provider | undefined;
  readonly threads: { readonly intraOp: number; readonly spinning: boolean };
}

/** One loaded graph with one input and one output. Not reentrant. */
export class OnnxSession {
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

  /**
   * Runs uint8 `data` of `shape` through the graph. The result is a copy of the float32 output, row-major; `data` is the caller's
   * again when the promise settles. Throws MODEL_RUN_FAILED.
   */
  async run(data: Uint8Array, shape: readonly number[]): Promise<Float32Array> {
    const input = new ort.Tensor('uint8', data, shape);
    try {
      const results = await this.#session.run({ [this.#session.inputNames[0]!]: input });
      const output = results[this.#session.outputNames[0]!]!;
      const values = Float32Array.from(output.data as Float32Array);
      output.dispose();
      return values;
    } catch (cause) {
      throw new SortlineError('MODEL_RUN_FAILED', `the model failed on a batch of shape (${shape.join(', ')}): ${firstLine(reasonOf(cause))}`, { context: { shape }, cause });
    } finally {
      input.dispose();
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
  const candidates = options.require === undefined ? options.providers : [options.require];
  const unavailable: { provider: string; reason: string }[] = [];
  for (const provider of candidates) {
    try {
      const session = await ort.InferenceSession.create(model, sessionOptions(provider, options.threads));
      return { session: new OnnxSession(session), provider, unavailable };
    } catch (error) {
      const reason = firstLine(reasonOf(error));
      if (provider === 'cpu') {
        throw new SortlineError('MODEL_UNREADABLE', `ONNX Runtime cannot load the model: ${reason}; export it again, with an opset it knows`, { context: { reason }, cause: error });
      }
      unavailable.push({ provider, reason });
    }
  }
  throw unavailableError(options, unavailable);
}

function sessionOptions(provider: Provider, threads: SessionOptions['threads']): ort.InferenceSession.SessionOptions {
  return {
    executionProviders: [provider],
    logSeverityLevel: 4,
    ...(threads.intraOp > 0 ? { intraOpNumThreads: threads.intraOp } : {}),
    extra: { session: { intra_op: { allow_spinning: threads.spinning ? '1' : '0' } } },
  };
}

function unavailableError(options: SessionOptions, unavailable: OpenedSession['unavailable']): SortlineError {
  const reasons = unavailable.map(({ provider, reason }) => `${provider}: ${reason}`).join('; ');
  const message = options.require === undefined
    ? `none of the providers ${options.providers.join(', ')} can run the model (${reasons}): add cpu to classify.providers`
    : `classify.require asks for ${options.require}, which cannot run the model (${reasons}): install what it needs, or remove classify.require`;
  return new SortlineError('MODEL_PROVIDER_UNAVAILABLE', message, { context: { require: options.require, providers: options.providers, unavailable } });
}

function tensorShapes(metadata: readonly ort.InferenceSession.ValueMetadata[]): TensorShape[] {
  return metadata.map((value) => value.isTensor
    ? { name: value.name, type: value.type, shape: value.shape }
    : { name: value.name, type: 'not a tensor', shape: [] });
}

function firstLine(text: string): string {
  return text.trim().split('\n')[0]!;
}
