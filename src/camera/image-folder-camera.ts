// A folder of pictures played as a camera, in the order of their names. A picture that cannot be read is one bad frame, not
// the end.
import { readdirSync } from 'node:fs';
import { extname, join } from 'node:path';
import type { Clock } from '../base/clock.ts';
import { isSortlineError, reasonOf, SortlineError } from '../base/errors.ts';
import { readImage } from '../image/decode.ts';
import type { Camera, RawFrame } from './camera.ts';
import { FramePacer } from './frame-pacer.ts';
import type { ImageFolderCameraOptions } from './options.ts';

const EXTENSIONS = new Set(['.jpg', '.jpeg', '.png', '.bmp', '.webp', '.tif', '.tiff']);
/** `frame2` before `frame10`, alike on every machine. */
const byName = new Intl.Collator('en', { numeric: true }).compare;

export class ImageFolderCamera implements Camera {
  readonly description: string;
  readonly framesPerSecond: number;
  readonly #options: ImageFolderCameraOptions;
  readonly #clock: Clock;
  #files: readonly string[] = [];
  #next = 0;
  #pacer: FramePacer | undefined;

  constructor(options: ImageFolderCameraOptions, clock: Clock) {
    this.#options = options;
    this.#clock = clock;
    this.description = `pictures in ${options.path}`;
    this.framesPerSecond = options.framesPerSecond;
  }

  async open(): Promise<void> {
    const { path } = this.#options;
    let names: string[];
    try {
      names = readdirSync(path);
    } catch (cause) {
      throw new SortlineError('CAMERA_OPEN_FAILED', `the camera's folder ${path} cannot be read: ${reasonOf(cause)}; name a folder of pictures`, { context: { path }, cause });
    }
    this.#files = names.filter((name) => EXTENSIONS.has(extname(name).toLowerCase())).sort(byName).map((name) => join(path, name));
    if (this.#files.length === 0) {
      throw new SortlineError('CAMERA_OPEN_FAILED', `the camera's folder ${path} holds no picture: expected files that end in ${[...EXTENSIONS].join(', ')}`, { context: { path } });
    }
    this.#next = 0;
    this.#pacer = new FramePacer(this.#clock, this.framesPerSecond);
  }

  async read(): Promise<RawFrame> {
    const pacer = this.#pacer;
    if (pacer === undefined) throw new SortlineError('CAMERA_READ_FAILED', `${this.description}: the camera is not open`);
    if (this.#next >= this.#files.length && this.#options.loop) this.#next = 0;
    const file = this.#files[this.#next];
    if (file === undefined) throw new SortlineError('CAMERA_ENDED', `${this.description}: all ${this.#files.length} were shown`);
    const capturedAtNs = pacer.nextInstantNs();
    await pacer.waitUntil(capturedAtNs);
    this.#next++;
    try {
      return { capturedAtNs, image: readImage(file) };
    } catch (error) {
      if (!isSortlineError(error, 'IMAGE_UNREADABLE')) throw error;
      throw new SortlineError('CAMERA_BAD_FRAME', error.message, { context: error.context, cause: error });
    }
  }

  async close(): Promise<void> {
    this.#pacer?.cancel();
    this.#pacer = undefined;
  }
}
