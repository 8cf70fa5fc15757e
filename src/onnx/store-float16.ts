// Halves an ONNX model: large float32 weights are stored as float16 and cast back by a node of the graph, which ONNX Runtime
// folds away when it loads the model. Inference stays in float32, so speed on a CPU does not change.
// Field numbers: onnx.proto3, ModelProto, GraphProto, TensorProto, NodeProto, AttributeProto.
import { SortlineError } from '../base/errors.ts';
import { joinBytes, lenField, varintField } from '../base/protobuf-fields.ts';
import { readFields } from './protobuf-wire.ts';

const MODEL_GRAPH = 7;
const GRAPH_NODE = 1, GRAPH_INITIALIZER = 5;
const TENSOR_DIMS = 1, TENSOR_TYPE = 2, TENSOR_NAME = 8, TENSOR_RAW = 9;
const FLOAT = 1, FLOAT16 = 10;
/** Biases and normalisation stay exact: they cost little and shift every output. */
const MIN_BYTES = 4096;
const STORED_SUFFIX = '_float16';

export interface Float16Result {
  readonly model: Uint8Array;
  readonly convertedTensors: number;
  /** Largest |float32 - float16| over the converted weights. */
  readonly maxError: number;
}

/**
 * The same model with float16 weights. Throws MODEL_UNREADABLE when `model` is not ONNX, and MODEL_MISMATCH when a weight
 * does not fit a float16.
 */
export function storeWeightsAsFloat16(model: Uint8Array, what: string): Float16Result {
  let convertedTensors = 0, maxError = 0;
  const parts: Uint8Array[] = [];
  for (const field of readFields(model, what)) {
    if (field.number !== MODEL_GRAPH) {
      parts.push(field.whole);
      continue;
    }
    const casts: Uint8Array[] = [], rest: Uint8Array[] = [];
    for (const inner of readFields(field.payload, `${what}: graph`)) {
      const tensor = inner.number === GRAPH_INITIALIZER ? halved(inner.payload, what) : undefined;
      if (tensor === undefined) {
        rest.push(inner.whole);
        continue;
      }
      casts.push(lenField(GRAPH_NODE, castNode(tensor.name)));
      rest.push(lenField(GRAPH_INITIALIZER, tensor.bytes));
      convertedTensors++;
      maxError = Math.max(maxError, tensor.maxError);
    }
    // Nodes must come in the order they are computed: the casts before all that use their results.
    parts.push(lenField(MODEL_GRAPH, joinBytes([...casts, ...rest])));
  }
  return { model: joinBytes(parts), convertedTensors, maxError };
}

/** Undefined where the tensor stays as it is: not float32, small, or not stored as raw bytes. */
function halved(tensor: Uint8Array, what: string): { name: string; bytes: Uint8Array; maxError: number } | undefined {
  const fields = [...readFields(tensor, `${what}: weights`)];
  const raw = fields.find((field) => field.number === TENSOR_RAW)?.payload;
  const type = fields.find((field) => field.number === TENSOR_TYPE)?.value;
  const name = new TextDecoder().decode(fields.find((field) => field.number === TENSOR_NAME)?.payload);
  if (type !== FLOAT || raw === undefined || raw.length < MIN_BYTES) return undefined;
  // A copy, because a view into the file may start at any byte (and slice() of a Buffer is a view).
  const exact = new Float32Array(new Uint8Array(raw).buffer);
  const half = new Float16Array(exact);
  let maxError = 0;
  for (let index = 0; index < exact.length; index++) {
    const error = Math.abs(exact[index]! - half[index]!);
    if (!Number.isFinite(error)) throw new SortlineError('MODEL_MISMATCH', `${what}: weight ${exact[index]} of ${name} does not fit a float16 (largest 65504): keep float32`, { context: { name } });
    maxError = Math.max(maxError, error);
  }
  const bytes = joinBytes([
    ...fields.filter((field) => field.number === TENSOR_DIMS).map((field) => field.whole),
    varintField(TENSOR_TYPE, FLOAT16), lenField(TENSOR_NAME, name + STORED_SUFFIX), lenField(TENSOR_RAW, new Uint8Array(half.buffer)),
  ]);
  return { name, bytes, maxError };
}

/** NodeProto: input = 1, output = 2, name = 3, op_type = 4, attribute = 5; AttributeProto: name = 1, i = 3, type = 20 (INT = 2). */
function castNode(name: string): Uint8Array {
  const to = joinBytes([lenField(1, 'to'), varintField(3, FLOAT), varintField(20, 2)]);
  return joinBytes([lenField(1, name + STORED_SUFFIX), lenField(2, name), lenField(3, `${name}_cast`), lenField(4, 'Cast'), lenField(5, to)]);
}
