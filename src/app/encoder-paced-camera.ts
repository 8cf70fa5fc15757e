// A recording played as a camera over a belt that somebody else moves: each picture when the belt has come to where it was taken. A belt that
// stands shows the same picture again and again, as it would under a real camera.
import type { Clock } from '../base/clock.ts';
import { delay } from '../base/clock.ts';
import { isSortlineError, SortlineError } from '../base/errors.ts';
import type { MonotonicNs } from '../base/units.ts';
import { NS_PER_MS } from '../base/units.ts';
import type { Camera, RawFrame } from '../camera/camera.ts';
import { decodeImage } from '../image/decode.ts';
import type { Recording } from '../record/open-recording.ts';
import type { RecordedFrame } from '../record/record-entry.ts';

export interface EncoderPacedCameraDeps {
  readonly recording: Recording;
  readonly clock: Clock;
  /** Pictures a second while it was recorded: what the stall alarm counts in. */
  readonly framesPerSecond: number;
  /** Whether the belt has come to where it was at a moment of the recording. */
  isReached(recordedNs: MonotonicNs): boolean;
  /** Whether the belt stands: the picture before is then still what a camera sees. */
  isStanding(): boolean;
}

const POLL_MS = 4;
/** Time between two pictures of a belt that stands. */
const REPEAT_NS = 100 * NS_PER_MS;

export class EncoderPacedCamera implements Camera {
  readonly description: string;
  readonly framesPerSecond: number;
  readonly #deps: EncoderPacedCameraDeps;
  readonly #frames: Generator<RecordedFrame>;
  #shown: RecordedFrame | undefined;
  #next: RecordedFrame | undefined;
  #isOpen = false;
  #isOver = false;

  constructor(deps: EncoderPacedCameraDeps) {
    this.#deps = deps;
    this.description = `recording ${deps.recording.path}, paced by the encoder`;
    this.framesPerSecond = deps.framesPerSecond;
    this.#frames = framesOf(deps.recording);
  }

  /** Every picture has been shown. */
  get isOver(): boolean {
    return this.#isOver;
  }

  async open(): Promise<void> {
    this.#isOpen = true;
  }

  /** Throws CAMERA_ENDED behind the last picture, CAMERA_READ_FAILED when closed meanwhile, CAMERA_BAD_FRAME for a damaged picture. */
  async read(): Promise<RawFrame> {
    const { clock, isReached, isStanding } = this.#deps;
    this.#next ??= this.#frames.next().value as RecordedFrame | undefined;
    if (this.#next === undefined) {
      this.#isOver = true;
      throw new SortlineError('CAMERA_ENDED', `${this.description}: all pictures were shown`);
    }
    const waitsSinceNs = clock.nowNs();
    while (!isReached(this.#next.capturedAtNs)) {
      if (!this.#isOpen) throw new SortlineError('CAMERA_READ_FAILED', `${this.description}: the camera was closed`);
      if (this.#shown !== undefined && isStanding() && clock.nowNs() - waitsSinceNs > REPEAT_NS) return this.#picture(this.#shown);
      await delay(clock, POLL_MS);
    }
    this.#shown = this.#next;
    this.#next = undefined;
    return this.#picture(this.#shown);
  }

  async close(): Promise<void> {
    this.#isOpen = false;
  }

  #picture({ sequence, data }: RecordedFrame): RawFrame {
    const capturedAtNs = this.#deps.clock.nowNs();
    try {
      return { capturedAtNs, image: decodeImage(Buffer.from(data.buffer, data.byteOffset, data.length), `frame ${sequence} of ${this.description}`) };
    } catch (cause) {
      if (!isSortlineError(cause, 'IMAGE_UNREADABLE')) throw cause;
      throw new SortlineError('CAMERA_BAD_FRAME', cause.message, { context: cause.context, cause });
    }
  }
}

function* framesOf(recording: Recording): Generator<RecordedFrame> {
  for (const entry of recording.entries()) if (entry.kind === 'frame') yield entry.frame;
}
