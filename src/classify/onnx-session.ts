// Opens a session for classifying on the first configured provider that really works, and keeps why the others did not.
//
// The thread that calls `run` is blocked for the whole inference (onnx/runtime.ts). Whoever must stay responsive uses
// threaded-session.ts.
import { reasonOf, SortlineError } from '../base/errors.ts';
import type { RuntimeSession, TensorShape } from '../onnx/runtime.ts';
import { openRuntimeSession } from '../onnx/runtime.ts';
import type { ModelSession, OpenedSession, SessionOptions, SessionRun } from './model-session.ts';
import type { Provider } from './options.ts';
import { providerCandidates } from './provider-candidates.ts';
import { doubtOf, ProfileFolder } from './provider-proof.ts';

class OnnxSession implements ModelSession {
  readonly concurrency = 1;
  readonly #session: RuntimeSession;

  constructor(session: RuntimeSession) {
    this.#session = session;
  }

  get inputs(): readonly TensorShape[] {
    return this.#session.inputs;
  }

  get outputs(): readonly TensorShape[] {
    return this.#session.outputs;
  }

  async run(data: Uint8Array, shape: readonly number[]): Promise<SessionRun> {
    const output = this.outputs[0]!.name;
    try {
      const { outputs, durationMs } = await this.#session.run({ [this.inputs[0]!.name]: { data, shape } }, { [output]: undefined });
      return { values: outputs[output]!, durationMs };
    } catch (cause) {
      throw new SortlineError('MODEL_RUN_FAILED', `the model failed on a batch of shape (${shape.join(', ')}): ${firstLine(reasonOf(cause))}`, { context: { shape }, cause });
    }
  }

  async close(): Promise<void> {
    await this.#session.close();
  }
}

/**
 * Opens `model` on the first of the providers that works. Throws MODEL_PROVIDER_UNAVAILABLE when none does, or not the
 * required one, and MODEL_UNREADABLE when the CPU itself refuses the graph.
 */
export async function openOnnxSession(model: Uint8Array, options: SessionOptions): Promise<OpenedSession> {
  const candidates = providerCandidates(options);
  const unavailable: { provider: string; reason: string }[] = [];
  for (const provider of candidates) {
    try {
      // A plan for every size of batch, made at its second run, each in a block of its own: memory grew for hours, and nothing was faster.
      const session = provider === 'cpu' ? await openRuntimeSession(model, { provider, threads: options.threads, plansMemory: false }) : await openProven(model, provider, options);
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
async function openProven(model: Uint8Array, provider: Provider, options: SessionOptions): Promise<RuntimeSession> {
  const profile = new ProfileFolder();
  try {
    const session = await openRuntimeSession(model, { provider, threads: options.threads, profilePrefix: profile.prefix });
    try {
      const input = session.inputs[0];
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
      await session.close();
      throw error;
    }
  } finally {
    profile.remove();
  }
}

function unavailableError(required: Provider | undefined, candidates: readonly Provider[], unavailable: OpenedSession['unavailable']): SortlineError {
  const reasons = unavailable.map(({ provider, reason }) => `${provider}: ${reason}`).join('; ');
  const message = required === undefined
    ? `none of the providers ${candidates.join(', ')} can run the model (${reasons}): add cpu to classifier.providers`
    : `classifier.require asks for ${required}, which cannot run the model (${reasons}): install what it needs, or remove classifier.require`;
  return new SortlineError('MODEL_PROVIDER_UNAVAILABLE', message, { context: { require: required, providers: candidates, unavailable } });
}

function firstLine(text: string): string {
  return text.trim().split('\n')[0]!;
}
