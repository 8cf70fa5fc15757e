// Where a model may run, asked without loading ONNX Runtime.
import { isCudaInstalled } from '../onnx/cuda-installed.ts';
import type { SessionOptions } from './model-session.ts';
import type { Provider } from './options.ts';

/** By these options, best first. */
export function providerCandidates({ require: required, providers }: Pick<SessionOptions, 'require' | 'providers'>): readonly Provider[] {
  return required !== undefined ? [required] : providers ?? (isCudaInstalled() ? ['cuda', 'cpu'] : ['cpu']);
}
