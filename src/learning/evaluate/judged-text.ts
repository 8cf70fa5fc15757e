// An evaluation for a terminal.
import { MATERIALS } from '../../domain/material.ts';
import { confidentMistakes, predictedOf } from './evaluate-verdicts.ts';
import type { Interval } from './intervals.ts';
import type { JudgedModel } from './judged-model.ts';
import { thresholdsFor } from './judged-model.ts';
import { textTable } from './text-table.ts';

/** Mistakes named; the HTML page shows more, with pictures. */
const MISTAKES_NAMED = 10;

export function judgedText(judged: JudgedModel): string {
  const { model, data, evaluation, verdicts } = judged;
  const { n, accuracy, interval, macroF1, top5, ece, negativeLogLikelihood, msPerImage } = evaluation;
  return [
    `${model} on ${data}\n`,
    `accuracy ${figure(accuracy)} (${range(interval)}), ${verdicts.filter((verdict) => predictedOf(verdict) === verdict.actual).length} of ${n} right\n`,
    `mean F1 ${figure(macroF1)}, top-5 ${figure(top5)}, calibration error ${figure(ece)}, negative log likelihood ${figure(negativeLogLikelihood)}, ${msPerImage.toFixed(1)} ms a picture\n`,
    materialTable(judged), confusionTable(judged), thresholdTable(judged), mistakeList(judged),
    'Ranges are 95 % intervals: Wilson\'s, for F1 by way of tp / (tp + fp + fn).\n',
  ].join('\n');
}

function materialTable({ evaluation }: JudgedModel): string {
  const rows = MATERIALS.map((material) => {
    const figures = evaluation.perMaterial[material];
    if (figures === null) return [material, '0', '-', '-', '-'];
    const { n, precision, precisionInterval, recall, recallInterval, f1, f1Interval } = figures;
    return [material, String(n), withRange(precision, precisionInterval), withRange(recall, recallInterval), withRange(f1, f1Interval)];
  });
  return textTable([{ heading: 'material' }, { heading: 'pictures', align: 'right' }, { heading: 'precision' }, { heading: 'recall = accuracy' }, { heading: 'F1' }], rows);
}

function confusionTable({ evaluation: { confusion } }: JudgedModel): string {
  const { labels, rows } = confusion;
  return textTable(
    [{ heading: 'predicted \\ actual' }, ...labels.map((label) => ({ heading: label, align: 'right' as const }))],
    rows.map((row, predicted) => [labels[predicted]!, ...row.map((count) => (count === 0 ? '.' : String(count)))]),
  );
}

function thresholdTable({ verdicts, purity, evaluation }: JudgedModel): string {
  const thresholds = thresholdsFor(verdicts, purity);
  const rows = MATERIALS.filter((material) => evaluation.perMaterial[material] !== null).map((material) => {
    const point = thresholds[material];
    return point === null ? [material, '-', 'none is pure enough', ''] : [material, figure(point.threshold), figure(point.purity), figure(point.recovery)];
  });
  return textTable([{ heading: `for purity ${purity}` }, { heading: 'threshold', align: 'right' }, { heading: 'purity' }, { heading: 'recovery' }], rows);
}

function mistakeList({ verdicts }: JudgedModel): string {
  const mistakes = confidentMistakes(verdicts);
  if (mistakes.length === 0) return 'no mistakes\n';
  const rows = mistakes.slice(0, MISTAKES_NAMED).map((verdict) => [verdict.file, predictedOf(verdict), figure(Math.max(...verdict.probabilities))]);
  const more = mistakes.length > rows.length ? `and ${mistakes.length - rows.length} more\n` : '';
  return textTable([{ heading: 'most confident mistakes' }, { heading: 'taken for' }, { heading: 'confidence', align: 'right' }], rows) + more;
}

function withRange(value: number | null, interval: Interval | null): string {
  return value === null || interval === null ? '-' : `${figure(value)} (${range(interval)})`;
}

function range([low, high]: Interval): string {
  return `${figure(low)} to ${figure(high)}`;
}

function figure(value: number): string {
  return value.toFixed(3);
}
