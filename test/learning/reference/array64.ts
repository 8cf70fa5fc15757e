// Plain float64 arrays with a shape, for the reference that gradients are held against.
export interface Array64 {
  readonly shape: readonly number[];
  readonly data: Float64Array;
}

export function array64(shape: readonly number[], data?: ArrayLike<number>): Array64 {
  const count = shape.reduce((product, size) => product * size, 1);
  return { shape, data: data === undefined ? new Float64Array(count) : Float64Array.from(data) };
}
