// Rewrites a forward graph so that what is trained works in pixel order (pixel-layout.ts): every convolution with a trained weight
// after the last pooling, and all that follows it. What comes before stays as it is, for the runtime to optimise.
import type { OnnxNode } from '../../onnx/onnx-graph.ts';
import { PIXEL_DOMAIN } from './pixel-layout.ts';

export interface Arranged {
  readonly nodes: readonly OnnxNode[];
  /** Weights that the rewritten nodes read as (kh, kw, C, K). */
  readonly kernels: ReadonlySet<string>;
}

const SAME_IN_ANY_ORDER = ['Relu', 'Add'];

export function arrangePixels(nodes: readonly OnnxNode[], trained: ReadonlySet<string>): Arranged {
  const result: OnnxNode[] = [];
  const kernels = new Set<string>();
  const inPixels = new Set<string>(), turned = new Map<string, string>();
  const turn = (value: string): string => {
    if (inPixels.has(value)) return value;
    const known = turned.get(value);
    if (known !== undefined) return known;
    const name = `${value}/pixels`;
    result.push({ type: 'ToPixels', domain: PIXEL_DOMAIN, name, inputs: [value], outputs: [name], attributes: {} });
    turned.set(value, name);
    return name;
  };
  const lastPooling = nodes.findLastIndex((node) => node.type === 'MaxPool');
  nodes.forEach((node, index) => {
    const [first, weight, ...rest] = node.inputs as [string, string, ...string[]];
    const output = node.outputs[0]!;
    if (node.type === 'Conv' && (inPixels.has(first) || (index > lastPooling && trained.has(weight)))) {
      result.push({ ...node, domain: PIXEL_DOMAIN, inputs: [turn(first), weight, ...rest] });
      kernels.add(weight);
      inPixels.add(output);
    } else if (SAME_IN_ANY_ORDER.includes(node.type) && node.inputs.some((input) => inPixels.has(input))) {
      result.push({ ...node, inputs: node.inputs.map(turn) });
      inPixels.add(output);
    } else if (node.type === 'GlobalAveragePool' && inPixels.has(first)) {
      result.push({ ...node, domain: PIXEL_DOMAIN });
    } else {
      result.push(node);
    }
  });
  return { nodes: result, kernels };
}
