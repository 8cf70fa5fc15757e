// The forward operators and their gradients once more, as one would write them down on paper: float64, nested loops, no tricks. Nothing
// of src is used but the node type, so that a mistake there cannot hide here.
import type { OnnxNode } from '../../../src/onnx/onnx-graph.ts';
import type { Array64 } from './array64.ts';
import { array64 } from './array64.ts';

export interface Operator64 {
  forward(node: OnnxNode, inputs: readonly Array64[]): Array64;
  /** Adds d loss / d input to `gradients`, one per input. */
  backward(node: OnnxNode, inputs: readonly Array64[], output: Array64, gradient: Array64, gradients: readonly Array64[]): void;
}

function list(node: OnnxNode, name: string, otherwise: number[]): readonly number[] {
  const attribute = node.attributes[name];
  return attribute?.kind === 'ints' ? attribute.value : otherwise;
}

/** Places in input, weight and output where a row of products that share one weight begins, how many there are, and the input's stride. */
type Visit = (from: number, kernel: number, to: number, count: number, stride: number) => void;

function eachRun(node: OnnxNode, [n, c, h, w]: readonly number[], [k, , kh, kw]: readonly number[], [, , oh, ow]: readonly number[], visit: Visit): void {
  const [sh, sw] = list(node, 'strides', [1, 1]) as [number, number], [top, left] = list(node, 'pads', [0, 0, 0, 0]) as [number, number];
  for (let b = 0; b < n!; b++) for (let o = 0; o < k!; o++) for (let i = 0; i < c!; i++) for (let ky = 0; ky < kh!; ky++) for (let y = 0; y < oh!; y++) {
    const row = y * sh - top + ky;
    if (row < 0 || row >= h!) continue;
    for (let kx = 0; kx < kw!; kx++) {
      const first = Math.max(0, Math.ceil((left - kx) / sw)), end = Math.min(ow!, Math.floor((w! - 1 + left - kx) / sw) + 1);
      if (end <= first) continue;
      visit(((b * c! + i) * h! + row) * w! + first * sw - left + kx, ((o * c! + i) * kh! + ky) * kw! + kx, ((b * k! + o) * oh! + y) * ow! + first, end - first, sw);
    }
  }
}

/** Rows and columns of a convolution's or pooling's result. */
function outputSize(node: OnnxNode, input: readonly number[], kernel: readonly number[]): [number, number] {
  const strides = list(node, 'strides', [1, 1]), pads = list(node, 'pads', [0, 0, 0, 0]);
  const size = (axis: number): number => Math.floor((input[2 + axis]! + pads[axis]! + pads[axis + 2]! - kernel[axis]!) / strides[axis]!) + 1;
  return [size(0), size(1)];
}

const conv: Operator64 = {
  forward: (node, [x, w, bias]) => {
    const shape = [x!.shape[0]!, w!.shape[0]!, ...outputSize(node, x!.shape, w!.shape.slice(2))];
    const y = array64(shape), [input, weights, result] = [x!.data, w!.data, y.data];
    eachRun(node, x!.shape, w!.shape, shape, (from, kernel, to, count, stride) => {
      for (let index = 0; index < count; index++) result[to + index]! += input[from + index * stride]! * weights[kernel]!;
    });
    const pixels = shape[2]! * shape[3]!;
    if (bias !== undefined) y.data.forEach((_, index) => { y.data[index]! += bias.data[Math.floor(index / pixels) % shape[1]!]!; });
    return y;
  },
  backward: (node, [x, w, bias], output, gradient, [dx, dw, dBias]) => {
    const [input, weights, dy, dInput] = [x!.data, w!.data, gradient.data, dx!.data];
    eachRun(node, x!.shape, w!.shape, output.shape, (from, kernel, to, count, stride) => {
      let sum = 0;
      for (let index = 0; index < count; index++) {
        dInput[from + index * stride]! += dy[to + index]! * weights[kernel]!;
        sum += dy[to + index]! * input[from + index * stride]!;
      }
      dw!.data[kernel]! += sum;
    });
    const pixels = output.shape[2]! * output.shape[3]!;
    if (bias !== undefined) gradient.data.forEach((value, index) => { dBias!.data[Math.floor(index / pixels) % output.shape[1]!]! += value; });
  },
};

const relu: Operator64 = {
  forward: (_node, [x]) => array64(x!.shape, x!.data.map((value) => Math.max(0, value))),
  backward: (_node, [x], _output, gradient, [dx]) => gradient.data.forEach((value, index) => { if (x!.data[index]! > 0) dx!.data[index]! += value; }),
};

const add: Operator64 = {
  forward: (_node, [a, b]) => array64(a!.shape, a!.data.map((value, index) => value + b!.data[index]!)),
  backward: (_node, _inputs, _output, gradient, [da, db]) => gradient.data.forEach((value, index) => { da!.data[index]! += value; db!.data[index]! += value; }),
};

