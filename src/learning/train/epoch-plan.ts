// Which samples make up which step: every sample once an epoch, in an order that follows from seed and epoch alone.
import type { Random } from '../../base/random.ts';
import { createRandom, shuffled } from '../../base/random.ts';

const STREAM = { order: 0x0de7, step: 0x57e9 };

/** Steps in an epoch: what does not fill a last batch waits for another epoch, unless it is all there is. */
export function stepsInEpoch(samples: number, batchSize: number): number {
  return Math.max(1, Math.floor(samples / batchSize));
}

/** The numbers 0 … samples-1 in the order of `epoch`, cut into batches. */
export function epochBatches(samples: number, { seed, epoch, batchSize }: { readonly seed: number; readonly epoch: number; readonly batchSize: number }): number[][] {
  const order = shuffled(Array(samples).keys(), createRandom(seed).fork(STREAM.order).fork(epoch));
  return Array.from({ length: stepsInEpoch(samples, batchSize) }, (_, batch) => order.slice(batch * batchSize, (batch + 1) * batchSize));
}

/** The random source of step `step`: for dropout and mixup. */
export function stepRandom(seed: number, step: number): Random {
  return createRandom(seed).fork(STREAM.step).fork(step);
}
