// The inference thread: holds the ONNX Runtime session, so that the vision process can look at frames while a batch runs.
// The other end is threaded-session.ts; the messages between them are declared here.
import type { MessagePort } from 'node:worker_threads';
import { parentPort } from 'node:worker_threads';
import type { SortlineErrorCode } from '../base/errors.ts';
import { isSortlineError, reasonOf } from '../base/errors.ts';
import type { OpenedSession, SessionOptions, TensorShape } from './model-session.ts';
import { openOnnxSession } from './onnx-session.ts';

/** The first message. */
export interface WorkerStart {
  readonly kind: 'open';
  readonly model: Uint8Array;
  readonly options: SessionOptions;
  /** Where the input of every run lies; runs read a prefix of it. */
  readonly input: SharedArrayBuffer;
}

export type WorkerRequest = { readonly kind: 'run'; readonly shape: readonly number[] } | { readonly kind: 'close' };

export type WorkerReply =
  | { readonly kind: 'opened'; readonly provider: OpenedSession['provider']; readonly unavailable: OpenedSession['unavailable']; readonly inputs: readonly TensorShape[]; readonly outputs: readonly TensorShape[] }
  | { readonly kind: 'ran'; readonly values: Float32Array; readonly durationMs: number }
  | { readonly kind: 'failed'; readonly code: SortlineErrorCode; readonly message: string; readonly context: Readonly<Record<string, unknown>> };

async function open(port: MessagePort, { model, options, input }: WorkerStart): Promise<void> {
  const reply = (message: WorkerReply): void => port.postMessage(message);
  try {
    const { session, provider, unavailable } = await openOnnxSession(model, options);
    const bytes = new Uint8Array(input);
    port.on('message', (request: WorkerRequest) => {
      if (request.kind === 'close') return void session.close().finally(() => port.close());
      const length = request.shape.reduce((product, size) => product * size, 1);
      session.run(bytes.subarray(0, length), request.shape).then((run) => reply({ kind: 'ran', ...run }), (error: unknown) => reply(failure(error)));
    });
    reply({ kind: 'opened', provider, unavailable, inputs: session.inputs, outputs: session.outputs });
  } catch (error) {
    reply(failure(error));
    port.close();
  }
}

function failure(error: unknown): WorkerReply {
  return isSortlineError(error)
    ? { kind: 'failed', code: error.code, message: error.message, context: JSON.parse(JSON.stringify(error.context)) as Record<string, unknown> }
    : { kind: 'failed', code: 'INTERNAL', message: `the inference thread failed: ${reasonOf(error)}`, context: {} };
}

// By message and not as worker data, which would keep the model's bytes for the thread's life.
parentPort?.once('message', (start: WorkerStart) => void open(parentPort!, start));
