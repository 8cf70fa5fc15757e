import { describe, expect, test } from 'vitest';
import { simulatedFramesPerSecond, simulatedPlant } from '../../src/app/simulated-plant.ts';
import { virtualBeltCameraOptions } from '../../src/camera/options.ts';
import { defaultConfig } from '../../src/config/load-config.ts';

const camera = virtualBeltCameraOptions.parse({ kind: 'virtual-belt' });
const at = (beltMmPerSecond: number, given = camera, looksPerItem = 3): number => simulatedFramesPerSecond(given, { beltMmPerSecond, looksPerItem });

describe('the simulation takes pictures', () => {
  test('as often as the belt is fast', () => {
    expect(at(350)).toBeGreaterThan(2);
    expect(at(350)).toBeLessThan(2.2);
    expect(at(1400)).toBeCloseTo(4 * at(350), 9);
  });

  test('as often as an item may be looked at, and at least so often that it is followed', () => {
    expect(at(350, camera, 6) / at(350, camera, 3)).toBeCloseTo(6.5 / 3.5, 9);
    expect(at(350, camera, 1) / at(350, camera, 3)).toBeCloseTo(2.5 / 3.5, 9);
  });

  test('no more often than the camera can', () => {
    expect(at(5000)).toBe(camera.framesPerSecond);
  });

  test('as often as the camera can where its picture is hardly longer than an item', () => {
    expect(at(350, { ...camera, width: 320 })).toBe(camera.framesPerSecond);
    expect(at(350, { ...camera, width: 640 })).toBeGreaterThan(4);
  });

  test('more often where the camera leans and its picture shows less of the belt at one side', () => {
    const leaning = virtualBeltCameraOptions.parse({ kind: 'virtual-belt', view: { tiltAcrossDeg: 12, tiltAlongDeg: 0 } });
    expect(at(350, leaning)).toBeGreaterThan(at(350));
  });

  test('of as much empty belt before the first item as it is learned from, or as the config wants', () => {
    const { sim, ...config } = defaultConfig();
    const plantOf = (leadInMm: number, learnFrames: number): number => {
      const vision = { ...config.vision, segment: { ...config.vision.segment, learnFrames } };
      return simulatedPlant({ ...config, vision, sim: { ...sim, world: { ...sim.world, leadInMm } } }, { frameSize: { width: 1280, height: 720 } }, { items: 3, seed: 9 }).plant.world.leadInMm;
    };
    const betweenPicturesMm = 350 / at(350);
    expect(plantOf(0, 8)).toBeCloseTo(9 * betweenPicturesMm, 6);
    expect(plantOf(5000, 8)).toBe(5000);
  });
});