/** For each window the place of its first largest value. */
function largest(node: OnnxNode, x: Array64): { shape: number[]; places: number[] } {
  const [n, c, h, w] = x.shape as [number, number, number, number], kernel = list(node, 'kernel_shape', []);
  const [sh, sw] = list(node, 'strides', [1, 1]) as [number, number], [top, left] = list(node, 'pads', [0, 0, 0, 0]) as [number, number];
  const [oh, ow] = outputSize(node, x.shape, kernel);
  const places: number[] = [];
  for (let plane = 0; plane < n * c; plane++) for (let y = 0; y < oh; y++) for (let z = 0; z < ow; z++) {
    let best = -1;
    for (let row = Math.max(0, y * sh - top); row < Math.min(h, y * sh - top + kernel[0]!); row++) for (let column = Math.max(0, z * sw - left); column < Math.min(w, z * sw - left + kernel[1]!); column++) {
      const at = (plane * h + row) * w + column;
      if (best < 0 || x.data[at]! > x.data[best]!) best = at;
    }
    places.push(best);
  }
  return { shape: [n, c, oh, ow], places };
}

const maxPool: Operator64 = {
  forward: (node, [x]) => {
    const { shape, places } = largest(node, x!);
    return array64(shape, places.map((place) => x!.data[place]!));
  },
  backward: (node, [x], _output, gradient, [dx]) => largest(node, x!).places.forEach((place, index) => { dx!.data[place]! += gradient.data[index]!; }),
};

const globalAveragePool: Operator64 = {
  forward: (_node, [x]) => {
    const [n, c, h, w] = x!.shape as [number, number, number, number];
    const y = array64([n, c, 1, 1]);
    x!.data.forEach((value, index) => { y.data[Math.floor(index / (h * w))]! += value / (h * w); });
    return y;
  },
  backward: (_node, [x], _output, gradient, [dx]) => {
    const pixels = x!.shape[2]! * x!.shape[3]!;
    dx!.data.forEach((_, index) => { dx!.data[index]! += gradient.data[Math.floor(index / pixels)]! / pixels; });
  },
};

const flatten: Operator64 = {
  forward: (_node, [x]) => array64([x!.shape[0]!, x!.data.length / x!.shape[0]!], x!.data),
  backward: (_node, _inputs, _output, gradient, [dx]) => gradient.data.forEach((value, index) => { dx!.data[index]! += value; }),
};

/** X (n,c), W (m,c) where transB is 1, else (c,m). */
function eachGemmProduct(node: OnnxNode, [n, c]: readonly number[], weight: readonly number[], visit: (x: number, w: number, y: number) => void): void {
  const isTransposed = node.attributes['transB']?.kind === 'int' && node.attributes['transB'].value === 1;
  const m = weight[isTransposed ? 0 : 1]!;
  for (let row = 0; row < n!; row++) for (let to = 0; to < m; to++) for (let from = 0; from < c!; from++) visit(row * c! + from, isTransposed ? to * c! + from : from * m + to, row * m + to);
}

const gemm: Operator64 = {
  forward: (node, [x, w, bias]) => {
    const materials = w!.data.length / x!.shape[1]!;
    const y = array64([x!.shape[0]!, materials]);
    eachGemmProduct(node, x!.shape, w!.shape, (from, weight, to) => { y.data[to]! += x!.data[from]! * w!.data[weight]!; });
    if (bias !== undefined) y.data.forEach((_, index) => { y.data[index]! += bias.data[index % materials]!; });
    return y;
  },
  backward: (node, [x, w, bias], _output, gradient, [dx, dw, dBias]) => {
    eachGemmProduct(node, x!.shape, w!.shape, (from, weight, to) => {
      dx!.data[from]! += gradient.data[to]! * w!.data[weight]!;
      dw!.data[weight]! += gradient.data[to]! * x!.data[from]!;
    });
    if (bias !== undefined) gradient.data.forEach((value, index) => { dBias!.data[index % bias.data.length]! += value; });
  },
};

const logSoftmax: Operator64 = {
  forward: (_node, [x]) => {
    const [n, m] = x!.shape as [number, number];
    const y = array64([n, m]);
    for (let row = 0; row < n; row++) {
      const values = x!.data.subarray(row * m, (row + 1) * m), top = Math.max(...values);
      const sum = top + Math.log(values.reduce((total, value) => total + Math.exp(value - top), 0));
      values.forEach((value, index) => { y.data[row * m + index] = value - sum; });
    }
    return y;
  },
  backward: (_node, [x], output, gradient, [dx]) => {
    const [n, m] = x!.shape as [number, number];
    for (let row = 0; row < n; row++) for (let i = 0; i < m; i++) for (let j = 0; j < m; j++) {
      dx!.data[row * m + i]! += gradient.data[row * m + j]! * ((i === j ? 1 : 0) - Math.exp(output.data[row * m + i]!));
    }
  },
};

export const operators64: Readonly<Record<string, Operator64>> = {
  Conv: conv, Relu: relu, Add: add, MaxPool: maxPool, GlobalAveragePool: globalAveragePool, Flatten: flatten, Gemm: gemm, LogSoftmax: logSoftmax,
};
