// First values of kernels that nobody trained before.
import type { Random } from '../../base/random.ts';

/** Normal values for kernels (K,C,h,w) before a Relu: He et al., 2015. */
export function heValues(shape: readonly number[], random: Random): Float32Array<ArrayBuffer> {
  const [outputs, ...rest] = shape as [number, ...number[]];
  const inputs = rest.reduce((product, size) => product * size, 1);
  const deviation = Math.sqrt(2 / inputs);
  return Float32Array.from({ length: outputs * inputs }, () => deviation * random.gaussian());
}
