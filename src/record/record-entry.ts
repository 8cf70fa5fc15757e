// What a recording holds, as the rest of Sortline says it: one entry per thing that happened, each with its monotonic time. Channels
// turn entries into messages of the file and back.
import type { EncoderCounts, Millimetres, MonotonicNs } from '../base/units.ts';
import type { Calibration } from '../domain/calibration.ts';
import type { ItemId } from '../domain/decision.ts';
import type { BeltSample, SizePx } from '../domain/frame.ts';
import type { LineEvent } from '../domain/line-event.ts';
import type { Material } from '../domain/material.ts';
import type { LinkEvent } from '../link/link.ts';

/** A picture that the vision looked at. */
export interface RecordedFrame {
  /** As in Frame: a gap is a picture that was not looked at. */
  readonly sequence: number;
  readonly capturedAtNs: MonotonicNs;
  readonly encoderCounts: EncoderCounts;
  readonly size: SizePx;
  readonly format: 'jpeg' | 'png';
  /** The encoded picture; the holder may keep it. */
  readonly data: Uint8Array;
}

/** What an item truly is, by a person or the simulator. Found again by where it lies, since another run gives it another id. */
export interface ItemLabel {
  readonly material: Material;
  /** As BeltPosition.positionCounts. */
  readonly positionCounts: EncoderCounts;
  /** As BeltPosition.yMm, where known. */
  readonly yMm?: Millimetres | undefined;
  /** Its id in the recorded run, where the label was given by it. */
  readonly itemId?: ItemId | undefined;
}

export type RecordEntry =
  | { readonly kind: 'frame'; readonly atNs: MonotonicNs; readonly frame: RecordedFrame }
  | { readonly kind: 'belt'; readonly atNs: MonotonicNs; readonly sample: BeltSample }
  /** Bytes of the cable as they passed; `out` is towards the board. */
  | { readonly kind: 'serial'; readonly atNs: MonotonicNs; readonly direction: 'out' | 'in'; readonly bytes: Uint8Array }
  /** What the link told, but for belt samples. */
  | { readonly kind: 'board'; readonly atNs: MonotonicNs; readonly event: LinkEvent }
  | { readonly kind: 'event'; readonly atNs: MonotonicNs; readonly event: LineEvent }
  | { readonly kind: 'label'; readonly atNs: MonotonicNs; readonly label: ItemLabel }
  /** What a person wrote about this moment. */
  | { readonly kind: 'note'; readonly atNs: MonotonicNs; readonly text: string };

/** What a recording says of itself at its beginning. */
export interface RecordingAbout {
  readonly sortlineVersion: string;
  /** Life of the service that was recorded: parts of one run share its clock. */
  readonly runId: string;
  readonly site: string;
  readonly line: string;
  /** `line` a real or demo line, `simulation` virtual time, `video` an imported file. */
  readonly source: 'line' | 'simulation' | 'video';
  /** Wall time less monotonic time when the recording began, ns. */
  readonly wallOffsetNs: bigint;
  /** The configuration of the run with its secrets hidden; JSON. */
  readonly config: unknown;
  readonly calibration: Calibration;
}
