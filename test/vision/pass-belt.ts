// The belt of belt-scene.ts, run past a pipeline: first empty, so that it is learned, then with what lies on it.
import type { ManualClock } from '../../src/base/manual-clock.ts';
import type { VisionPipeline } from '../../src/vision/pipeline.ts';
import type { SceneItem } from './belt-scene.ts';
import { COUNTS_PER_MM, sceneFrame } from './belt-scene.ts';

const FRAME_MS = 66;
/** Empty belt is learned here. */
const LEAD_IN_MM = [-300, -275, -250, -225, -200, -175, -150, -125];

export interface BeltRun {
  readonly items: readonly SceneItem[];
  readonly toMm: number;
  readonly stepMm?: number | undefined;
  readonly onFrame?: ((pipeline: VisionPipeline, mm: number) => void) | undefined;
}

/** A frame for each step of the belt, each at its own time of `clock`. */
export async function passBelt(pipeline: VisionPipeline, clock: ManualClock, { items, toMm, stepMm = 25, onFrame }: BeltRun): Promise<void> {
  const stops = [...LEAD_IN_MM];
  for (let mm = -100; mm <= toMm; mm += stepMm) stops.push(mm);
  for (const [sequence, mm] of stops.entries()) {
    const frame = sceneFrame(sequence, mm * COUNTS_PER_MM, { items });
    pipeline.process({ ...frame, capturedAtNs: clock.nowNs() });
    frame.image.release();
    onFrame?.(pipeline, mm);
    await clock.advanceMs(FRAME_MS);
  }
}
