// An ONNX file to plain values. Reads all that networks for training hold; what it does not read (sub-graphs, quantisation notes,
// documentation) is passed over, so that whoever uses the graph can say which node is beyond it.
// Field numbers: onnx.proto3, ModelProto, GraphProto, NodeProto, AttributeProto, TensorProto, ValueInfoProto.
import { SortlineError } from '../base/errors.ts';
import type { ElementType, OnnxAttribute, OnnxGraph, OnnxNode, OnnxTensor, OnnxValue, TensorData } from './onnx-graph.ts';
import { ELEMENT, elementCount } from './onnx-graph.ts';
import type { WireField } from './protobuf-wire.ts';
import { readFields, signedIntegers } from './protobuf-wire.ts';

const EXTERNAL = 1;
const BYTES: Readonly<Record<ElementType, number>> = { float32: 4, uint8: 1, int32: 4, int64: 8, bool: 1, float16: 2, double: 8 };

/**
 * The graph of an ONNX file's bytes; `what` names the file in errors. Weights are copies. Throws MODEL_UNREADABLE where the bytes are
 * no ONNX model, hold weights in a separate file, or weights of a type that networks here do not use.
 */
export function readGraph(model: Uint8Array, what: string): OnnxGraph {
  const fields = [...readFields(model, what)];
  const graph = fields.find((field) => field.number === 7)?.payload;
  if (graph === undefined) throw unreadable(what, 'it holds no graph');
  const opsets = fields.filter((field) => field.number === 8).map((field) => [...readFields(field.payload, what)]);
  const opset = opsets.find((parts) => textOf(parts, 1) === '')?.find((field) => field.number === 2)?.value ?? 1;
  const parts = [...readFields(graph, `${what}: graph`)];
  const all = (number: number): WireField[] => parts.filter((field) => field.number === number);
  const initialisers = new Map(all(5).map((field) => readTensor(field.payload, what)));
  return {
    name: textOf(parts, 2), opset, initialisers,
    nodes: all(1).map((field) => readNode(field.payload, what)),
    inputs: all(11).map((field) => readValue(field.payload, what)).filter((value) => !initialisers.has(value.name)),
    outputs: all(12).map((field) => readValue(field.payload, what)),
  };
}

function readNode(bytes: Uint8Array, what: string): OnnxNode {
  const fields = [...readFields(bytes, `${what}: node`)];
  return {
    type: textOf(fields, 4), domain: textOf(fields, 7), name: textOf(fields, 3), inputs: textsOf(fields, 1), outputs: textsOf(fields, 2),
    attributes: Object.fromEntries(fields.filter((field) => field.number === 5).map((field) => readAttribute(field.payload, what))),
  };
}

function readAttribute(bytes: Uint8Array, what: string): [string, OnnxAttribute] {
  const fields = [...readFields(bytes, `${what}: attribute`)];
  const integers = (number: number): number[] => fields.filter((field) => field.number === number).flatMap((field) => signedIntegers(field, what));
  const floats = (number: number): number[] => fields.filter((field) => field.number === number).flatMap((field) => [...new Float32Array(aligned(field.payload, 'float32', what))]);
  const read = (): OnnxAttribute => {
    switch (fields.find((field) => field.number === 20)?.value) {
      case 1: return { kind: 'float', value: floats(2)[0] ?? 0 };
      case 2: return { kind: 'int', value: integers(3)[0] ?? 0 };
      case 3: return { kind: 'string', value: textOf(fields, 4) };
      case 4: return { kind: 'tensor', value: readTensor(fields.find((field) => field.number === 5)?.payload ?? new Uint8Array(0), what)[1] };
      case 6: return { kind: 'floats', value: floats(7) };
      case 7: return { kind: 'ints', value: integers(8) };
      default: return { kind: 'other' };
    }
  };
  return [textOf(fields, 1), read()];
}

