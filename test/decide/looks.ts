// Looks for tests: only what a vote reads differs.
import type { Look } from '../../src/domain/item.ts';
import { MATERIALS } from '../../src/domain/material.ts';

export function lookOf(probabilities: readonly number[], frameSequence = 0): Look {
  const confidence = Math.max(...probabilities);
  return {
    trackId: 1, frameSequence, capturedAtNs: frameSequence * 1e7, boxPx: { x: 0, y: 0, width: 10, height: 10 },
    position: { positionCounts: 1000, yMm: 100, lengthMm: 80, widthMm: 60 },
    probabilities, material: MATERIALS[probabilities.indexOf(confidence)]!, confidence, inferenceMs: 10, waitedMs: 1, modelSha256: 'ab',
  };
}
