// A hand-encoded ONNX classifier, so that the tests run without the shipped model: the mean colour of a crop, times a
// matrix, gives the logits. (n, height, width, 3) uint8 -> (n, labels) float32. Field numbers: onnx.proto3.
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { joinBytes, lenField, varintField } from '../../src/base/protobuf-fields.ts';
import { MATERIALS } from '../../src/domain/material.ts';

const FLOAT = 1, UINT8 = 2, INT64 = 7;

export interface TinyShape {
  height?: number;
  width?: number;
  labels?: number;
  /** uint8 input and a cast, or a float32 input without one. */
  type?: 'uint8' | 'float32';
  /** A fixed batch instead of a symbolic one. */
  batch?: number;
  inputName?: string;
  outputName?: string;
  /** Multiplies the weights: another model; NaN makes one whose answers are no numbers. */
  gain?: number;
}

/** Column l of the matrix: how label l weighs mean red, green and blue (0 … 255). */
export function tinyWeight(channel: number, label: number): number {
  return Math.sin(1 + channel * 7 + label * 3) / 20;
}

export function tinyModel(shape: TinyShape = {}): Uint8Array {
  const { height = 16, width = 16, labels = 6, type = 'uint8', batch, inputName = 'image', outputName = 'logits', gain = 1 } = shape;
  const weights = new Float32Array(Array.from({ length: 3 * labels }, (_, index) => gain * tinyWeight(Math.floor(index / labels), index % labels)));
  const graph = joinBytes([
    node('Cast', [inputName], 'float', [attributeInt('to', FLOAT)]),
    node('ReduceMean', ['float'], 'mean', [attributeInts('axes', [1, 2]), attributeInt('keepdims', 0)]),
    node('MatMul', ['mean', 'weights'], outputName, []),
    lenField(2, 'tiny'),
    lenField(5, joinBytes([varintField(1, 3), varintField(1, labels), varintField(2, FLOAT), lenField(8, 'weights'), lenField(9, new Uint8Array(weights.buffer))])),
    lenField(11, valueInfo(inputName, type === 'uint8' ? UINT8 : FLOAT, [batch ?? 'n', height, width, 3])),
    lenField(12, valueInfo(outputName, FLOAT, [batch ?? 'n', labels])),
  ]);
  return joinBytes([varintField(1, 8), lenField(7, graph), lenField(8, varintField(2, 13))]);
}

export interface TinyFolder {
  readonly shape?: TinyShape;
  /** Replaces fields of a fitting manifest. */
  readonly manifest?: Record<string, unknown>;
  /** Instead of the model that the manifest describes. */
  readonly bytes?: Uint8Array;
}

/** A model folder that is removed when the test ends. */
export function tinyFolder(options: TinyFolder = {}): string {
  const folder = mkdtempSync(join(tmpdir(), 'sortline-model-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  writeTinyModel(folder, options);
  return folder;
}

/** Writes a model folder's two files into `folder`; the SHA-256 that the manifest gives. */
export function writeTinyModel(folder: string, options: TinyFolder = {}): string {
  const sha256Of = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
  const model = tinyModel(options.shape);
  writeFileSync(join(folder, 'model.onnx'), options.bytes ?? model);
  writeFileSync(join(folder, 'manifest.json'), JSON.stringify({
    labels: MATERIALS,
    input: { name: 'image', layout: 'NHWC', type: 'uint8', channels: 'RGB', height: options.shape?.height ?? 16, width: options.shape?.width ?? 16, preprocess: 'none' },
    output: { name: 'logits' },
    temperature: 1,
    sha256: sha256Of(model),
    bytes: model.length,
    trainedOn: 'nothing',
    metrics: {},
    ...options.manifest,
  }));
  return sha256Of(model);
}

function node(type: string, inputs: string[], output: string, attributes: Uint8Array[]): Uint8Array {
  return lenField(1, joinBytes([...inputs.map((input) => lenField(1, input)), lenField(2, output), lenField(4, type), ...attributes]));
}

function attributeInt(name: string, value: number): Uint8Array {
  return lenField(5, joinBytes([lenField(1, name), varintField(3, value), varintField(20, 2)]));
}

function attributeInts(name: string, values: number[]): Uint8Array {
  return lenField(5, joinBytes([lenField(1, name), ...values.map((value) => varintField(8, value)), varintField(20, INT64)]));
}

function valueInfo(name: string, elementType: number, dimensions: (number | string)[]): Uint8Array {
  const shape = joinBytes(dimensions.map((size) => lenField(1, typeof size === 'number' ? varintField(1, size) : lenField(2, size))));
  return joinBytes([lenField(1, name), lenField(2, lenField(1, joinBytes([varintField(1, elementType), lenField(2, shape)])))]);
}
