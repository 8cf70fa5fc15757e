// A recording played as a camera: each picture at the time it was taken, mapped onto the clock that is given - virtual for a replay, real
// for hardware in the loop, where it may also play faster. What the recording lacks (dropped pictures, stalls) is lacking here as well.
import type { Clock } from '../base/clock.ts';
import { isSortlineError, SortlineError } from '../base/errors.ts';
import type { MonotonicNs } from '../base/units.ts';
import { NS_PER_S } from '../base/units.ts';
import { decodeImage } from '../image/decode.ts';
import type { Recording } from '../record/open-recording.ts';
import type { RecordedFrame } from '../record/record-entry.ts';
import type { Camera, RawFrame } from './camera.ts';
import { FramePacer } from './frame-pacer.ts';

export interface RecordingCameraDeps {
  readonly recording: Recording;
  readonly clock: Clock;
  /** Pictures a second while it was recorded: what the stall alarm counts in. */
  readonly framesPerSecond: number;
  /** When a moment of the recording is played, by the clock. The same moment where absent: a virtual clock set to the recording's time. */
  playedAtNs?(recordedNs: MonotonicNs): MonotonicNs;
}

export class RecordingCamera implements Camera {
  readonly description: string;
  readonly framesPerSecond: number;
  readonly #deps: RecordingCameraDeps;
  #frames: Generator<RecordedFrame> | undefined;
  #pacer: FramePacer | undefined;
  #shownCount = 0;
  #isOver = false;
  #isMissingPictures = false;
  #lastSequence: number | undefined;

  constructor(deps: RecordingCameraDeps) {
    this.#deps = deps;
    // Not the file's name: it would be in events that are compared when the file lies elsewhere.
    this.description = `recording of run ${deps.recording.about.runId}`;
    this.framesPerSecond = deps.framesPerSecond;
  }

  /** Every picture has been shown. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** The camera had pictures between the last one shown and the next, but nobody looked at them, or the recorder dropped them: it was not silent. */
  get isMissingPictures(): boolean {
    return this.#isMissingPictures;
  }

  /** Goes on after the last picture shown, as a real camera would: time has passed meanwhile. */
  async open(): Promise<void> {
    this.#frames ??= framesOf(this.#deps.recording);
    this.#pacer = new FramePacer(this.#deps.clock, this.framesPerSecond);
  }

  async read(): Promise<RawFrame> {
    const pacer = this.#pacer;
    if (pacer === undefined) throw new SortlineError('CAMERA_READ_FAILED', `${this.description}: the camera is not open`);
    const next = this.#frames!.next();
    if (next.done === true) {
      this.#isOver = true;
      throw new SortlineError('CAMERA_ENDED', `${this.description}: all ${this.#shownCount} pictures were shown`);
    }
    const frame = next.value;
    this.#isMissingPictures = this.#lastSequence !== undefined && frame.sequence > this.#lastSequence + 1;
    this.#lastSequence = frame.sequence;
    const capturedAtNs = this.#deps.playedAtNs?.(frame.capturedAtNs) ?? frame.capturedAtNs;
    // Decoded before its moment: decoding is not the line's latency.
    const image = this.#decoded(frame);
    try {
      await pacer.waitUntil(capturedAtNs);
    } catch (error) {
      if (!isSortlineError(image)) image.release();
      throw error;
    }
    this.#shownCount++;
    if (isSortlineError(image)) throw image;
    return { capturedAtNs, image };
  }

  async close(): Promise<void> {
    this.#pacer?.cancel();
    this.#pacer = undefined;
  }

  /** The picture, or the CAMERA_BAD_FRAME that it is at its moment. */
  #decoded({ sequence, data }: RecordedFrame): RawFrame['image'] | SortlineError {
    try {
      return decodeImage(Buffer.from(data.buffer, data.byteOffset, data.length), `frame ${sequence} of ${this.description}`);
    } catch (error) {
      if (!isSortlineError(error, 'IMAGE_UNREADABLE')) throw error;
      return new SortlineError('CAMERA_BAD_FRAME', error.message, { context: error.context, cause: error });
    }
  }
}

/** Pictures a second, from the middle distance between neighbours; undefined where there are fewer than two. */
export function framesPerSecondOf(capturedAtNs: readonly MonotonicNs[]): number | undefined {
  const gaps = capturedAtNs.slice(1).map((atNs, index) => atNs - capturedAtNs[index]!).filter((gap) => gap > 0).sort((a, b) => a - b);
  const middle = gaps[Math.floor(gaps.length / 2)];
  return middle === undefined ? undefined : NS_PER_S / middle;
}

function* framesOf(recording: Recording): Generator<RecordedFrame> {
  for (const entry of recording.entries()) if (entry.kind === 'frame') yield entry.frame;
}
