import { describe, expect, test } from 'vitest';
import { simulatedFramesPerSecond, simulatedLeadInMm } from '../../src/app/simulation-pace.ts';
import { virtualBeltCameraOptions } from '../../src/camera/options.ts';

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

  test('of as much empty belt as it is learned from, and of the item behind it none before', () => {
    expect(simulatedLeadInMm({ framesPerSecond: 2, beltMmPerSecond: 400, learnFrames: 8 })).toBe(9 * 200);
  });
});
