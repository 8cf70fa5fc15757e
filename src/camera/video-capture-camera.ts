// Every camera that OpenCV opens itself: V4L2, network streams, GStreamer, video files. Devices and streams are read on a
// thread of libuv's pool, so one that hangs does not stop the event loop, and the stall alarm fires; a file is read at once, so
// that it plays the same in virtual time. Opening does block (the add-on has no other way); each kind bounds it beforehand, as
// far as it can, in `prepare`.
import type { Clock } from '../base/clock.ts';
import { reasonOf, SortlineError } from '../base/errors.ts';
import type { Mat, VideoCapture } from '../image/opencv.ts';
import { cv } from '../image/opencv.ts';
import type { Camera, RawFrame } from './camera.ts';
import { FramePacer } from './frame-pacer.ts';

/** How one kind of camera is opened. */
export interface VideoSource {
  /** Without credentials. */
  readonly description: string;
  readonly address: string;
  /** OpenCV's cv.CAP_…: a kind never falls through to another API that would open something else. */
  readonly api: number;
  readonly framesPerSecond: number;
  /** What to do when it cannot be opened. */
  readonly whatToDo: string;
  /** Set after opening, in this order: [cv.CAP_PROP_…, value]. What the device cannot do it ignores. */
  readonly properties?: readonly (readonly [number, number])[];
  /** Before opening; throws CAMERA_OPEN_FAILED with a better reason than OpenCV has. */
  prepare?(): Promise<void>;
  /** A file keeps no time of its own: it is paced by the clock and may start again at its end. */
  readonly file?: { readonly loop: boolean; readonly framesPerSecond: number | undefined };
}

/** Frame rates that files claim by mistake are outside of this. */
const BELIEVABLE_FPS = { min: 0.1, max: 1000 };

export class VideoCaptureCamera implements Camera {
  readonly description: string;
  readonly #source: VideoSource;
  readonly #clock: Clock;
  #framesPerSecond: number;
  #capture: VideoCapture | undefined;
  #reading: Promise<Mat> | undefined;
  #pacer: FramePacer | undefined;
  #framesSinceStart = 0;

  constructor(source: VideoSource, clock: Clock) {
    this.#source = source;
    this.#clock = clock;
    this.description = source.description;
    this.#framesPerSecond = source.framesPerSecond;
  }

  /** Of a video file, known once it is open. */
  get framesPerSecond(): number {
    return this.#framesPerSecond;
  }

  async open(): Promise<void> {
    const { file, prepare } = this.#source;
    await prepare?.();
    this.#capture = this.#openCapture();
    if (file === undefined) return;
    const said = this.#capture.get(cv.CAP_PROP_FPS);
    const isBelievable = said >= BELIEVABLE_FPS.min && said <= BELIEVABLE_FPS.max;
    this.#framesPerSecond = file.framesPerSecond ?? (isBelievable ? said : this.#source.framesPerSecond);
    this.#pacer = new FramePacer(this.#clock, this.#framesPerSecond);
  }

  async read(): Promise<RawFrame> {
    const pacer = this.#pacer;
    if (pacer === undefined) return { image: await this.#readImage(), capturedAtNs: this.#clock.nowNs() };
    const image = await this.#readImage();
    const capturedAtNs = pacer.nextInstantNs();
    try {
      await pacer.waitUntil(capturedAtNs);
    } catch (error) {
      image.release();
      throw error;
    }
    return { image, capturedAtNs };
  }

  /** Returns at once; a read that is under way ends on its own, and only then is the device let go. */
  async close(): Promise<void> {
    this.#pacer?.cancel();
    this.#pacer = undefined;
    const capture = this.#capture;
    this.#capture = undefined;
    const release = (): void => capture?.release();
    if (this.#reading === undefined) release();
    else void this.#reading.then(release, release);
  }

  #openCapture(): VideoCapture {
    const { address, api, description, whatToDo, properties } = this.#source;
    let capture: VideoCapture;
    try {
      capture = new cv.VideoCapture(address, api);
    } catch (cause) {
      throw new SortlineError('CAMERA_OPEN_FAILED', `${description} cannot be opened: ${whatToDo}`, { context: { camera: description }, cause: withoutAddress(cause, address) });
    }
    for (const [property, value] of properties ?? []) capture.set(property, value);
    this.#framesSinceStart = 0;
    return capture;
  }

  async #readImage(): Promise<Mat> {
    const first = await this.#readOnce();
    if (!isEmpty(first)) return this.#asBgr(first);
    first.release();
    const { file, description } = this.#source;
    if (file === undefined) throw new SortlineError('CAMERA_READ_FAILED', `${description} delivered no picture: the camera or its cable may be gone`, { context: { camera: description } });
    if (!file.loop || this.#framesSinceStart === 0) throw this.#ended();
    this.#capture?.release();
    this.#capture = this.#openCapture();
    const again = await this.#readOnce();
    if (!isEmpty(again)) return this.#asBgr(again);
    again.release();
    throw this.#ended();
  }

  async #readOnce(): Promise<Mat> {
    const capture = this.#capture;
    if (capture === undefined) throw new SortlineError('CAMERA_READ_FAILED', `${this.description}: the camera is not open`);
    try {
      if (this.#source.file !== undefined) return capture.read();
      this.#reading = readAsync(capture);
      return await this.#reading;
    } catch (cause) {
      throw new SortlineError('CAMERA_READ_FAILED', `${this.description} cannot be read: ${reasonOf(withoutAddress(cause, this.#source.address))}`, { context: { camera: this.description } });
    } finally {
      this.#reading = undefined;
    }
  }

  #asBgr(image: Mat): Mat {
    this.#framesSinceStart++;
    if (image.type === cv.CV_8UC3) return image;
    const { rows, cols, type } = image;
    const grey = type === cv.CV_8UC1 ? image.cvtColor(cv.COLOR_GRAY2BGR) : undefined;
    image.release();
    if (grey !== undefined) return grey;
    throw new SortlineError('CAMERA_BAD_FRAME', `${this.description} delivered a ${cols}x${rows} picture of OpenCV type ${type}: expected 8-bit BGR (${cv.CV_8UC3}) or grey (${cv.CV_8UC1})`, { context: { type } });
  }

  #ended(): SortlineError {
    const shown = this.#framesSinceStart;
    return shown === 0
      ? new SortlineError('CAMERA_READ_FAILED', `${this.description} holds no picture that can be decoded: the file is cut off, or of a format that OpenCV cannot read`)
      : new SortlineError('CAMERA_ENDED', `${this.description} is at its end after ${shown} pictures`, { context: { pictures: shown } });
  }
}

function isEmpty(image: Mat): boolean {
  return image.rows === 0 || image.cols === 0;
}

/** The binary's own method takes a callback; the typings describe the promise that the bypassed front makes of it. */
function readAsync(capture: VideoCapture): Promise<Mat> {
  const native = capture as unknown as { readAsync(callback: (error: unknown, image: Mat) => void): void };
  return new Promise((resolve, reject) => native.readAsync((error, image) => (error === null || error === undefined ? resolve(image) : reject(new Error(String(error))))));
}

/** OpenCV's messages may repeat the address with its credentials. */
function withoutAddress(cause: unknown, address: string): Error {
  return new Error(reasonOf(cause).replaceAll(address, '(address)'));
}
