// Charts draw what they are given: places of points, marks, and nothing where there is nothing.
import { describe, expect, it } from 'vitest';
import { evaluateVerdicts } from '../../../src/learning/evaluate/evaluate-verdicts.ts';
import { confusionMatrix, materialTable, purityCharts } from '../../../src/learning/report/evaluation-charts.ts';
import { lineChart } from '../../../src/learning/report/line-chart.ts';
import { parallelCoordinates } from '../../../src/learning/report/parallel-coordinates.ts';
import { linearScale } from '../../../src/learning/report/scale.ts';
import { settingsTable } from '../../../src/learning/report/settings-section.ts';
import { verdicts } from '../evaluate/verdicts.ts';

const axes = { x: { label: 'x', scale: linearScale(0, 10) }, y: { label: '', scale: linearScale(0, 1) } };

describe('lineChart', () => {
  it('draws from the lower left to the upper right of its plane', () => {
    const { text } = lineChart({ ...axes, description: 'd', curves: [{ name: 'a', colour: 0, points: [{ x: 0, y: 0 }, { x: 10, y: 1 }] }] });
    expect(text).toContain('d="M46 200L384 12"');
  });

  it('draws a level step where asked, a dot for a single point, nothing for none, and passes over what is no number', () => {
    const draw = (points: { x: number; y: number }[], isStepped = false): string => lineChart({ ...axes, description: 'd', isStepped, curves: [{ name: 'a', colour: 0, points }] }).text;
    expect(draw([{ x: 0, y: 0 }, { x: 10, y: 1 }], true)).toContain('d="M46 200H384V12"');
    expect(draw([{ x: 5, y: 0.5 }])).toContain('<circle class="dot" cx="215" cy="106"');
    expect(draw([])).not.toContain('class="curve');
    expect(draw([{ x: 0, y: 0 }, { x: 5, y: Number.NaN }, { x: 10, y: 1 }])).toContain('d="M46 200L384 12"');
  });

  it('thins long curves and keeps their spikes', () => {
    const points = Array.from({ length: 10_000 }, (_, x) => ({ x, y: x === 4567 ? 1 : 0 }));
    const { text } = lineChart({ ...axes, x: { label: '', scale: linearScale(0, 9999) }, description: 'd', curves: [{ name: 'a', colour: 0, points }] });
    expect(text.match(/L/g)!.length).toBeLessThan(500);
    expect(text).toMatch(/ 12[L"]/);
  });
});

describe('of an evaluation', () => {
  const all = [...verdicts(3, 'glass', 'glass'), ...verdicts(1, 'plastic', 'glass')];
  const evaluation = evaluateVerdicts(all, 1);

  it('the confusion matrix has rows predicted and columns actual', () => {
    const { text } = confusionMatrix(evaluation, 'caption');
    expect(text).toContain('title="1 of 1 plastic taken for glass">1</td>');
    expect(text).toContain('title="0 of 3 glass taken for plastic">0</td>');
    expect(text.match(/<td class="right/g)).toHaveLength(6);
  });

  it('materials without pictures, and those that none was taken for, are said so', () => {
    const { text } = materialTable(evaluation);
    expect(text.match(/no pictures/g)).toHaveLength(4);
    expect(text.match(/none taken for it/g)).toHaveLength(1);
  });

  it('a purity curve says when no threshold is pure enough', () => {
    expect(purityCharts(all, 0.9).text).toContain('no threshold reaches 90 %');
    expect(purityCharts(all, 0.7).text).toContain('75.0 % pure, 100.0 % recovered');
  });
});

describe('parallelCoordinates', () => {
  const trials = [
    { name: 'a', parameters: { rate: 0.001, kind: 'x' }, value: 0.9 }, { name: 'b', parameters: { rate: 0.1, kind: 'y' }, value: 0.8 },
    { name: 'c', parameters: { rate: 0.01 }, value: 0.7 },
  ];

  it('spaces a few chosen numbers evenly, words by name, absent ones as such', () => {
    const { text } = parallelCoordinates({ parameters: ['rate', 'kind'], metric: 'accuracy', isHigherBetter: true, trials });
    for (const label of ['0.001', '0.01', '0.1', 'x', 'y', '–']) expect(text).toContain(`>${label}</text>`);
    expect(text.match(/<path class="trial/g)).toHaveLength(3);
  });

  it('draws the best strong, whichever way is better', () => {
    const best = (isHigherBetter: boolean): string | undefined => /class="trial best"[^>]*><title>(\w)/.exec(parallelCoordinates({ parameters: ['rate'], metric: 'm', isHigherBetter, trials }).text)?.[1];
    expect([best(true), best(false)]).toEqual(['a', 'c']);
  });
});

it('settings that differ come first', () => {
  const { text } = settingsTable([{ name: 'a', settings: new Map<string, unknown>([['same', 1], ['other', 'x']]) }, { name: 'b', settings: new Map<string, unknown>([['same', 1]]) }]);
  expect(text.indexOf('>other<')).toBeLessThan(text.indexOf('>same<'));
  expect(text.match(/class="differs"/g)).toHaveLength(2);
});
