// A residual network with random weights: for measurements and tests where no pretrained one is at hand. Nobody should train from it.
import { createRandom } from '../../base/random.ts';
import { GraphBuilder } from '../../onnx/graph-builder.ts';
import { int, ints } from '../../onnx/onnx-graph.ts';
import type { Backbone, BackboneArchitecture } from './import-backbone.ts';
import { heValues } from './he-values.ts';

export interface RandomBackboneOptions {
  readonly architecture: BackboneArchitecture;
  readonly seed: number;
  /** Channels of the stem and of layer 1; each layer after it has twice as many. 64 is the real thing. */
  readonly width?: number;
}

const LAYOUTS: Readonly<Record<BackboneArchitecture, { readonly blocks: readonly number[]; readonly isBottleneck: boolean }>> = {
  resnet18: { blocks: [2, 2, 2, 2], isBottleneck: false }, resnet34: { blocks: [3, 4, 6, 3], isBottleneck: false }, resnet50: { blocks: [3, 4, 6, 3], isBottleneck: true },
};
/** A bottleneck's result has this many times the channels of its middle. */
const EXPANSION = 4;

export function randomBackbone({ architecture, seed, width = 64 }: RandomBackboneOptions): Backbone {
  const { blocks, isBottleneck } = LAYOUTS[architecture];
  const builder = new GraphBuilder();
  const random = createRandom(seed);
  const conv = (name: string, input: string, [from, to, kernel, stride]: readonly [number, number, number, number]): string => {
    const pad = (kernel - 1) / 2, shape = [to, from, kernel, kernel];
    builder.initialiser(`${name}.weight`, { shape, data: heValues(shape, random) });
    builder.initialiser(`${name}.bias`, { shape: [to], data: Float32Array.from({ length: to }, () => random.gaussian() / 10) });
    return builder.add('Conv', [input, `${name}.weight`, `${name}.bias`], { kernel_shape: ints([kernel, kernel]), strides: ints([stride, stride]), pads: ints([pad, pad, pad, pad]) }, name);
  };
  builder.input('input', 'float32', ['n', 3, 'height', 'width']);
  let value = builder.add('MaxPool', [builder.add('Relu', [conv('stem', 'input', [3, width, 7, 2])])], { kernel_shape: ints([3, 3]), strides: ints([2, 2]), pads: ints([1, 1, 1, 1]) });
  let channels = width;
  blocks.forEach((count, layer) => {
    const middle = width * 2 ** layer, result = isBottleneck ? EXPANSION * middle : middle;
    for (let block = 0; block < count; block++) {
      const name = `layer${layer + 1}.${block}`, stride = layer > 0 && block === 0 ? 2 : 1, input = value, before = channels;
      builder.within(`${name}/`);
      const sizes = isBottleneck ? [[before, middle, 1, 1], [middle, middle, 3, stride], [middle, result, 1, 1]] as const : [[before, middle, 3, stride], [middle, result, 3, 1]] as const;
      sizes.forEach((size, index) => { value = conv(`${name}.conv${index + 1}`, index === 0 ? input : builder.add('Relu', [value]), size); });
      const skip = before !== result || stride !== 1 ? conv(`${name}.downsample`, input, [before, result, 1, stride]) : input;
      value = builder.add('Relu', [builder.add('Add', [value, skip])]);
      channels = result;
    }
  });
  builder.within('');
  builder.output('features', builder.add('Flatten', [builder.add('GlobalAveragePool', [value])], { axis: int(1) }, 'features'), 'float32', ['n', channels]);
  return { architecture, graph: builder.build('backbone', 16) };
}
