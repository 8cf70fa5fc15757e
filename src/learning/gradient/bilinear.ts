// Convolution along one axis with fewer multiplications: kernel and input go to positions where they are multiplied value by value,
// and the products come back as outputs. The way is linear on both sides, so all three are matrices.
//
//   outputs = from · ((kernelTo · kernel) ⊙ (to · input))
//
// With stride 1 this is Winograd's algorithm (Winograd, 1980; Lavin and Gray, 2016): tiles of 4 outputs and 3 taps take 6
// products where 12 are usual, so 36 and not 144 in two dimensions. A stride of s is s such convolutions over every s-th input, each
// with the taps that fall there: 3 taps at stride 2 take 5 + 4 products for 4 outputs, not 12.

export interface Matrix {
  readonly rows: number;
  readonly columns: number;
  /** Row-major. */
  readonly values: Float64Array;
}

/** A convolution along one axis. */
export interface Axis {
  readonly size: number;
  readonly outputs: number;
  readonly kernel: number;
  readonly stride: number;
  /** Zeros before the first input. */
  readonly pad: number;
}

export interface Bilinear {
  /** Products of a tile. */
  readonly positions: number;
  readonly tiles: number;
  /** (positions·tiles, size): row p·tiles + t is position p of tile t. Padding is in the matrix. */
  readonly to: Matrix;
  /** (outputs, positions·tiles). */
  readonly from: Matrix;
  /** (positions, kernel). */
  readonly kernelTo: Matrix;
}

/**
 * Outputs that a tile may have where a kernel has several taps. Larger tiles need fewer products and round worse: relative error of a
 * 3x3 convolution over 64 channels in float32 with tiles of 4, 5, 6 and 7: 1.3e-6, 2.1e-6, 3.0e-6, 1.2e-5; done directly 2.5e-7.
 * 7 is too much: over a whole ResNet-18 it changed the sign of values before a Relu, and with it the gradient by 2e-3; 6 leaves 2e-6.
 */
const TILES = [4, 5, 6];
/** Where the polynomials of Cook and Toom are evaluated, besides infinity: of many thousand sets tried, none rounds less. */
const POINTS = [0, 1, -1, 2, -2, 1 / 2, -1 / 2];

export function bilinear(axis: Axis): Bilinear {
  const phasesAlone = phasesOf(axis);
  const tile = bestTile(axis, phasesAlone.map(({ taps }) => taps.length));
  const tiles = Math.ceil(axis.outputs / tile);
  const phases = phasesAlone.map((phase) => ({ ...phase, algorithm: cookToom(tile, phase.taps.length) }));
  const positions = phases.reduce((sum, { algorithm }) => sum + algorithm.positions, 0);
  const to = matrix(positions * tiles, axis.size), from = matrix(axis.outputs, positions * tiles), kernelTo = matrix(positions, axis.kernel);
  let first = 0;
  for (const { taps, start, algorithm } of phases) {
    for (let p = 0; p < algorithm.positions; p++) {
      taps.forEach((tap, index) => { kernelTo.values[(first + p) * axis.kernel + tap] = algorithm.kernel[p]![index]!; });
      for (let t = 0; t < tiles; t++) {
        const row = (first + p) * tiles + t;
        algorithm.input[p]!.forEach((value, index) => {
          const place = start + axis.stride * (t * tile + index);
          if (place >= 0 && place < axis.size) to.values[row * axis.size + place] = value;
        });
        algorithm.output.forEach((values, index) => {
          const output = t * tile + index;
          if (output < axis.outputs) from.values[output * from.columns + row] = values[p]!;
        });
      }
    }
    first += algorithm.positions;
  }
  return { positions, tiles, to, from, kernelTo };
}

export function transposed({ rows, columns, values }: Matrix): Matrix {
  const result = matrix(columns, rows);
  values.forEach((value, index) => { result.values[(index % columns) * rows + Math.floor(index / columns)] = value; });
  return result;
}

/** The matrix that applies `first` to the outer and `second` to the inner of two axes. */
export function kronecker(first: Matrix, second: Matrix): Matrix {
  const result = matrix(first.rows * second.rows, first.columns * second.columns);
  for (let row = 0; row < result.rows; row++) {
    for (let column = 0; column < result.columns; column++) {
      result.values[row * result.columns + column] = first.values[Math.floor(row / second.rows) * first.columns + Math.floor(column / second.columns)]!
        * second.values[(row % second.rows) * second.columns + (column % second.columns)]!;
    }
  }
  return result;
}

/** The size of tile that needs the fewest products, the smallest of those that need as few. */
function bestTile({ kernel, outputs }: Axis, taps: readonly number[]): number {
  if (kernel === 1) return 1;
  const products = (tile: number): number => Math.ceil(outputs / tile) * taps.reduce((sum, count) => sum + tile + count - 1, 0);
  return TILES.map((tile) => Math.min(tile, outputs)).reduce((best, tile) => (products(tile) < products(best) ? tile : best));
}

/** The taps that read every stride-th input from `start` on, for each such row of inputs that is read at all. */
function phasesOf({ kernel, stride, pad }: Axis): { taps: number[]; start: number }[] {
  return Array.from({ length: Math.min(stride, kernel) }, (_, phase) => {
    const taps = Array.from({ length: Math.ceil((kernel - phase) / stride) }, (__, index) => phase + index * stride);
    return { taps, start: phase - pad };
  });
}

/** The algorithm of Cook and Toom for `outputs` outputs of `taps` taps: rows by position for input and kernel, by output for output. */
function cookToom(outputs: number, taps: number): { positions: number; input: number[][]; kernel: number[][]; output: number[][] } {
  const positions = outputs + taps - 1;
  if (taps === 1) {
    const one = Array.from({ length: positions }, (_, row) => Array.from({ length: positions }, (__, column) => (row === column ? 1 : 0)));
    return { positions, input: one, kernel: one.map(() => [1]), output: one };
  }
  const points = POINTS.slice(0, positions - 1);
  const isLast = (position: number): boolean => position === positions - 1;
  const scale = points.map((point) => points.filter((other) => other !== point).reduce((product, other) => product * (point - other), 1));
  return {
    positions,
    output: Array.from({ length: outputs }, (_, power) => [...points.map((point) => point ** power), power === outputs - 1 ? 1 : 0]),
    kernel: Array.from({ length: positions }, (_, p) => Array.from({ length: taps }, (__, power) => (isLast(p) ? Number(power === taps - 1) : points[p]! ** power / scale[p]!))),
    input: Array.from({ length: positions }, (_, p) => padded(polynomial(isLast(p) ? points : points.filter((__, index) => index !== p)), positions)),
  };
}

/** Coefficients of Π (x - root), the constant first. */
function polynomial(roots: readonly number[]): number[] {
  return roots.reduce<number[]>((product, root) => [0, ...product].map((value, power) => value - root * (product[power] ?? 0)), [1]);
}

function padded(values: readonly number[], length: number): number[] {
  return Array.from({ length }, (_, index) => values[index] ?? 0);
}

function matrix(rows: number, columns: number): Matrix {
  return { rows, columns, values: new Float64Array(rows * columns) };
}
