// The Camera port: one picture at a time, pulled. The capture loop above it decides what is kept; adapters only deliver.
import type { MonotonicNs } from '../base/units.ts';
import type { Mat } from '../image/opencv.ts';

/** What an adapter delivers; the capture loop adds sequence number and encoder count. */
export interface RawFrame {
  /** Best estimate of the exposure, host monotonic time. */
  readonly capturedAtNs: MonotonicNs;
  /** 8-bit BGR; the caller of `read` owns it and releases it. */
  readonly image: Mat;
}

/**
 * A source of frames. `open` and `read` throw SortlineError: CAMERA_OPEN_FAILED, CAMERA_READ_FAILED (reconnect helps),
 * CAMERA_BAD_FRAME (this frame only), CAMERA_ENDED (a file or folder is at its end). Not reentrant: one `read` at a time.
 */
export interface Camera {
  /** For logs and `sortline check`: kind and address, without credentials. */
  readonly description: string;
  /** Frames a second the source is expected to deliver; the stall alarm counts in its periods. */
  readonly framesPerSecond: number;
  open(): Promise<void>;
  read(): Promise<RawFrame>;
  close(): Promise<void>;
}
