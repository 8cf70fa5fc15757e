// What crosses the channel between the line and its vision process, besides VisionEvents: plain data for the structured
// clone of `serialization: 'advanced'`.
import type { BeltSample } from '../domain/frame.ts';
import type { TappedFrame } from './frame-tap.ts';
import type { VisionEvent } from './vision.ts';

/** Line to vision. `Setup` and `Extra` belong to the composition: how to open the edges, and what a simulated camera is told. */
export type ToVision<Setup = unknown, Extra = unknown> =
  | { readonly kind: 'start'; readonly setup: Setup }
  | { readonly kind: 'belt.sample'; readonly sample: BeltSample }
  | { readonly kind: 'belt.reset' }
  | { readonly kind: 'snapshot' }
  | { readonly kind: 'extra'; readonly extra: Extra }
  | { readonly kind: 'stop' };

/** Vision to line. */
export type FromVision =
  /** In order; what one frame or one run brings comes together: each message costs both ends a tenth of a millisecond. */
  | { readonly kind: 'events'; readonly events: readonly VisionEvent[] }
  /** A picture for the recorder. */
  | { readonly kind: 'frame'; readonly frame: TappedFrame }
  /** The process cannot do what it is configured to; it ends. Trying again does not help unless a person acts. */
  | { readonly kind: 'refused'; readonly code: string; readonly message: string };
