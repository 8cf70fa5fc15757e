import { describe, expect, test } from 'vitest';
import { simulatedFramesPerSecond, simulatedPlant } from '../../src/app/simulation-pace.ts';
import { virtualBeltCameraOptions } from '../../src/camera/options.ts';
import { defaultConfig } from '../../src/config/load-config.ts';

const camera = virtualBeltCameraOptions.parse({ kind: 'virtual-belt' });

describe('the simulation takes pictures', () => {
  test('as often as the belt is fast', () => {
    const atDefault = simulatedFramesPerSecond(camera, 350);
    expect(atDefault).toBeGreaterThan(1.4);
    expect(atDefault).toBeLessThan(1.6);
    expect(simulatedFramesPerSecond(camera, 1400)).toBeCloseTo(4 * atDefault, 9);
  });

  test('no more often than the camera can', () => {
    expect(simulatedFramesPerSecond(camera, 5000)).toBe(camera.framesPerSecond);
  });

  test('as often as the camera can where its picture is hardly longer than an item', () => {
    expect(simulatedFramesPerSecond({ ...camera, width: 320 }, 350)).toBe(camera.framesPerSecond);
    expect(simulatedFramesPerSecond({ ...camera, width: 640 }, 350)).toBeGreaterThan(4);
  });

  test('more often where the camera leans and its picture shows less of the belt at one side', () => {
    const leaning = virtualBeltCameraOptions.parse({ kind: 'virtual-belt', view: { tiltAcrossDeg: 12, tiltAlongDeg: 0 } });
    expect(simulatedFramesPerSecond(leaning, 350)).toBeGreaterThan(simulatedFramesPerSecond(camera, 350));
  });

  test('of as much empty belt before the first item as it is learned from, or as the config wants', () => {
    const { sim, ...config } = defaultConfig();
    const plantOf = (leadInMm: number, learnFrames: number): number => {
      const vision = { ...config.vision, segment: { ...config.vision.segment, learnFrames } };
      return simulatedPlant({ ...config, vision, sim: { ...sim, world: { ...sim.world, leadInMm } } }, { frameSize: { width: 1280, height: 720 } }, { items: 3, seed: 9 }).plant.world.leadInMm;
    };
    const betweenPicturesMm = 350 / simulatedFramesPerSecond(camera, 350);
    expect(plantOf(0, 8)).toBeCloseTo(9 * betweenPicturesMm, 6);
    expect(plantOf(5000, 8)).toBe(5000);
  });
});
