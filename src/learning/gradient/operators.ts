// The operators that can be trained through, by their ONNX name.
import { add } from './add.ts';
import { conv } from './conv.ts';
import { dropout } from './dropout.ts';
import { flatten } from './flatten.ts';
import { gemm } from './gemm.ts';
import { globalAveragePool } from './global-average-pool.ts';
import { logSoftmax } from './log-softmax.ts';
import { maxPool } from './max-pool.ts';
import type { Operator } from './operator.ts';
import { pixelConv } from './pixel-conv.ts';
import { PIXEL_DOMAIN, pixelAverage, toPixels } from './pixel-layout.ts';
import { relu } from './relu.ts';
import { unknownOperator } from './unknown-operator.ts';
import type { OnnxNode } from '../../onnx/onnx-graph.ts';

const operators: Readonly<Record<string, Operator>> = {
  Add: add, Conv: conv, Dropout: dropout, Flatten: flatten, Gemm: gemm, GlobalAveragePool: globalAveragePool, LogSoftmax: logSoftmax, MaxPool: maxPool, Relu: relu,
};

/** The trainer's own, in pixel order. */
const pixelOperators: Readonly<Record<string, Operator>> = { Conv: pixelConv, GlobalAveragePool: pixelAverage, ToPixels: toPixels };

/** Throws TRAIN_OPERATOR_UNKNOWN, naming operator and node. */
export function operatorOf(node: OnnxNode): Operator {
  const table = node.domain === '' ? operators : node.domain === PIXEL_DOMAIN ? pixelOperators : {};
  const operator = Object.hasOwn(table, node.type) ? table[node.type] : undefined;
  if (operator === undefined) throw unknownOperator(node, Object.keys(operators));
  return operator;
}
