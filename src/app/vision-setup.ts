// What the vision process must open, as plain data, and how: the composition of its edges, shared with the simulator.
import type { Clock } from '../base/clock.ts';
import type { Camera } from '../camera/camera.ts';
import { createCamera } from '../camera/create-camera.ts';
import type { Config } from '../config/schema.ts';
import type { Calibration } from '../domain/calibration.ts';
import type { MotionSegment } from '../sim/belt-motion.ts';
import { BeltMotion } from '../sim/belt-motion.ts';
import { DrawingThread } from '../sim/drawing-thread.ts';
import { PX_PER_MM } from '../sim/render-frame.ts';
import { VirtualBeltCamera } from '../sim/virtual-belt-camera.ts';
import type { WorldOptions } from '../sim/world.ts';
import { createWorld } from '../sim/world.ts';

export interface VisionSetup {
  readonly config: Pick<Config, 'camera' | 'classifier' | 'vision' | 'harvest' | 'record' | 'log'>;
  readonly calibration: Calibration;
  /** Models that took a vision process down while it loaded them; see DeadlyModels. */
  readonly avoid: ReadonlyMap<string, string>;
  /** Only for the virtual belt: what lies on it and how it has moved so far. */
  readonly virtual?: { readonly world: WorldOptions; readonly motion: readonly MotionSegment[] } | undefined;
}

/** What a virtual camera is told while it runs: a change of the belt's motion. */
export type VisionExtra = readonly MotionSegment[];

export interface OpenedCamera {
  readonly camera: Camera;
  /** Knows the belt's true motion; undefined for a camera that looks at the real world. */
  readonly motion: BeltMotion | undefined;
}

export function cameraOf({ config, calibration, virtual }: VisionSetup, clock: Clock): OpenedCamera {
  const { source } = config.camera;
  if (source.kind !== 'virtual-belt') return { camera: createCamera(source, clock), motion: undefined };
  const motion = BeltMotion.from(virtual!.motion);
  return { camera: new VirtualBeltCamera({ options: source, clock, calibration, world: createWorld(virtual!.world), motion, openDrawings: () => new DrawingThread(PX_PER_MM) }), motion };
}
