// What a training came to: for people, and as one JSON document.
import { MATERIALS } from '../domain/material.ts';
import { durationText } from '../learning/train/progress-text.ts';
import { thresholdsText } from '../learning/train/purity-thresholds.ts';
import type { TrainOutcome } from '../learning/train/train-model.ts';
import { percentText } from './quantity-text.ts';

export function outcomeText(outcome: TrainOutcome, { seconds, out }: { seconds: number; out: string | undefined }): string {
  if (outcome.kind === 'stopped') {
    const best = outcome.best === null ? 'no pass is complete yet' : `best so far: ${percentText(outcome.best.accuracy)} after pass ${outcome.best.epoch}`;
    return `stopped after ${durationText(seconds)}; ${best}. Go on with \`sortline train --resume ${outcome.runId}\`\n`;
  }
  const { artifact, built: { evaluation, manifest, thresholds, files }, runId, bestEpoch } = outcome;
  const { accuracy, interval, n, ece } = evaluation;
  return [
    `model ${artifact.name}:v${artifact.version}, ${(files.get('model.onnx')!.length / 1e6).toFixed(1)} MB, from run ${runId} in ${durationText(seconds)}${out === undefined ? '' : `, written to ${out}`}`,
    `accuracy    ${percentText(accuracy)} of ${n} validation pictures (95 %: ${percentText(interval[0])} to ${percentText(interval[1])}), best after pass ${bestEpoch}; the pictures also selected it`,
    ...MATERIALS.flatMap((material) => {
      const figures = evaluation.perMaterial[material];
      return figures === null ? [] : [`            ${material.padEnd(10)} ${percentText(figures.accuracy).padStart(7)} of ${figures.n}`];
    }),
    `confidence  temperature ${manifest.temperature.toPrecision(3)}, calibration error ${percentText(ece)}`,
    ...thresholdsText(thresholds, manifest.purity!.target).map((line, index) => `${index === 0 ? 'thresholds' : ''}`.padEnd(12) + line),
    '',
  ].join('\n');
}

export function outcomeDocument(outcome: TrainOutcome, seconds: number): Record<string, unknown> {
  if (outcome.kind === 'stopped') return { state: 'stopped', run: outcome.runId, best: outcome.best, seconds };
  const { artifact, built: { evaluation, manifest }, runId, bestEpoch } = outcome;
  const { n, accuracy, interval, perMaterial, ece } = evaluation;
  return {
    state: 'trained', run: runId, model: `${artifact.name}:v${artifact.version}`, sha256: manifest.sha256, n, accuracy, interval, perMaterial, ece,
    bestEpoch, temperature: manifest.temperature, thresholds: manifest.purity, metrics: manifest.metrics, seconds,
  };
}
