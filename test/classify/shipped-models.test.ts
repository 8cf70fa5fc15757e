import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { silentLogger } from '../../src/base/logger.ts';
import { createOnnxClassifier } from '../../src/classify/onnx-classifier.ts';
import { classifyOptions } from '../../src/classify/options.ts';

const MODELS = join(import.meta.dirname, '../../models');
const MAX_BYTES = 60e6;

describe('shipped models', () => {
  const folders = readdirSync(MODELS, { withFileTypes: true }).filter((entry) => entry.isDirectory()).map(({ name }) => name);

  it.each(folders)('%s is whole, of a size to ship, and runs', async (name) => {
    const folder = join(MODELS, name);
    expect(statSync(join(folder, 'model.onnx')).size).toBeLessThan(MAX_BYTES);
    const classifier = await createOnnxClassifier(classifyOptions.parse({ model: folder, providers: ['cpu'], batch: { size: 1 }, threads: { sessions: 1 } }), silentLogger);
    expect(classifier.description.model).toBe(name);
    await classifier.close();
  });
});
