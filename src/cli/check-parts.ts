// The parts that `sortline check` opens, in the order of the flow. Each says what it found, or throws a SortlineError.
import { silentLogger } from '../base/logger.ts';
import { loadCalibration } from '../calibrate/load-calibration.ts';
import type { ConfigPath } from '../config/problem.ts';
import type { Config } from '../config/schema.ts';
import { checkPort } from './check-port.ts';

export interface PartCheck {
  readonly part: string;
  /** Where the config names the part. */
  readonly path: ConfigPath;
  /** Opens the part, closes it again, and tells in one line what it is. */
  open(config: Config): Promise<string>;
}

export const PART_CHECKS: readonly PartCheck[] = [
  { part: 'model', path: ['classifier', 'model'], open: checkModel },
  { part: 'calibration', path: ['calibration', 'file'], open: checkCalibration },
  { part: 'port', path: ['link', 'connection'], open: checkPort },
];

async function checkModel({ classifier }: Config): Promise<string> {
  // Loaded late: ONNX Runtime takes a quarter of a second, which a config with mistakes need not wait for.
  const { createOnnxClassifier } = await import('../classify/onnx-classifier.ts');
  const opened = await createOnnxClassifier(classifier, silentLogger);
  const { model, provider, unavailable, warmUpMs } = opened.description;
  await opened.close();
  const without = unavailable.map((each) => `; ${each.provider} is not available: ${each.reason}`).join('');
  return `${model} on ${provider}, warm in ${Math.round(warmUpMs)} ms${without}`;
}

async function checkCalibration({ calibration: { file } }: Config): Promise<string> {
  if (file === undefined) return 'the virtual belt knows its own geometry';
  const { line, measuredOn, frameSize, countsPerMm } = loadCalibration(file);
  return `${file}: line ${line}, measured on ${measuredOn}, ${frameSize.width} x ${frameSize.height} px, ${countsPerMm} counts per mm`;
}
