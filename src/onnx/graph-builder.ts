// Puts a graph together node by node: names its values, and keeps one initialiser for equal constants.
import type { ElementType, OnnxAttribute, OnnxGraph, OnnxNode, OnnxTensor, OnnxValue } from './onnx-graph.ts';

/** Inputs of a node: names of values, '' for one left out. */
export type Names = readonly string[];

export class GraphBuilder {
  readonly #nodes: OnnxNode[] = [];
  readonly #initialisers = new Map<string, OnnxTensor>();
  readonly #constants = new Map<string, string>();
  readonly #inputs: OnnxValue[] = [];
  readonly #outputs: OnnxValue[] = [];
  #prefix = '';
  #count = 0;

  /** Begins the names of values that follow with `prefix`, so that a profile says where its nodes belong. */
  within(prefix: string): void {
    this.#prefix = prefix;
  }

  input(name: string, type: ElementType, shape: readonly (number | string)[]): string {
    this.#inputs.push({ name, type, shape });
    return name;
  }

  /** Makes `value` an output called `name`. */
  output(name: string, value: string, type: ElementType, shape: readonly (number | string)[]): void {
    if (name !== value) this.#nodes.push({ type: 'Identity', domain: '', name: `out/${name}`, inputs: [value], outputs: [name], attributes: {} });
    this.#outputs.push({ name, type, shape });
  }

  /** Adds a node with one output, and gives that output's name. */
  add(type: string, inputs: Names, attributes: Readonly<Record<string, OnnxAttribute>> = {}, output = this.#fresh(type)): string {
    this.#nodes.push({ type, domain: '', name: output, inputs, outputs: [output], attributes });
    return output;
  }

  /** Adds a node as it is. */
  copy(node: OnnxNode): void {
    this.#nodes.push(node);
  }

  initialiser(name: string, tensor: OnnxTensor): string {
    this.#initialisers.set(name, tensor);
    return name;
  }

  /** A list of int64, for axes, shapes and positions. */
  integers(values: readonly number[]): string {
    return this.#constant(`i${values.join(',')}`, () => ({ shape: [values.length], data: BigInt64Array.from(values, BigInt) }));
  }

  /** A float32 scalar. */
  scalar(value: number): string {
    return this.#constant(`f${value}`, () => ({ shape: [], data: Float32Array.of(value) }));
  }

  /** One value all over a shape, float32. */
  filled(shape: readonly number[], value: number): string {
    return this.#constant(`${value}x${shape.join(',')}`, () => ({ shape, data: new Float32Array(shape.reduce((product, size) => product * size, 1)).fill(value) }));
  }

  /** A small float32 tensor that several nodes may ask for. */
  constant({ shape, data }: OnnxTensor & { readonly data: Float32Array }): string {
    return this.#constant(`${shape.join(',')}:${data.join()}`, () => ({ shape, data }), `m${this.#constants.size}`);
  }

  build(name: string, opset: number): OnnxGraph {
    return { name, opset, nodes: this.#nodes, initialisers: this.#initialisers, inputs: this.#inputs, outputs: this.#outputs };
  }

  #constant(key: string, make: () => OnnxTensor, label = key): string {
    const known = this.#constants.get(key);
    if (known !== undefined) return known;
    const name = `constant/${label}`;
    this.#constants.set(key, name);
    return this.initialiser(name, make());
  }

  #fresh(type: string): string {
    return `${this.#prefix}${type}_${this.#count++}`;
  }
}
