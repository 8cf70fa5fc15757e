// How far a gradient is from the reference.

/** |a - b| / |b| over all values, Euclidean. */
export function relativeError(values: ArrayLike<number>, reference: ArrayLike<number>): number {
  if (values.length !== reference.length) throw new RangeError(`${values.length} values against ${reference.length}`);
  let difference = 0, size = 0;
  for (let index = 0; index < reference.length; index++) {
    difference += (values[index]! - reference[index]!) ** 2;
    size += reference[index]! ** 2;
  }
  return size === 0 ? Math.sqrt(difference) : Math.sqrt(difference / size);
}
