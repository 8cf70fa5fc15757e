// `sortline classify`: what the model says of pictures, prepared exactly as the line prepares them.
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { isSortlineError } from '../base/errors.ts';
import type { Classifier } from '../classify/classifier.ts';
import type { ClassifyOptions } from '../classify/options.ts';
import { CHAMPION, withOneSession } from '../classify/options.ts';
import { defaultConfig } from '../config/load-config.ts';
import type { Material } from '../domain/material.ts';
import { MATERIALS } from '../domain/material.ts';
import { EXIT_OK, EXIT_REFUSED } from './failure.ts';
import type { NamedImage } from './image-files.ts';
import { imageFiles } from './image-files.ts';
import type { StoreFlags } from './learning-store.ts';
import { withStoreOption } from './learning-store.ts';

interface ClassifyFlags extends StoreFlags {
  readonly json?: boolean;
  readonly model?: string;
}

export interface Classified {
  readonly file: string;
  readonly material: Material;
  readonly confidence: number;
  readonly probabilities: Readonly<Record<Material, number>>;
  /** The model's time for this picture: its share of its batch. */
  readonly ms: number;
}

export function addClassifyCommand(program: Command): void {
  withStoreOption(program.command('classify'))
    .summary('classify pictures')
    .description('Says what material each picture shows. Folders are searched for pictures, with everything below them. A picture that cannot be read is reported on stderr, the others are classified all the same, and the exit code is 1.')
    .argument('<images...>', 'pictures, or folders of pictures')
    .option('--model <dir>', 'model folder to use instead of the one shipped with Sortline; `champion` for the promoted model of the learning store')
    .option('--json', 'print [{file, material, confidence, probabilities: {<material>: p}, ms}]')
    .addHelpText('after', '\nExample:\n  $ sortline classify photographs/ bottle.jpg --json')
    .action(async (images: string[], flags: ClassifyFlags) => {
      const { openClassifier } = await import('../classify/open-classifier.ts');
      const { createLog } = await import('../app/log.ts');
      const files = imageFiles(images);
      const options = sessionsFor(files.length, classifierOptions(flags));
      const classifier = await openClassifier(options, createLog({ level: 'warn', format: 'auto', to: 'stderr' }), { isStrict: true });
      try {
        process.exitCode = await classifyAll(files, { classifier, batchSize: options.batch.size, isJson: flags.json === true });
      } finally {
        await classifier.close();
      }
    });
}

function classifierOptions(flags: ClassifyFlags): ClassifyOptions {
  const { classifier } = defaultConfig();
  const { model = classifier.model, store } = flags;
  return { ...classifier, model: model === CHAMPION ? model : resolve(model), ...(store === undefined ? {} : { store: resolve(store) }) };
}

/** For a single batch a second copy of the model would be loaded in vain. */
function sessionsFor(pictures: number, options: ClassifyOptions): ClassifyOptions {
  return pictures <= options.batch.size ? withOneSession(options) : options;
}

async function classifyAll(images: readonly NamedImage[], options: { classifier: Classifier; batchSize: number; isJson: boolean }): Promise<number> {
  const { classifier, batchSize, isJson } = options;
  const all: Classified[] = [];
  let hasFailed = false;
  const fail = (error: unknown): void => {
    if (!isSortlineError(error)) throw error;
    hasFailed = true;
    process.stderr.write(`error ${error.code}: ${error.message}\n`);
  };
  const { classifyImages } = await import('../vision/classify-images.ts');
  const readable = images.filter((image) => !('error' in image)).map(({ file }) => file);
  for (const image of images) if ('error' in image) fail(image.error);
  for await (const { file, probabilities, ms } of classifyImages(readable, { classifier, batchSize, onUnreadable: fail })) {
    const result = classified(file, probabilities, ms);
    if (isJson) all.push(result);
    else process.stdout.write(`${file}: ${result.material} ${(100 * result.confidence).toFixed(1)} % (${ms.toFixed(1)} ms)\n`);
  }
  if (isJson) process.stdout.write(`${JSON.stringify(all)}\n`);
  return hasFailed ? EXIT_REFUSED : EXIT_OK;
}

function classified(file: string, values: readonly number[], ms: number): Classified {
  const confidence = Math.max(...values);
  const probabilities = Object.fromEntries(MATERIALS.map((material, index) => [material, values[index]!])) as Record<Material, number>;
  return { file, material: MATERIALS[values.indexOf(confidence)]!, confidence, probabilities, ms: Math.round(ms * 1000) / 1000 };
}
