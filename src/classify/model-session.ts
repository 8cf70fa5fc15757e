// The ModelSession port: one loaded graph with one input and one output. Two adapters: ONNX Runtime in this thread
// (onnx-session.ts), and the same behind threads of their own (threaded-session.ts).
import type { Milliseconds } from '../base/units.ts';
import type { TensorShape } from '../onnx/runtime.ts';
import type { Provider } from './options.ts';

export type { TensorShape };

export interface SessionRun {
  /** The output, float32, row-major; the caller's. */
  readonly values: Float32Array;
  /** Duration of the model run alone. */
  readonly durationMs: Milliseconds;
}

/** One run is done after the other, in the order given, or several side by side. */
export interface ModelSession {
  /** Runs done side by side, count; one more waits for the first to end. */
  readonly concurrency: number;
  readonly inputs: readonly TensorShape[];
  readonly outputs: readonly TensorShape[];
  /** Runs uint8 `data` of `shape`; `data` is the caller's again when the promise settles. Throws MODEL_RUN_FAILED. */
  run(data: Uint8Array, shape: readonly number[]): Promise<SessionRun>;
  close(): Promise<void>;
}

export interface SessionOptions {
  /** Best first; undefined for what is installed: `cuda` where set-up fetched its library, then `cpu`. */
  readonly providers: readonly Provider[] | undefined;
  /** The only provider to accept. */
  readonly require: Provider | undefined;
  /** `intraOp` 0: one per core. */
  readonly threads: { readonly intraOp: number; readonly spinning: boolean };
}

export interface OpenedSession {
  readonly session: ModelSession;
  readonly provider: Provider;
  /** Providers asked for before it that cannot run the model, each with why. */
  readonly unavailable: readonly { readonly provider: string; readonly reason: string }[];
}
