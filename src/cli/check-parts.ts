// The parts that `sortline check` opens, in the order of the flow. Each says what it found, or throws a SortlineError.
import { calibrationFor } from '../app/calibration-for.ts';
import { worldOptionsOf } from '../app/virtual-plant.ts';
import { systemClock } from '../base/clock.ts';
import { isSortlineError, SortlineError } from '../base/errors.ts';
import { silentLogger } from '../base/logger.ts';
import type { ModelCandidate, ModelChoice } from '../classify/champion.ts';
import { chooseModels } from '../classify/champion.ts';
import type { ModelRefusal } from '../classify/open-classifier.ts';
import type { ConfigPath } from '../config/problem.ts';
import type { Config } from '../config/schema.ts';
import type { SizePx } from '../domain/frame.ts';
import { createWorld } from '../sim/world.ts';
import { checkBroker } from './check-broker.ts';
import { checkDashboard } from './check-dashboard.ts';
import { checkLedger } from './check-ledger.ts';
import { checkPort } from './check-port.ts';
import { checkRecordings } from './check-recordings.ts';

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
  { part: 'camera', path: ['camera', 'source'], open: checkCamera },
  { part: 'port', path: ['link', 'connection'], open: checkPort },
  { part: 'ledger', path: ['ledger', 'path'], open: checkLedger },
  { part: 'recordings', path: ['record', 'folder'], open: checkRecordings },
  { part: 'broker', path: ['mqtt'], open: checkBroker },
  { part: 'dashboard', path: ['web'], open: checkDashboard },
];

async function checkModel({ classifier }: Config): Promise<string> {
  // Loaded late: ONNX Runtime takes a quarter of a second, which a config with mistakes need not wait for.
  const { openClassifier } = await import('../classify/open-classifier.ts');
  const choice = chooseModels(classifier);
  const refusals: ModelRefusal[] = [];
  const opened = await openClassifier(classifier, silentLogger, { choice, onRefused: (refusal) => refusals.push(refusal) });
  const { model, provider, unavailable, warmUpMs } = opened.description;
  await opened.close();
  const [first] = refusals;
  if (first !== undefined) {
    const reasons = refusals.map(({ name, message }) => `${name} cannot be used: ${message.replace(/\.$/, '')}`).join('; ');
    throw new SortlineError(first.code, `${reasons}; the line would run ${model} instead`, { context: { refusals } });
  }
  const without = unavailable.map((each) => `; ${each.provider} is not available: ${each.reason}`).join('');
  return `${originOf(choice)}${model} on ${provider}, warm in ${Math.round(warmUpMs)} ms${without}`;
}

function originOf({ candidates, emptyStore }: ModelChoice): string {
  if (emptyStore !== undefined) return `nothing was ever promoted in ${emptyStore}, so the shipped `;
  const [{ role, name }] = candidates as [ModelCandidate];
  return role === 'champion' ? `champion ${name}: ` : '';
}

async function checkCalibration(config: Config): Promise<string> {
  const { line, measuredOn, frameSize, countsPerMm } = calibrationFor(config);
  return `line ${line}, measured on ${measuredOn}, ${frameSize.width} x ${frameSize.height} px, ${countsPerMm} counts per mm`;
}

/** Takes one picture and compares its size with the calibration's. */
async function checkCamera(config: Config): Promise<string> {
  const { source } = config.camera;
  if (source.kind === 'virtual-belt') mustCarryItems(config);
  if (source.kind === 'virtual-belt') return `virtual belt, ${source.width} x ${source.height} px at ${source.framesPerSecond}/s, nothing to open`;
  const { createCamera } = await import('../camera/create-camera.ts');
  const camera = createCamera(source, systemClock);
  try {
    await camera.open();
    const { image } = await camera.read();
    const size = { width: image.cols, height: image.rows };
    image.release();
    mustMatchCalibration(config, size);
    return `${camera.description}: a picture of ${size.width} x ${size.height} px`;
  } finally {
    await camera.close();
  }
}

/** Throws USAGE where the virtual belt cannot carry as many items as are asked for. */
function mustCarryItems(config: Config): void {
  const { sim: { twin, world } } = config;
  createWorld(worldOptionsOf({ twin, world, images: undefined }, calibrationFor(config).countsPerMm));
}

function mustMatchCalibration(config: Config, size: SizePx): void {
  const expected = calibratedSize(config);
  if (expected === undefined || (expected.width === size.width && expected.height === size.height)) return;
  throw new SortlineError('CALIB_SIZE_MISMATCH',
    `the camera delivers ${size.width} x ${size.height} px, the calibration was made for ${expected.width} x ${expected.height} px: set the camera to that size, or calibrate for this one`, { context: { found: size, expected } });
}

/** Undefined where the calibration is wrong in itself, which is a problem of its own. */
function calibratedSize(config: Config): SizePx | undefined {
  try {
    return calibrationFor(config).frameSize;
  } catch (error) {
    if (isSortlineError(error)) return undefined;
    throw error;
  }
}
