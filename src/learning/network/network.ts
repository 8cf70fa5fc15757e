// A network to be trained: a pretrained backbone with a new head for this line's materials.
//
//   resnet18 / 34 / 50     features ─▶ Dropout ─▶ Gemm ─▶ logits
//   resnet50-modnet        features ─▶ Relu ─▶ Dropout ─▶ Gemm ─▶ LogSoftmax ─▶ logits
import { SortlineError } from '../../base/errors.ts';
import type { Random } from '../../base/random.ts';
import { createRandom } from '../../base/random.ts';
import type { OnnxGraph, OnnxNode, OnnxTensor } from '../../onnx/onnx-graph.ts';
import { int } from '../../onnx/onnx-graph.ts';
import type { Architecture } from '../train/hyperparameters.ts';
import { deepen } from './deepen.ts';
import { heValues } from './he-values.ts';
import type { Backbone } from './import-backbone.ts';

export interface Network {
  readonly architecture: Architecture;
  /** Values that `logits` has in a row. */
  readonly materials: number;
  /** Values that `features` has in a row. */
  readonly features: number;
  /** `input` (N,3,H,W) float32 normalised RGB to `logits` (N, materials); weights named as in stages.ts, Dropout included. */
  readonly graph: OnnxGraph;
}

export interface NetworkOptions {
  readonly architecture: Architecture;
  readonly materials: number;
  /** Of the new weights. */
  readonly seed: number;
}

/** Throws MODEL_MISMATCH where the backbone is not one that the architecture can start from. */
export function createNetwork(backbone: Backbone, { architecture, materials, seed }: NetworkOptions): Network {
  const random = createRandom(seed);
  const wanted = architecture === 'resnet50-modnet' ? 'resnet50' : architecture;
  const fitting = wanted === 'resnet34' && backbone.architecture === 'resnet18' ? deepen(backbone, random.fork(1)) : backbone;
  if (fitting.architecture !== wanted) {
    throw new SortlineError('MODEL_MISMATCH', `the backbone is a ${backbone.architecture}, and ${architecture} starts from ${wanted === 'resnet34' ? 'resnet34 or resnet18' : wanted}: give another backbone, or another architecture`, {
      context: { backbone: backbone.architecture, architecture },
    });
  }
  const { graph } = fitting;
  const features = graph.outputs[0]!.shape[1] as number;
  const weight = headWeight(materials, features, random.fork(2));
  return {
    architecture, materials, features,
    graph: {
      ...graph, name: architecture, nodes: [...graph.nodes, ...headNodes(architecture)],
      initialisers: new Map([...revived(graph.initialisers, random.fork(3)), ['head.weight', weight], ['head.bias', { shape: [materials], data: new Float32Array(materials) }]]),
      outputs: [{ name: 'logits', type: 'float32', shape: ['n', materials] }],
    },
  };
}

function headNodes(architecture: Architecture): OnnxNode[] {
  const node = (type: string, inputs: string[], output: string, attributes: OnnxNode['attributes'] = {}): OnnxNode => ({ type, domain: '', name: `head/${type}`, inputs, outputs: [output], attributes });
  const gemm = (output: string): OnnxNode => node('Gemm', ['head/kept', 'head.weight', 'head.bias'], output, { transB: int(1) });
  return architecture === 'resnet50-modnet'
    ? [node('Relu', ['features'], 'head/positive'), node('Dropout', ['head/positive'], 'head/kept'), gemm('head/scores'), node('LogSoftmax', ['head/scores'], 'logits', { axis: int(1) })]
    : [node('Dropout', ['features'], 'head/kept'), gemm('logits')];
}

/** Uniform within ±1/√features, as fully connected layers usually begin. */
function headWeight(materials: number, features: number, random: Random): OnnxTensor {
  const bound = 1 / Math.sqrt(features);
  return { shape: [materials, features], data: Float32Array.from({ length: materials * features }, () => random.between(-bound, bound)) };
}

/**
 * A block whose last kernels are all zero was not pretrained. It stays the identity, but its first kernels are drawn anew where they
 * are zero too, for otherwise no gradient would ever reach either of them.
 */
function revived(weights: ReadonlyMap<string, OnnxTensor>, random: Random): Map<string, OnnxTensor> {
  return new Map([...weights].map(([name, tensor]) => {
    const isDead = name.endsWith('.conv1.weight') && tensor.data.every((value) => value === 0 || value === 0n);
    return [name, isDead ? { shape: tensor.shape, data: heValues(tensor.shape, random) } : tensor];
  }));
}
