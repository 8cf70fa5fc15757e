// Takes the pictures that the vision has looked at for a recording: encoded beside the main thread, a few at once. Where encoding or
// delivery is behind, a picture is dropped and counted; the vision never waits.
import type { EncoderCounts, MonotonicNs } from '../base/units.ts';
import type { Frame, SizePx } from '../domain/frame.ts';
import { encodeJpeg, encodeJpegAside } from '../image/decode.ts';
import type { Mat } from '../image/opencv.ts';

/** A picture for the recorder; plain data, so it crosses between processes. */
export interface TappedFrame {
  readonly sequence: number;
  readonly capturedAtNs: MonotonicNs;
  readonly encoderCounts: EncoderCounts;
  readonly size: SizePx;
  readonly jpeg: Uint8Array;
  /** Pictures dropped before this one, in all. */
  readonly dropped: number;
}

export interface FrameTapDeps {
  /** JPEG quality, 1 to 100. */
  readonly quality: number;
  /** Hands one over; resolves when it has gone, which makes room for another. */
  deliver(frame: TappedFrame): Promise<void> | void;
  /** Encode in this very turn, for virtual time, where nothing may depend on how fast a thread is. */
  readonly inTurn?: boolean;
}

const IN_FLIGHT_AT_MOST = 3;

export class FrameTap {
  readonly #deps: FrameTapDeps;
  #inFlight = 0;
  #dropped = 0;

  constructor(deps: FrameTapDeps) {
    this.#deps = deps;
  }

  /** Releases the frame's image, now or when it is encoded: the caller must not touch it again. */
  take(frame: Frame<Mat>): void {
    if (this.#inFlight >= IN_FLIGHT_AT_MOST) {
      frame.image.release();
      this.#dropped++;
      return;
    }
    this.#inFlight++;
    void this.#encode(frame).catch(() => { this.#dropped++; }).finally(() => { this.#inFlight--; });
  }

  async #encode({ sequence, capturedAtNs, encoderCounts, size, image }: Frame<Mat>): Promise<void> {
    const { quality, deliver, inTurn } = this.#deps;
    let jpeg: Uint8Array;
    try {
      jpeg = inTurn === true ? encodeJpeg(image, quality) : await encodeJpegAside(image, quality);
    } finally {
      image.release();
    }
    await deliver({ sequence, capturedAtNs, encoderCounts, size, jpeg, dropped: this.#dropped });
  }
}