function readTensor(bytes: Uint8Array, what: string): [string, OnnxTensor] {
  const fields = [...readFields(bytes, `${what}: weights`)];
  const name = textOf(fields, 8);
  const number = fields.find((field) => field.number === 2)?.value;
  const type = (Object.keys(ELEMENT) as ElementType[]).find((key) => ELEMENT[key] === number);
  if (fields.some((field) => field.number === 14 && field.value === EXTERNAL)) throw unreadable(what, `the values of ${name} are in a separate file: export it as one file`);
  const shape = fields.filter((field) => field.number === 1).flatMap((field) => signedIntegers(field, what));
  const data = readData(fields, type, what);
  if (data === undefined) throw unreadable(what, `${name} has values of element type ${number}, and float32, float16, double, uint8, int32 and int64 are known`);
  if (data.length !== elementCount(shape)) throw unreadable(what, `${name} has shape (${shape.join(', ')}) and ${data.length} values`);
  return [name, { shape, data }];
}

/** Undefined for element types that are not read. */
function readData(fields: readonly WireField[], type: ElementType | undefined, what: string): TensorData | undefined {
  const raw = fields.find((field) => field.number === 9)?.payload;
  const integers = (number: number): number[] => fields.filter((field) => field.number === number).flatMap((field) => signedIntegers(field, what));
  const bytes = (number: number): ArrayBuffer => aligned(raw ?? joined(fields.filter((field) => field.number === number)), type!, what);
  switch (type) {
    case 'float32': return new Float32Array(bytes(4));
    case 'double': return new Float64Array(bytes(10));
    case 'float16': return raw === undefined ? new Float16Array(Uint16Array.from(integers(5)).buffer) : new Float16Array(bytes(9));
    case 'uint8': return raw === undefined ? Uint8Array.from(integers(5)) : new Uint8Array(bytes(9));
    case 'int32': return raw === undefined ? Int32Array.from(integers(5)) : new Int32Array(bytes(9));
    case 'int64': return raw === undefined ? BigInt64Array.from(integers(7), BigInt) : new BigInt64Array(bytes(9));
    default: return undefined;
  }
}

function readValue(bytes: Uint8Array, what: string): OnnxValue {
  const fields = [...readFields(bytes, `${what}: value`)];
  const inside = (parts: readonly WireField[], number: number): WireField[] => [...readFields(parts.find((field) => field.number === number)?.payload ?? new Uint8Array(0), what)];
  const tensor = inside(inside(fields, 2), 1);
  const number = tensor.find((field) => field.number === 1)?.value;
  const shape = inside(tensor, 2).filter((field) => field.number === 1).map((field) => {
    const dimension = [...readFields(field.payload, what)];
    return dimension.find((part) => part.number === 1)?.value ?? (textOf(dimension, 2) || '?');
  });
  return { name: textOf(fields, 1), type: (Object.keys(ELEMENT) as ElementType[]).find((key) => ELEMENT[key] === number) ?? 'float32', shape };
}

/** A copy, which begins at a multiple of any element's size; a view into the file may not. */
function aligned(bytes: Uint8Array, type: ElementType, what: string): ArrayBuffer {
  if (bytes.length % BYTES[type] !== 0) throw unreadable(what, `values of type ${type} have ${bytes.length} bytes`);
  return new Uint8Array(bytes).buffer;
}

function joined(fields: readonly WireField[]): Uint8Array {
  return Uint8Array.from(fields.flatMap((field) => [...field.payload]));
}

function textOf(fields: readonly WireField[], number: number): string {
  return textsOf(fields, number)[0] ?? '';
}

function textsOf(fields: readonly WireField[], number: number): string[] {
  return fields.filter((field) => field.number === number).map((field) => new TextDecoder().decode(field.payload));
}

function unreadable(what: string, problem: string): SortlineError {
  return new SortlineError('MODEL_UNREADABLE', `${what} is not a readable ONNX model: ${problem}`, { context: { what } });
}
