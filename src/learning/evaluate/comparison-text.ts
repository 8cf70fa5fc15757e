// A comparison for a terminal.
import { MATERIALS } from '../../domain/material.ts';
import type { Comparison, Difference } from './comparison.ts';
import { settingText } from './run-settings.ts';
import { textTable } from './text-table.ts';

export function comparisonText({ contenders, differences, settings }: Comparison): string {
  const columns = contenders.map(({ name }, index) => ({ heading: `${letter(index)}: ${name}`, align: 'right' as const }));
  const figures = (text: string, of: (contender: Comparison['contenders'][number]) => string): string[] => [text, ...contenders.map(of)];
  const rows = [
    figures('pictures', ({ n }) => String(n)),
    figures('accuracy', ({ accuracy }) => accuracy.toFixed(3)),
    figures('95 % interval', ({ interval: [low, high] }) => `${low.toFixed(3)} to ${high.toFixed(3)}`),
    figures('mean F1', ({ judged }) => judged?.evaluation.macroF1.toFixed(3) ?? '-'),
    figures('calibration error', ({ judged }) => judged?.evaluation.ece.toFixed(3) ?? '-'),
    ...MATERIALS.map((material) => figures(`recall ${material}`, ({ judged }) => judged?.evaluation.perMaterial[material]?.recall.toFixed(3) ?? '-')),
    figures('ms a picture', ({ judged }) => judged?.evaluation.msPerImage.toFixed(1) ?? '-'),
    ...settings.map(({ name, values }) => [name, ...values.map((value) => settingText(value, '-'))]),
  ];
  return [
    textTable([{ heading: '' }, ...columns], rows),
    ...differences.map((difference, index) => differenceText(difference, letter(index + 1))),
  ].join('\n');
}

/** In words, for JSON readers and pages too: what the difference is and whether it is more than luck. */
export function verdictOn({ interval: [low, high] }: Difference): 'better' | 'worse' | 'no clear difference' {
  if (low > 0) return 'better';
  return high < 0 ? 'worse' : 'no clear difference';
}

function differenceText(difference: Difference, name: string): string {
  const { accuracy, interval: [low, high], method, reason, onlyRight, chance, perMaterial } = difference;
  const how = method === 'paired' ? `paired: only ${name} right on ${onlyRight!.this}, only A on ${onlyRight!.first}; McNemar p = ${chance!.toPrecision(2)}` : `unpaired: ${reason}`;
  const lines = [`${name} against A: accuracy ${signed(accuracy)} (${signed(low)} to ${signed(high)}), ${verdictOn(difference)}`, `  ${how}`];
  const clear = perMaterial === undefined ? [] : MATERIALS.filter((material) => {
    const one = perMaterial[material];
    return one !== null && (one.interval[0] > 0 || one.interval[1] < 0);
  });
  for (const material of clear) {
    const { recall, interval } = perMaterial![material]!;
    lines.push(`  ${material}: recall ${signed(recall)} (${signed(interval[0])} to ${signed(interval[1])})`);
  }
  return `${lines.join('\n')}\n`;
}

function letter(index: number): string {
  return index < 26 ? String.fromCharCode(65 + index) : String(index + 1);
}

function signed(value: number): string {
  return `${value < 0 ? '-' : '+'}${Math.abs(value).toFixed(3)}`;
}
