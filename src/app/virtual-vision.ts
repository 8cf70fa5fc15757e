// The Vision of virtual time: the production pipeline in this process, in front of the virtual belt.
import type { ManualClock } from '../base/manual-clock.ts';
import type { Logger } from '../base/logger.ts';
import { createRandom } from '../base/random.ts';
import type { Classifier } from '../classify/classifier.ts';
import type { Config } from '../config/schema.ts';
import type { Calibration } from '../domain/calibration.ts';
import type { VirtualBeltCameraOptions } from '../camera/options.ts';
import { cv } from '../image/opencv.ts';
import { DrawingThread } from '../sim/drawing-thread.ts';
import { PX_PER_MM } from '../sim/render-frame.ts';
import { VirtualBeltCamera } from '../sim/virtual-belt-camera.ts';
import type { Vision, VisionSink } from '../vision/vision.ts';
import { VisionRunner } from '../vision/vision-runner.ts';
import type { VirtualPlant } from './virtual-plant.ts';

const MS_PER_S = 1000;

// As in the vision process: what OpenCV shares out among threads of its own waits for cores that the model and the drawings have.
cv.setNumThreads(1);

export interface VirtualVisionDeps {
  clock: ManualClock;
  log: Logger;
  calibration: Calibration;
  config: Config;
  camera: VirtualBeltCameraOptions;
  classifier: Classifier;
  plant: VirtualPlant;
  sink: VisionSink;
}

export function openVirtualVision({ clock, log, calibration, config, camera, classifier, plant, sink }: VirtualVisionDeps): Vision {
  const { capture } = config.camera;
  return new VisionRunner({
    clock, log, calibration, classifier, capture, sink, random: createRandom(1), rssMb: () => 0,
    camera: new VirtualBeltCamera({
      options: camera, clock, calibration, world: plant.world, motion: plant.motion, renderAheadMs: MS_PER_S / camera.framesPerSecond,
      openDrawings: () => new DrawingThread(PX_PER_MM),
    }),
    // In virtual time a frame takes none: nothing would be gained.
    batch: config.classifier.batch, options: config.vision, looksEarly: false,
  });
}
