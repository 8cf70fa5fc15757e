// Walks a backbone's graph from its input, block by block, and gives weights and nodes the names of stages.ts.
import { SortlineError } from '../../base/errors.ts';
import type { OnnxGraph, OnnxNode, OnnxTensor } from '../../onnx/onnx-graph.ts';
import { operatorOf } from '../gradient/operators.ts';
import { unknownOperator } from '../gradient/unknown-operator.ts';

/** One residual block, from the value it reads to the value it gives. */
export interface Block {
  readonly convolutions: readonly OnnxNode[];
  readonly downsample: OnnxNode | undefined;
  readonly output: string;
}

/** What may come after the last block: pooling, bringing into rows, and a classifier. */
const TAIL = ['GlobalAveragePool', 'AveragePool', 'ReduceMean', 'Flatten', 'Reshape', 'Squeeze', 'Shape', 'Gather', 'Unsqueeze', 'Concat', 'Gemm', 'MatMul', 'Add', 'Softmax', 'LogSoftmax'];

export class BackboneNodes {
  readonly input: string;
  readonly weights = new Map<string, OnnxTensor>();
  readonly #graph: OnnxGraph;
  readonly #what: string;
  readonly #readers = new Map<string, OnnxNode[]>();
  readonly #taken = new Set<OnnxNode>();
  readonly #names = new Map<OnnxNode, string>();

  constructor(graph: OnnxGraph, what: string) {
    this.#graph = graph;
    this.#what = what;
    for (const node of graph.nodes) {
      for (const input of new Set(node.inputs)) this.#readers.set(input, [...(this.#readers.get(input) ?? []), node]);
    }
    const [input] = graph.inputs;
    if (graph.inputs.length !== 1 || input?.type !== 'float32' || input.shape.length !== 4) {
      throw this.#mismatch(`it takes ${graph.inputs.map((value) => `${value.name} (${value.shape.join(', ')}) ${value.type}`).join(' and ') || 'nothing'}`, 'one picture input (N, 3, height, width) float32');
    }
    this.input = input.name;
  }

  /** The nodes of these types that follow each other from `value`. */
  take(value: string, types: readonly string[]): OnnxNode[] {
    const nodes: OnnxNode[] = [];
    for (const type of types) {
      const readers = this.#readers.get(nodes.at(-1)?.outputs[0] ?? value) ?? [];
      const [node] = readers;
      if (node === undefined || readers.length !== 1) throw this.#mismatch(`${readers.length} nodes read ${nodes.at(-1)?.outputs[0] ?? value}`, `one ${type}`);
      operatorOf(node);
      if (node.type !== type) throw this.#mismatch(`node ${node.name || node.outputs[0]} is ${node.type}`, type);
      this.#taken.add(node);
      nodes.push(node);
    }
    return nodes;
  }

  /** The block that reads `value`; undefined where it is read by no block. */
  blockAfter(value: string): Block | undefined {
    const readers = this.#readers.get(value) ?? [];
    if (readers.length !== 2) return undefined;
    const paths = readers.map((reader) => this.#pathToAdd(value, reader));
    const [main, skip] = paths[0]!.length >= paths[1]!.length ? paths as [OnnxNode[], OnnxNode[]] : paths.toReversed() as [OnnxNode[], OnnxNode[]];
    const add = main.at(-1)!;
    const middle = main.slice(0, -1).map((node) => node.type).join(' ');
    if (add !== skip.at(-1) || !['Conv Relu Conv', 'Conv Relu Conv Relu Conv'].includes(middle) || !['', 'Conv'].includes(skip.slice(0, -1).map((node) => node.type).join(' '))) {
      throw this.#mismatch(`after ${value} comes ${middle || 'nothing'} beside ${skip.map((node) => node.type).join(' ')}`, 'two or three convolutions beside a skip path');
    }
    const [relu] = this.take(add.outputs[0]!, ['Relu']);
    [...main, ...skip].forEach((node) => this.#taken.add(node));
    return { convolutions: main.filter((node) => node.type === 'Conv'), downsample: skip.length === 2 ? skip[0] : undefined, output: relu!.outputs[0]! };
  }

  /** Nodes from a reader of `value` to the Add where the paths meet, that one included. */
  #pathToAdd(value: string, reader: OnnxNode): OnnxNode[] {
    const path = [reader];
    for (let node = reader; node.type !== 'Add'; path.push(node)) {
      operatorOf(node);
      const readers = this.#readers.get(node.outputs[0]!) ?? [];
      if (readers.length !== 1) throw this.#mismatch(`the path from ${value} over ${node.name || node.outputs[0]} is read by ${readers.length} nodes`, 'one that leads to an Add');
      node = readers[0]!;
    }
    return path;
  }

  /** Calls a convolution `name`, and its weights `name.weight` and `name.bias` (of zeros where it has none). */
  name(node: OnnxNode, name: string): void {
    const [weight, bias] = node.inputs.slice(1).map((input) => this.#graph.initialisers.get(input));
    if (weight === undefined || !(weight.data instanceof Float32Array)) throw this.#mismatch(`the weights of ${node.name || node.outputs[0]} are not in the file as float32`, 'them there');
    this.#names.set(node, name);
    this.weights.set(`${name}.weight`, weight);
    this.weights.set(`${name}.bias`, bias ?? { shape: [weight.shape[0]!], data: new Float32Array(weight.shape[0]!) });
  }

  /** All nodes taken, in the file's order, under their new names. */
  get named(): OnnxNode[] {
    return this.#graph.nodes.filter((node) => this.#taken.has(node)).map((node) => {
      const name = this.#names.get(node);
      return name === undefined ? node : { ...node, name, inputs: [node.inputs[0]!, `${name}.weight`, `${name}.bias`] };
    });
  }

  /** Throws where something else than pooling and a classifier follows `last`. */
  checkTail(last: string): void {
    const readers = this.#readers.get(last) ?? [];
    const unknown = this.#graph.nodes.find((node) => !this.#taken.has(node) && (node.domain !== '' || !TAIL.includes(node.type)));
    if (unknown !== undefined) throw unknownOperator(unknown, TAIL);
    if (readers.length === 0 && this.#graph.outputs.every((value) => value.name !== last)) throw this.#mismatch(`nothing reads ${last}`, 'pooling after the last block');
  }

  #mismatch(found: string, expected: string): SortlineError {
    return new SortlineError('MODEL_MISMATCH', `${this.#what} is no residual network: ${found}, and expected was ${expected}; give an export of ResNet-18, ResNet-34 or ResNet-50`, { context: { what: this.#what } });
  }
}
