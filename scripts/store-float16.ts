// Makes a model folder with float16 weights from one with float32 weights: half the size, the same verdicts.
// Usage: node scripts/store-float16.ts FROM_FOLDER TO_FOLDER
// The manifest is taken over with hash, size and weights brought up to date; its metrics must be measured again.
import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { loadModel } from '../src/classify/load-model.ts';
import { storeWeightsAsFloat16 } from '../src/onnx/store-float16.ts';

const [from, to] = process.argv.slice(2);
if (from === undefined || to === undefined) {
  process.stderr.write('usage: node scripts/store-float16.ts FROM_FOLDER TO_FOLDER\n');
  process.exit(2);
}
const model = await loadModel(from);
const result = storeWeightsAsFloat16(model.bytes, join(from, 'model.onnx'));
const manifest = {
  ...model.manifest,
  sha256: createHash('sha256').update(result.model).digest('hex'),
  bytes: result.model.length,
  weights: 'float16',
};
await mkdir(to, { recursive: true });
await writeFile(join(to, 'model.onnx'), result.model);
await writeFile(join(to, 'manifest.json'), `${JSON.stringify(manifest, undefined, 2)}\n`);
process.stdout.write(`${to}: ${model.bytes.length} to ${result.model.length} bytes, ${result.convertedTensors} tensors, largest rounding ${result.maxError.toExponential(2)}\n`);
