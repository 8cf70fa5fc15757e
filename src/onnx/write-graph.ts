// Plain values to an ONNX file's bytes; the counterpart of read-graph.ts. Weights are written as raw bytes, little-endian, which is
// what every machine that Sortline runs on has in memory.
import type { OnnxAttribute, OnnxGraph, OnnxNode, OnnxTensor, OnnxValue, TensorData } from './onnx-graph.ts';
import { ELEMENT } from './onnx-graph.ts';
import { floatField, joinBytes, lenField, varintField } from '../base/protobuf-fields.ts';

const IR_VERSION = 8;

export function writeGraph(graph: OnnxGraph): Uint8Array {
  const body = joinBytes([
    ...graph.nodes.map((node) => lenField(1, nodeBytes(node))),
    lenField(2, graph.name),
    ...[...graph.initialisers].map(([name, tensor]) => lenField(5, tensorBytes(tensor, name))),
    ...graph.inputs.map((value) => lenField(11, valueBytes(value))),
    ...graph.outputs.map((value) => lenField(12, valueBytes(value))),
  ]);
  return joinBytes([varintField(1, IR_VERSION), lenField(2, 'sortline'), lenField(7, body), lenField(8, varintField(2, graph.opset))]);
}

function nodeBytes(node: OnnxNode): Uint8Array {
  return joinBytes([
    ...node.inputs.map((input) => lenField(1, input)), ...node.outputs.map((output) => lenField(2, output)),
    lenField(3, node.name), lenField(4, node.type), ...Object.entries(node.attributes).map(([name, attribute]) => lenField(5, attributeBytes(name, attribute))),
    ...(node.domain === '' ? [] : [lenField(7, node.domain)]),
  ]);
}

function attributeBytes(name: string, attribute: OnnxAttribute): Uint8Array {
  const typed = (type: number, ...content: Uint8Array[]): Uint8Array => joinBytes([lenField(1, name), ...content, varintField(20, type)]);
  switch (attribute.kind) {
    case 'float': return typed(1, floatField(2, attribute.value));
    case 'int': return typed(2, varintField(3, attribute.value));
    case 'string': return typed(3, lenField(4, attribute.value));
    case 'tensor': return typed(4, lenField(5, tensorBytes(attribute.value, '')));
    case 'floats': return typed(6, ...attribute.value.map((value) => floatField(7, value)));
    case 'ints': return typed(7, ...attribute.value.map((value) => varintField(8, value)));
    case 'other': throw new TypeError(`attribute ${name} was not read and cannot be written`);
  }
}

function tensorBytes({ shape, data }: OnnxTensor, name: string): Uint8Array {
  const raw = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return joinBytes([...shape.map((size) => varintField(1, size)), varintField(2, elementTypeOf(data)), lenField(8, name), lenField(9, raw)]);
}

function elementTypeOf(data: TensorData): number {
  if (data instanceof Float32Array) return ELEMENT.float32;
  if (data instanceof Float16Array) return ELEMENT.float16;
  if (data instanceof Float64Array) return ELEMENT.double;
  if (data instanceof Uint8Array) return ELEMENT.uint8;
  return data instanceof Int32Array ? ELEMENT.int32 : ELEMENT.int64;
}

function valueBytes({ name, type, shape }: OnnxValue): Uint8Array {
  const dimensions = joinBytes(shape.map((size) => lenField(1, typeof size === 'number' ? varintField(1, size) : lenField(2, size))));
  return joinBytes([lenField(1, name), lenField(2, lenField(1, joinBytes([varintField(1, ELEMENT[type]), lenField(2, dimensions)])))]);
}
