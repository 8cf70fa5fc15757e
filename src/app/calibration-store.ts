// Where the measured numbers of a line lie: calibration/<line>/lens.yaml, made by `calibrate camera`, and calibration.yaml, begun
// by `calibrate belt` and completed by the others. Each step keeps what the others measured.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../base/clock.ts';
import { wallIso } from '../base/clock.ts';
import { SortlineError } from '../base/errors.ts';
import type { LensCalibration } from '../calibrate/calibration-text.ts';
import { loadCalibration, loadLens, saveCalibration, saveLens, writeMeasured } from '../calibrate/load-calibration.ts';
import { cameraIdentity } from '../camera/camera-identity.ts';
import type { Config } from '../config/schema.ts';
import type { Calibration, Measurement } from '../domain/calibration.ts';
import type { SizePx } from '../domain/frame.ts';
import { mustBeOf } from './calibration-for.ts';

const MS_PER_DAY = 86_400_000;

export interface CalibrationStoreOptions {
  readonly config: Config;
  /** Folder; by default calibration/<line> below the working directory. */
  readonly folder: string | undefined;
  readonly clock: Clock;
  /** Days until a calibration made now is old. */
  readonly validDays: number;
}

export class CalibrationStore {
  readonly folder: string;
  readonly #options: CalibrationStoreOptions;

  constructor(options: CalibrationStoreOptions) {
    this.#options = options;
    this.folder = options.folder ?? join('calibration', options.config.line.id);
  }

  get lensFile(): string {
    return join(this.folder, 'lens.yaml');
  }

  get calibrationFile(): string {
    return join(this.folder, 'calibration.yaml');
  }

  /** The measured lens; undefined where none was measured. Throws CALIB_OTHER_CAMERA, and what {@link loadLens} throws. */
  lens(): LensCalibration | undefined {
    if (!existsSync(this.lensFile)) return undefined;
    const lens = loadLens(this.lensFile);
    mustBeOf(this.#identity, lens.camera, this.lensFile);
    return lens;
  }

  /** The calibration so far: that of the folder, else the configured one. Throws as {@link loadCalibration}; CALIB_OTHER_CAMERA. */
  calibration(): Calibration {
    const configured = this.#options.config.calibration.file;
    const file = existsSync(this.calibrationFile) || configured === undefined ? this.calibrationFile : configured;
    if (!existsSync(file)) {
      throw new SortlineError('CALIB_UNREADABLE', `there is no calibration in ${this.folder} yet: run \`sortline calibrate belt\` first, or name the folder with --out`, { context: { file } });
    }
    const calibration = loadCalibration(file);
    mustBeOf(this.#identity, calibration.camera, file);
    return calibration;
  }

  saveLens({ lens, frameSize }: Pick<LensCalibration, 'lens' | 'frameSize'>, measurement: Omit<Measurement, 'on'>, coverage: Uint8Array): void {
    const measured = { lens: { on: this.#today(), ...measurement } };
    saveLens(this.lensFile, { line: this.#options.config.line.id, ...this.#camera, measuredOn: this.#today(), frameSize, lens, measured });
    writeMeasured(join(this.folder, 'coverage.png'), coverage);
  }

  /** A new geometry: what was measured of lens and belt; actuators and colour of before are kept where there are any. */
  saveBelt(belt: Pick<Calibration, 'pixelToBelt' | 'countsPerMm'> & { readonly frameSize: SizePx }, lens: LensCalibration | undefined, measurement: Omit<Measurement, 'on'>): void {
    const before = existsSync(this.calibrationFile) ? loadCalibration(this.calibrationFile) : undefined;
    this.#save({
      line: this.#options.config.line.id, ...this.#camera, method: measurement.how, frameSize: belt.frameSize, lens: lens?.lens,
      pixelToBelt: belt.pixelToBelt, countsPerMm: belt.countsPerMm, actuators: before?.actuators, colour: before?.colour,
      measured: { ...before?.measured, ...lens?.measured, belt: { on: this.#today(), ...measurement } },
    });
  }

  /** One more part of the calibration there is. */
  savePart(part: 'actuators' | 'colour', change: Pick<Calibration, 'actuators' | 'colour'>, measurement: Omit<Measurement, 'on'>): void {
    const before = this.calibration();
    this.#save({ ...before, ...change, measured: { ...before.measured, [part]: { on: this.#today(), ...measurement } } });
  }

  #save(calibration: Omit<Calibration, 'measuredOn' | 'expiresOn'>): void {
    const { clock, validDays } = this.#options;
    const expiresOn = new Date(clock.wallMs() + validDays * MS_PER_DAY).toISOString().slice(0, 10);
    const { line, camera, method, ...rest } = calibration;
    saveCalibration(this.calibrationFile, { line, ...(camera === undefined ? {} : { camera }), measuredOn: this.#today(), expiresOn, method, ...rest });
  }

  #today(): string {
    return wallIso(this.#options.clock).slice(0, 10);
  }

  get #identity(): string | undefined {
    return cameraIdentity(this.#options.config.camera.source);
  }

  get #camera(): { camera?: string } {
    const camera = this.#identity;
    return camera === undefined ? {} : { camera };
  }
}
