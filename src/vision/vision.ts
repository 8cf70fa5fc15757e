// The Vision port: what the line hears from, and tells, the eyes. Two adapters: the vision process behind IPC, and the
// same pipeline in this process for virtual time. Everything here is plain data, so it crosses IPC as it is.
import type { BeltSample, BoxPx, SizePx } from '../domain/frame.ts';
import type { Look, Sighting, TrackId } from '../domain/item.ts';
import type { ModelInUse } from '../domain/model-in-use.ts';

export type VisionEvent =
  /** Model warm and camera open: frames follow. */
  | { readonly kind: 'vision.ready'; readonly classifier: ModelInUse; readonly camera: string; readonly frameSize: SizePx }
  /** Begins to load a model that others can stand in for; a process that dies before the next word on it has died of it. */
  | { readonly kind: 'model.loading'; readonly key: string; readonly name: string }
  /** Another model classifies from now on, or the same one now is, or no longer is, the one that should. */
  | { readonly kind: 'model.in-use'; readonly classifier: ModelInUse }
  /** A model that should run cannot; another one does. `role` says which: `champion`, `previous`, or `pointer` for champion.json itself. */
  | { readonly kind: 'model.refused'; readonly role: string; readonly name: string; readonly code: string; readonly message: string }
  | { readonly kind: 'item.seen'; readonly sighting: Sighting }
  | { readonly kind: 'item.look'; readonly look: Look }
  /** A picture of an item that the model was unsure of, for people to label; just before it is told as gone. */
  | { readonly kind: 'item.crop'; readonly trackId: TrackId; readonly jpeg: Uint8Array }
  /** The track has left the view; no look follows. */
  | { readonly kind: 'item.gone'; readonly trackId: TrackId }
  | { readonly kind: 'camera.stalled'; readonly silentMs: number; readonly reason: string }
  /** A good frame came: the first of this process, which knows of no stall before it, or the first after a stall. */
  | { readonly kind: 'camera.delivers' }
  /** Once a second: totals since the process started; also the sign of progress the supervisor watches. */
  | { readonly kind: 'vision.stats'; readonly stats: VisionStats }
  /** A still of what the camera sees with the found items marked, on request. */
  | { readonly kind: 'vision.snapshot'; readonly jpeg: Uint8Array; readonly marks: readonly PictureMark[] }
  | { readonly kind: 'vision.warning'; readonly code: string; readonly message: string }
  /** Model or camera cannot be used as configured: trying again does not help unless a person acts. `vision.down` follows. */
  | { readonly kind: 'vision.refused'; readonly code: string; readonly message: string }
  /** The process ended or hung; tracks in view are lost. `restartInMs` until the next attempt. */
  | { readonly kind: 'vision.down'; readonly reason: string; readonly restartInMs: number };

/** A found item in a still, in the still's own pixels. */
export interface PictureMark {
  readonly trackId: TrackId;
  readonly boxPx: BoxPx;
  /** What it is taken for so far: `metal 97 %`, `?`. */
  readonly label: string;
}

export interface VisionStats {
  readonly framesCaptured: number;
  readonly framesProcessed: number;
  /** Replaced by a newer frame before processing. */
  readonly framesDropped: number;
  readonly badFrames: number;
  readonly cropsClassified: number;
  /** Crops given up because the classifier was behind. */
  readonly cropsDropped: number;
  readonly rssMb: number;
  /** Largest change of a colour of the empty belt since it was calibrated, share; undefined where its colour was never measured. */
  readonly colourDrift?: number | undefined;
}

export interface Vision {
  /** Starts; events go to the sink given at creation. Resolves when started, not when ready. */
  start(): Promise<void>;
  /** Tells where the belt is; also the belt clock of exposures. */
  beltSample(sample: BeltSample): void;
  /** The board restarted: forget belt positions and tracks. */
  beltReset(): void;
  requestSnapshot(): void;
  stop(): Promise<void>;
}

export type VisionSink = (event: VisionEvent) => void;
