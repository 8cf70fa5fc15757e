// Opens a model folder: manifest.json and model.onnx, checked against each other before ONNX Runtime sees a byte. The same
// bytes that were hashed are the ones that run.
import { webcrypto } from 'node:crypto';
import { open } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { reasonOf, SortlineError } from '../base/errors.ts';
import type { ModelManifest } from './manifest.ts';
import { labelOrder, parseManifest } from './manifest.ts';
import type { TensorShape } from './model-session.ts';

export interface LoadedModel {
  /** Folder name. */
  readonly name: string;
  readonly folder: string;
  readonly manifest: ModelManifest;
  /** Contents of model.onnx, verified against the manifest's SHA-256. */
  readonly bytes: Uint8Array;
  /** Output index of each material, in the order of MATERIALS. */
  readonly order: readonly number[];
}

/**
 * Reads and verifies `folder`; with `sha256` also that it is the model of that hash. Throws MODEL_UNREADABLE (folder, manifest or
 * model absent), MODEL_MANIFEST_INVALID, MODEL_HASH_MISMATCH (truncated or another file) and MODEL_MISMATCH (labels).
 */
export async function loadModel(folder: string, sha256?: string): Promise<LoadedModel> {
  const manifestPath = join(folder, 'manifest.json');
  const modelPath = join(folder, 'model.onnx');
  const manifest = parseManifest((await read(manifestPath, folder)).toString('utf8'), manifestPath);
  if (sha256 !== undefined && manifest.sha256 !== sha256) {
    throw new SortlineError('MODEL_HASH_MISMATCH',
      `${manifestPath} is of a model with SHA-256 ${manifest.sha256}, the one that was promoted has ${sha256}: promote the model again, which copies it anew`, { context: { path: manifestPath, found: manifest.sha256, expected: sha256 } });
  }
  const order = labelOrder(manifest, manifestPath);
  const bytes = await read(modelPath, folder);
  await verifyBytes(bytes, manifest, modelPath);
  return { name: basename(resolve(folder)), folder, manifest, bytes, order };
}

/** Compares what the graph takes and gives with what the manifest says. Throws MODEL_MISMATCH naming both. */
export function verifySignature(model: LoadedModel, inputs: readonly TensorShape[], outputs: readonly TensorShape[]): void {
  const { input, output, labels } = model.manifest;
  verifyTensor(model, inputs, { role: 'input', name: input.name, type: input.type, shape: [input.height, input.width, input.channels.length] });
  verifyTensor(model, outputs, { role: 'output', name: output.name, type: 'float32', shape: [labels.length] });
}

interface Expected {
  readonly role: 'input' | 'output';
  readonly name: string;
  readonly type: string;
  /** Without the batch dimension. */
  readonly shape: readonly number[];
}

function verifyTensor(model: LoadedModel, found: readonly TensorShape[], expected: Expected): void {
  const refuse = (what: string, foundValue: string, expectedValue: string): never => {
    throw new SortlineError('MODEL_MISMATCH',
      `${join(model.folder, 'model.onnx')}: its ${expected.role} has ${what} ${foundValue}, manifest.json says ${expectedValue}: manifest and model do not belong together`,
      { context: { folder: model.folder, role: expected.role, what, found: foundValue, expected: expectedValue } });
  };
  const tensor = found[0];
  if (found.length !== 1 || tensor === undefined) return refuse('a count of', String(found.length), '1');
  if (tensor.name !== expected.name) refuse('the name', `"${tensor.name}"`, `"${expected.name}"`);
  if (tensor.type !== expected.type) refuse('the type', tensor.type, expected.type);
  const [batch, ...rest] = tensor.shape;
  const matches = rest.length === expected.shape.length && rest.every((size, axis) => size === expected.shape[axis]);
  if (!matches) refuse('the shape', shapeText(tensor.shape), shapeText(['batch', ...expected.shape]));
  if (typeof batch === 'number' && batch !== -1) refuse('a fixed batch of', String(batch), 'a batch of any size');
}

function shapeText(shape: readonly (number | string)[]): string {
  return `(${shape.join(', ')})`;
}

/** Not readFile, which takes a turn of the event loop for every 512 KB: seconds, where the loop is busy with pictures. */
async function readAtOnce(path: string): Promise<Buffer<ArrayBuffer>> {
  await using file = await open(path);
  const { size } = await file.stat();
  const bytes = Buffer.allocUnsafeSlow(size);
  let filled = 0;
  while (filled < size) {
    const { bytesRead } = await file.read(bytes, filled, size - filled, filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return filled === size ? bytes : bytes.subarray(0, filled);
}

async function read(path: string, folder: string): Promise<Buffer<ArrayBuffer>> {
  try {
    return await readAtOnce(path);
  } catch (cause) {
    throw new SortlineError('MODEL_UNREADABLE',
      `${path} cannot be read (${reasonOf(cause)}): a model is a folder with model.onnx and manifest.json; name one with classifier.model or --model`, { context: { path, folder }, cause });
  }
}

async function verifyBytes(bytes: Uint8Array<ArrayBuffer>, manifest: ModelManifest, path: string): Promise<void> {
  // On a thread of its own: a running line may be loading its next model.
  const sha256 = Buffer.from(await webcrypto.subtle.digest('SHA-256', bytes)).toString('hex');
  if (sha256 === manifest.sha256) return;
  const size = manifest.bytes === undefined || manifest.bytes === bytes.length ? `${bytes.length} bytes`
    : bytes.length < manifest.bytes ? `truncated: ${bytes.length} of ${manifest.bytes} bytes` : `${bytes.length} bytes instead of ${manifest.bytes}`;
  throw new SortlineError('MODEL_HASH_MISMATCH',
    `${path} (${size}) has SHA-256 ${sha256}, manifest.json says ${manifest.sha256}: copy the model again, or train and export it anew`,
    { context: { path, found: sha256, expected: manifest.sha256, foundBytes: bytes.length, expectedBytes: manifest.bytes } });
}
