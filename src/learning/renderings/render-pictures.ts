// Labelled pictures of drawn items, as the line's eyes would cut them out: a virtual belt is rendered frame by frame and goes
// through the real pipeline, whose crops are kept. The same seed gives the same pictures.
//
//   world ─▶ frame ─▶ segment ─▶ track ─▶ crop ─▶ prepared (crop recorder) ─▶ the item that truly lies there ─▶ picture
import { fileURLToPath } from 'node:url';
import type { Clock } from '../../base/clock.ts';
import { NS_PER_S } from '../../base/units.ts';
import { loadCalibration } from '../../calibrate/load-calibration.ts';
import { virtualBeltCameraOptions } from '../../camera/options.ts';
import type { Look } from '../../domain/item.ts';
import type { Material } from '../../domain/material.ts';
import { MATERIALS } from '../../domain/material.ts';
import { FrameRenderer } from '../../sim/render-frame.ts';
import type { World } from '../../sim/world.ts';
import { createWorld } from '../../sim/world.ts';
import { visionOptions } from '../../vision/options.ts';
import { VisionPipeline } from '../../vision/pipeline.ts';
import { CropRecorder } from './crop-recorder.ts';

export interface RenderedPicture {
  readonly material: Material;
  /** Number of the item on its belt, and which look at it this is, both from 0. */
  readonly item: number;
  readonly look: number;
  /** (256, 256, 3) uint8 RGB. */
  readonly pixels: Uint8Array;
}

export interface RenderRequest {
  /** What lies on the belt follows from it. */
  readonly seed: number;
  /** Pictures of each material. */
  readonly perMaterial: number;
  readonly clock: Clock;
}

const CALIBRATION_FILE = fileURLToPath(new URL('../../../calibration/virtual-belt/calibration.yaml', import.meta.url));
/** Looks at one item, at different places: more would be nearly the same picture. */
const LOOKS = 2;
/** Travel between two frames: an item is seen whole about four times. */
const STEP_MM = 130;
/** Belt for each item: room for the longest one laid straight. */
const PITCH_MM = 260;
const MM_PER_SECOND = 350;
/** Enough frames of empty belt to learn it from. */
const LEAD_IN_MM = 1600;
/** Between two frames the light wanders as in this time, so that a thousand pictures show all of it. */
const LIGHT_SECONDS = 3;
/** The nearest item is the one looked at when it is this near. */
const NEAR_MM = 40;

/** Yields `perMaterial` pictures of each material, in the order they pass. */
export async function* renderPictures({ seed, perMaterial, clock }: RenderRequest): AsyncGenerator<RenderedPicture> {
  const calibration = loadCalibration(CALIBRATION_FILE);
  const world = createWorld({ seed, countsPerMm: calibration.countsPerMm, beltMmPerSecond: MM_PER_SECOND, itemsPerSecond: MM_PER_SECOND / PITCH_MM, leadInMm: LEAD_IN_MM });
  const { lightDrift, noiseLevels } = virtualBeltCameraOptions.parse({ kind: 'virtual-belt' });
  const renderer = new FrameRenderer({ size: calibration.frameSize, world, lightDrift, noiseLevels });
  const recorder = new CropRecorder();
  const looks: Look[] = [];
  const pipeline = new VisionPipeline({
    clock, calibration, classifier: recorder, batch: { size: 8, deadlineMs: 0 }, options: visionOptions.parse({ looks: { perItem: LOOKS } }), looksEarly: false,
    sink: (event) => {
      if (event.kind === 'item.look') looks.push(event.look);
    },
  });
  const countByMaterial = new Map<Material, number>(MATERIALS.map((material) => [material, 0]));
  const lookByItem = new Map<number, number>();
  try {
    for (let frame = 0; [...countByMaterial.values()].some((count) => count < perMaterial); frame++) {
      const encoderCounts = frame * STEP_MM * calibration.countsPerMm;
      const image = renderer.render(encoderCounts, { seconds: frame * LIGHT_SECONDS, exposure: frame });
      pipeline.process({ sequence: frame, capturedAtNs: ((frame * STEP_MM) / MM_PER_SECOND) * NS_PER_S, encoderCounts, size: calibration.frameSize, image });
      image.release();
      await settled();
      for (const { probabilities, position } of looks.splice(0)) {
        const pixels = recorder.take(probabilities);
        const item = nearest(world, position.positionCounts);
        if (pixels === undefined || item === undefined || countByMaterial.get(item.material)! >= perMaterial) continue;
        countByMaterial.set(item.material, countByMaterial.get(item.material)! + 1);
        const look = lookByItem.get(item.index) ?? 0;
        lookByItem.set(item.index, look + 1);
        yield { material: item.material, item: item.index, look, pixels };
      }
    }
  } finally {
    pipeline.close();
    renderer.release();
  }
}

function nearest(world: World, counts: number): ReturnType<World['item']> {
  const reach = NEAR_MM * world.options.countsPerMm;
  return world.itemsBetween(counts - reach, counts + reach)
    .sort((a, b) => Math.abs(a.entryCounts - counts) - Math.abs(b.entryCounts - counts))[0];
}

/** Until the pipeline has told of every crop of its last frame: its batches settle within the turn. */
function settled(): Promise<void> {
  return new Promise((resolve) => void setImmediate(resolve));
}
