// The nodes that turn uint8 pictures into what backbones were pretrained on: (N,H,W,3) 0 … 255 to (N,3,H,W), mean and deviation of
// ImageNet taken out. Every graph of training, evaluation and export begins with them, so nothing outside a graph touches pixels.
import type { GraphBuilder } from '../../onnx/graph-builder.ts';
import { ELEMENT, float as floatAttribute, int, ints } from '../../onnx/onnx-graph.ts';

/** Red, green, blue, of values 0 … 1: torchvision. */
const MEAN = [0.485, 0.456, 0.406];
const DEVIATION = [0.229, 0.224, 0.225];

/** Computes `output` (N,3,H,W) float32 from `image` (N,H,W,3) uint8 RGB. */
export function addNormalisation(builder: GraphBuilder, image: string, output: string): void {
  builder.within('normalise/');
  const perChannel = (name: string, values: readonly number[]): string => builder.initialiser(`normalise/${name}`, { shape: [3], data: Float32Array.from(values) });
  const float = builder.add('Cast', [builder.add('Transpose', [image], { perm: ints([0, 3, 1, 2]) })], { to: int(ELEMENT.float32) });
  // As one BatchNormalization, because the runtime moves the Transpose behind a Mul and an Add, which then take 15 times as long.
  builder.add('BatchNormalization', [
    float, perChannel('scale', DEVIATION.map((deviation) => 1 / (255 * deviation))), perChannel('shift', [0, 0, 0]),
    perChannel('mean', MEAN.map((mean) => 255 * mean)), perChannel('variance', [1, 1, 1]),
  ], { epsilon: floatAttribute(0) }, output);
}
