// The one file that imports onnxruntime-node: a graph's bytes become a session that runs plain arrays. Which provider to take, and
// what a failure means, is the caller's affair; what ONNX Runtime throws passes through.
//
// onnxruntime-node runs a graph synchronously inside a promise: the thread that calls `run` is blocked for the whole run.
import * as ort from 'onnxruntime-node';
import type { Milliseconds } from '../base/units.ts';

/** A value as the session declares it; a symbolic dimension is its name. */
export interface TensorShape {
  readonly name: string;
  readonly type: string;
  readonly shape: readonly (number | string)[];
}

/** A tensor's values, row-major, with its dimensions. */
export interface RuntimeTensor {
  readonly data: Float32Array | Uint8Array | BigInt64Array;
  readonly shape: readonly number[];
}

export interface RuntimeOptions {
  readonly provider: string;
  /** `intraOp` 0: one per core. */
  readonly threads: { readonly intraOp: number; readonly spinning: boolean };
  /** Whether memory of one shape of inputs is planned ahead (the default). A large graph takes nearly twice the memory for it. */
  readonly plansMemory?: boolean;
  /** Where given, every run is profiled to a file whose name begins so, complete after `endProfiling`. */
  readonly profilePrefix?: string;
}

export interface RuntimeRun {
  /** Float32 outputs by name: the arrays of `into`, or new ones, the caller's. */
  readonly outputs: Readonly<Record<string, Float32Array>>;
  /** Duration of the run alone. */
  readonly durationMs: Milliseconds;
}

export interface RuntimeSession {
  readonly inputs: readonly TensorShape[];
  readonly outputs: readonly TensorShape[];
  /**
   * Runs the graph for the outputs named in `into`, each written to the float32 tensor given there, or to a new one where it is
   * undefined. Arrays are used in place and not copied: none may be in both `feeds` and `into`, and all are the caller's again
   * when the promise settles.
   */
  run(feeds: Readonly<Record<string, RuntimeTensor>>, into: Readonly<Record<string, RuntimeTensor | undefined>>): Promise<RuntimeRun>;
  endProfiling(): void;
  close(): Promise<void>;
}

class OrtSession implements RuntimeSession {
  readonly #session: ort.InferenceSession;

  constructor(session: ort.InferenceSession) {
    this.#session = session;
  }

  get inputs(): readonly TensorShape[] {
    return shapesOf(this.#session.inputMetadata);
  }

  get outputs(): readonly TensorShape[] {
    return shapesOf(this.#session.outputMetadata);
  }

  async run(feeds: Readonly<Record<string, RuntimeTensor>>, into: Readonly<Record<string, RuntimeTensor | undefined>>): Promise<RuntimeRun> {
    const inputs = Object.fromEntries(Object.entries(feeds).map(([name, tensor]) => [name, ortTensor(tensor)]));
    const fetches = Object.fromEntries(Object.entries(into).map(([name, tensor]) => [name, tensor === undefined ? null : ortTensor(tensor)]));
    const startedMs = performance.now();
    const results = await this.#session.run(inputs, fetches);
    const durationMs = performance.now() - startedMs;
    const outputs: Record<string, Float32Array> = {};
    for (const name of Object.keys(into)) {
      const result = results[name]!;
      outputs[name] = into[name] === undefined ? Float32Array.from(result.data as Float32Array) : into[name].data as Float32Array;
      if (into[name] === undefined) result.dispose();
    }
    return { outputs, durationMs };
  }

  endProfiling(): void {
    this.#session.endProfiling();
  }

  async close(): Promise<void> {
    await this.#session.release();
  }
}

/** Loads `model`, an ONNX file's bytes. Rejects with ONNX Runtime's own error where it or the provider cannot take it. */
export async function openRuntimeSession(model: Uint8Array, options: RuntimeOptions): Promise<RuntimeSession> {
  // ORT's own log would repeat on stderr, unstructured, what its errors say.
  ort.env.logLevel = 'fatal';
  const { intraOp, spinning } = options.threads;
  return new OrtSession(await ort.InferenceSession.create(model, {
    executionProviders: [options.provider],
    logSeverityLevel: 4,
    ...(intraOp > 0 ? { intraOpNumThreads: intraOp } : {}),
    enableMemPattern: options.plansMemory ?? true,
    ...(options.profilePrefix === undefined ? {} : { enableProfiling: true, profileFilePrefix: options.profilePrefix }),
    extra: { session: { intra_op: { allow_spinning: spinning ? '1' : '0' } } },
  }));
}

function ortTensor({ data, shape }: RuntimeTensor): ort.Tensor {
  return data instanceof Float32Array ? new ort.Tensor('float32', data, shape)
    : data instanceof Uint8Array ? new ort.Tensor('uint8', data, shape) : new ort.Tensor('int64', data, shape);
}

function shapesOf(metadata: readonly ort.InferenceSession.ValueMetadata[]): TensorShape[] {
  return metadata.map((value) => value.isTensor
    ? { name: value.name, type: value.type, shape: value.shape }
    : { name: value.name, type: 'not a tensor', shape: [] });
}
