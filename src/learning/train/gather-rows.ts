/** The rows of `rows` (any, width) with the numbers `samples`, in their order: a copy, (samples, width) float32. */
export function gatherRows(rows: Float32Array, samples: readonly number[], width: number): Float32Array {
  const gathered = new Float32Array(samples.length * width);
  for (const [row, sample] of samples.entries()) gathered.set(rows.subarray(sample * width, (sample + 1) * width), row * width);
  return gathered;
}
