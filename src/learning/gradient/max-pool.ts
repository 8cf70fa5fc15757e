// MaxPool over (N,C,H,W): each window's gradient goes to the pixel that gave its maximum, the first one where several are equal.
//
// The forward pass gives that pixel's place in the whole input besides its value; the way back is one ScatterElements that adds.
import { elementCount, int, intOf, intsOf } from '../../onnx/onnx-graph.ts';
import type { Operator } from './operator.ts';
import { unknownVariant } from './unknown-operator.ts';

export const maxPool: Operator = {
  shape: (node, [input]) => {
    const kernel = intsOf(node, 'kernel_shape', []), strides = intsOf(node, 'strides', [1, 1]), pads = intsOf(node, 'pads', [0, 0, 0, 0]);
    if (kernel.length !== 2 || input!.length !== 4 || intOf(node, 'ceil_mode', 0) !== 0 || intsOf(node, 'dilations', [1, 1]).some((step) => step !== 1)) {
      throw unknownVariant(node, 'two-dimensional windows without dilation and with ceil_mode 0 are known');
    }
    const size = (axis: number): number => Math.floor((input![axis + 2]! + pads[axis]! + pads[axis + 2]! - kernel[axis]!) / strides[axis]!) + 1;
    return [input![0]!, input![1]!, size(0), size(1)];
  },
  forward: ({ builder, node }) => {
    const places = `${node.outputs[0]!}/places`;
    builder.copy({ ...node, outputs: [node.outputs[0]!, places] });
    return [places];
  },
  backward: ({ builder, gradient, inputs: [input], output, kept }) => {
    const flat = builder.add('Reshape', [gradient, builder.integers([elementCount(output)])]);
    const places = builder.add('Reshape', [kept[0]!, builder.integers([elementCount(output)])]);
    const empty = builder.add('ConstantOfShape', [builder.integers([elementCount(input!)])]);
    const scattered = builder.add('ScatterElements', [empty, places, flat], { axis: int(0), reduction: { kind: 'string', value: 'add' } });
    return [builder.add('Reshape', [scattered, builder.integers(input!)])];
  },
};
