// The inference thread: holds the ONNX Runtime session, so that the vision process can look at frames while a batch runs.
// The other end is inference-thread.ts; the messages between them are declared here.
import type { MessagePort } from 'node:worker_threads';
import { parentPort, workerData } from 'node:worker_threads';
import type { SortlineErrorCode } from '../base/errors.ts';
import { isSortlineError, reasonOf } from '../base/errors.ts';
import { keepOnCore } from '../base/thread-core.ts';
import { NativeGate } from '../onnx/native-gate.ts';
import type { OpenedSession, SessionOptions, TensorShape } from './model-session.ts';
import { openOnnxSession } from './onnx-session.ts';

/** What the thread is started with. */
export interface WorkerData {
  /** Memory of the NativeGate. */
  readonly gate: SharedArrayBuffer;
  /** The only core to run on; undefined any. */
  readonly core: number | undefined;
}

/** The first message. */
export interface WorkerStart {
  readonly kind: 'open';
  readonly model: Uint8Array;
  readonly options: SessionOptions;
}

/** `data` lies in shared memory and stays as it is until the reply of the same `id`. */
export interface WorkerRun {
  readonly kind: 'run';
  readonly id: number;
  readonly data: Uint8Array;
  readonly shape: readonly number[];
}

export type WorkerRequest = WorkerRun | { readonly kind: 'close' };

export type WorkerReply =
  | { readonly kind: 'opened'; readonly provider: OpenedSession['provider']; readonly unavailable: OpenedSession['unavailable']; readonly inputs: readonly TensorShape[]; readonly outputs: readonly TensorShape[] }
  | { readonly kind: 'ran'; readonly id: number; readonly values: Float32Array; readonly durationMs: number }
  /** `id` 0: the session could not be opened. */
  | { readonly kind: 'failed'; readonly id: number; readonly code: SortlineErrorCode; readonly message: string; readonly context: Readonly<Record<string, unknown>> };

async function open(port: MessagePort, { gate, core }: { gate: NativeGate; core: number | undefined }, { model, options }: WorkerStart): Promise<void> {
  const reply = (message: WorkerReply): void => port.postMessage(message);
  try {
    if (core !== undefined) await keepOnCore(core);
    const { session, provider, unavailable } = await gate.pass(() => openOnnxSession(model, options));
    free(model);
    const run = ({ id, data, shape }: WorkerRun): Promise<void> =>
      gate.pass(() => session.run(data, shape)).then((ran) => reply({ kind: 'ran', id, ...ran }), (error: unknown) => reply(failure(id, error)));
    // One after the other, so that a run's duration is its own.
    let last: Promise<void> = Promise.resolve();
    port.on('message', (request: WorkerRequest) => {
      last = request.kind === 'run' ? last.then(() => run(request)) : last.then(() => gate.pass(() => session.close())).finally(() => port.close());
    });
    reply({ kind: 'opened', provider, unavailable, inputs: session.inputs, outputs: session.outputs });
  } catch (error) {
    reply(failure(0, error));
    port.close();
  }
}

/** ONNX Runtime has its own copy by now, and this thread may not collect garbage for hours. */
function free(model: Uint8Array): void {
  if (model.buffer instanceof ArrayBuffer) model.buffer.transfer(0);
}

function failure(id: number, error: unknown): WorkerReply {
  return isSortlineError(error)
    ? { kind: 'failed', id, code: error.code, message: error.message, context: JSON.parse(JSON.stringify(error.context)) as Record<string, unknown> }
    : { kind: 'failed', id, code: 'INTERNAL', message: `the inference thread failed: ${reasonOf(error)}`, context: {} };
}

if (parentPort !== null) {
  const port = parentPort;
  const { gate: memory, core } = workerData as WorkerData;
  const gate = new NativeGate(memory);
  // ONNX Runtime is loaded by now.
  gate.leave();
  // By message and not as worker data, which would keep the model's bytes for the thread's life.
  port.once('message', (start: WorkerStart) => void open(port, { gate, core }, start));
}
