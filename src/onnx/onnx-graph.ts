// An ONNX model as plain values: what read-graph.ts reads, write-graph.ts writes, and graph-builder.ts puts together.
// Source: onnx.proto3 of ONNX 1.15 (IR version 8).

/** The arrays a tensor's values come in; the class says the element type: float32, float16, double, uint8, int32, int64. */
export type TensorData = Float32Array | Float16Array | Float64Array | Uint8Array | Int32Array | BigInt64Array;

/** Values row-major; a scalar has shape []. */
export interface OnnxTensor {
  readonly shape: readonly number[];
  readonly data: TensorData;
}

export type OnnxAttribute =
  | { readonly kind: 'int'; readonly value: number }
  | { readonly kind: 'float'; readonly value: number }
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'ints'; readonly value: readonly number[] }
  | { readonly kind: 'floats'; readonly value: readonly number[] }
  | { readonly kind: 'tensor'; readonly value: OnnxTensor }
  /** A graph, a sparse tensor or a list of strings: known to be there, its content is not read and cannot be written. */
  | { readonly kind: 'other' };

export interface OnnxNode {
  /** The operator: `Conv`. */
  readonly type: string;
  /** '' for ONNX's own operators. */
  readonly domain: string;
  /** May be empty. */
  readonly name: string;
  /** Names of values; '' where an optional input is left out. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Readonly<Record<string, OnnxAttribute>>;
}

/** ONNX's numbers of the element types used here. */
export const ELEMENT = { float32: 1, uint8: 2, int32: 6, int64: 7, bool: 9, float16: 10, double: 11 } as const;
export type ElementType = keyof typeof ELEMENT;

/** An input or output of the graph; a symbolic dimension is its name, `?` where it has none. */
export interface OnnxValue {
  readonly name: string;
  readonly type: ElementType;
  readonly shape: readonly (number | string)[];
}

export interface OnnxGraph {
  readonly name: string;
  /** Version of ONNX's own operator set. */
  readonly opset: number;
  /** In an order in which they can be computed. */
  readonly nodes: readonly OnnxNode[];
  readonly initialisers: ReadonlyMap<string, OnnxTensor>;
  /** Without those that an initialiser gives. */
  readonly inputs: readonly OnnxValue[];
  readonly outputs: readonly OnnxValue[];
}

export function int(value: number): OnnxAttribute {
  return { kind: 'int', value };
}

export function float(value: number): OnnxAttribute {
  return { kind: 'float', value };
}

export function ints(value: readonly number[]): OnnxAttribute {
  return { kind: 'ints', value };
}

/** A node's integer attribute, or `otherwise` where it is absent. */
export function intOf(node: OnnxNode, name: string, otherwise: number): number {
  const attribute = node.attributes[name];
  return attribute?.kind === 'int' ? attribute.value : otherwise;
}

export function intsOf(node: OnnxNode, name: string, otherwise: readonly number[]): readonly number[] {
  const attribute = node.attributes[name];
  return attribute?.kind === 'ints' ? attribute.value : otherwise;
}

export function floatOf(node: OnnxNode, name: string, otherwise: number): number {
  const attribute = node.attributes[name];
  return attribute?.kind === 'float' ? attribute.value : otherwise;
}

export function elementCount(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}
