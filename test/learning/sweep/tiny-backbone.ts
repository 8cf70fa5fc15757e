// A ResNet-18 with a handful of channels and random weights, so that a real training takes a moment. And pictures to train it on,
// of one colour for each material.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createRandom } from '../../../src/base/random.ts';
import { MATERIALS } from '../../../src/domain/material.ts';
import { cv } from '../../../src/image/opencv.ts';
import { GraphBuilder } from '../../../src/onnx/graph-builder.ts';
import { ints } from '../../../src/onnx/onnx-graph.ts';
import { writeGraph } from '../../../src/onnx/write-graph.ts';
import { writeFiles } from '../data/drawn-pictures.ts';
import { plainPicture } from '../../image/plain-picture.ts';

const WIDTHS = [4, 4, 6, 8];

export function tinyBackbone(): Uint8Array {
  const graph = new GraphBuilder(), random = createRandom(11);
  let count = 0;
  const convolve = (input: string, shape: { from: number; to: number; size: number; stride: number }): string => {
    const { from, to, size, stride } = shape, pad = Math.floor(size / 2), name = `w${count++}`;
    const scale = Math.sqrt(2 / (from * size * size));
    graph.initialiser(name, { shape: [to, from, size, size], data: Float32Array.from({ length: to * from * size * size }, () => scale * random.gaussian()) });
    graph.initialiser(`${name}b`, { shape: [to], data: new Float32Array(to) });
    return graph.add('Conv', [input, name, `${name}b`], { kernel_shape: ints([size, size]), strides: ints([stride, stride]), pads: ints([pad, pad, pad, pad]) });
  };
  let channels = 4;
  let value = graph.add('Relu', [convolve(graph.input('image', 'float32', ['n', 3, 'h', 'w']), { from: 3, to: channels, size: 7, stride: 4 })]);
  value = graph.add('MaxPool', [value], { kernel_shape: ints([3, 3]), strides: ints([2, 2]), pads: ints([1, 1, 1, 1]) });
  for (const [layer, width] of WIDTHS.entries()) {
    for (const block of [0, 1]) {
      const stride = layer > 0 && block === 0 ? 2 : 1;
      const inner = graph.add('Relu', [convolve(value, { from: channels, to: width, size: 3, stride })]);
      const outer = convolve(inner, { from: width, to: width, size: 3, stride: 1 });
      const skipped = stride === 1 ? value : convolve(value, { from: channels, to: width, size: 1, stride });
      value = graph.add('Relu', [graph.add('Add', [outer, skipped])]);
      channels = width;
    }
  }
  graph.output('features', graph.add('Flatten', [graph.add('GlobalAveragePool', [value])]), 'float32', ['n', channels]);
  return writeGraph(graph.build('tiny', 16));
}

/** Writes `folder`/tiny.onnx, and `perMaterial` pictures of each material below `folder`/pictures. */
export function writeTinyInputs(folder: string, perMaterial: number): { readonly backbone: string; readonly pictures: string } {
  const backbone = join(folder, 'tiny.onnx'), pictures = join(folder, 'pictures');
  writeFileSync(backbone, tinyBackbone());
  for (const [index, material] of MATERIALS.entries()) {
    for (let number = 0; number < perMaterial; number++) {
      const image = plainPicture({ width: 64, height: 64 }, [40 * index + 5 * number, 255 - 40 * index, (90 * index) % 255]);
      image.drawCircle(new cv.Point2(10 + 5 * number, 30), 6 + number, new cv.Vec3(0, 20 * number, 255), -1);
      writeFiles(pictures, { [`${material}/${number}.jpg`]: cv.imencode('.jpg', image) });
      image.release();
    }
  }
  return { backbone, pictures };
}
