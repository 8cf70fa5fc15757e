import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compare } from '../../../src/learning/evaluate/comparison.ts';
import type { Contender } from '../../../src/learning/evaluate/comparison.ts';
import { comparisonText, verdictOn } from '../../../src/learning/evaluate/comparison-text.ts';
import { evaluateVerdicts } from '../../../src/learning/evaluate/evaluate-verdicts.ts';
import type { Verdict } from '../../../src/learning/evaluate/evaluation.ts';
import { wilsonInterval } from '../../../src/learning/evaluate/intervals.ts';
import { MATERIALS } from '../../../src/domain/material.ts';
import { anyVerdicts, verdict } from './verdicts.ts';

function contender(name: string, verdicts: readonly Verdict[], config: Record<string, unknown> = {}): Contender {
  const evaluation = evaluateVerdicts(verdicts, 8);
  return { name, runId: undefined, n: evaluation.n, accuracy: evaluation.accuracy, interval: evaluation.interval, judged: { verdicts, evaluation }, config };
}

/** `n` pictures of glass; the model is right on those whose index `isRight` says. */
function glass(n: number, isRight: (index: number) => boolean): Verdict[] {
  return Array.from({ length: n }, (_, index) => verdict('glass', isRight(index) ? 'glass' : 'plastic', 0.8, `glass/${index}.jpg`));
}

describe('compare', () => {
  it('pairs the verdicts of the same pictures, in whatever order they come', () => {
    const first = contender('old', glass(100, (index) => index >= 12)), other = contender('new', glass(100, (index) => index >= 2 && index !== 50).reverse());
    const [difference] = compare([first, other]).differences;
    // 2 to 11 are won, 50 is lost.
    expect(difference).toMatchObject({ method: 'paired', onlyRight: { this: 10, first: 1 } });
    expect(difference!.accuracy).toBeCloseTo(0.09, 12);
    expect(difference!.chance).toBeCloseTo((2 * (1 + 11)) / 2 ** 11, 12);
    expect(verdictOn(difference!)).toBe('better');
    expect(difference!.perMaterial).toMatchObject({ glass: { recall: expect.closeTo(0.09, 9) }, metal: null });
  });

  it('does not pair lists that differ, nor pictures under another label, and says so', () => {
    const first = contender('old', glass(100, (index) => index >= 12));
    const shorter = contender('new', glass(90, (index) => index >= 2));
    const relabelled = contender('new', [...glass(99, (index) => index >= 2), verdict('metal', 'metal', 0.8, 'glass/99.jpg')]);
    expect(compare([first, shorter]).differences[0]).toMatchObject({ method: 'unpaired', reason: 'the lists differ: 90 pictures in common of 90 and 100', chance: undefined });
    expect(compare([first, relabelled]).differences[0]).toMatchObject({ method: 'unpaired', reason: 'the lists differ: 99 pictures in common of 100 and 100' });
  });

  it('makes do with the accuracy alone, and says whose verdicts are missing', () => {
    const bare: Contender = { name: 'bare', runId: 'r', n: 80, accuracy: 0.6, interval: wilsonInterval(48, 80), judged: undefined, config: {} };
    const [difference] = compare([bare, { ...contender('judged', glass(70, (index) => index < 56)) }]).differences;
    expect(difference).toMatchObject({ method: 'unpaired', reason: 'what was said of each picture is not kept with bare', perMaterial: undefined });
    // Newcombe (1998): 56 of 70 against 48 of 80.
    expect(difference!.interval.map((end) => end.toFixed(4))).toEqual(['0.0524', '0.3339']);
  });

  it('names the settings that differ', () => {
    const verdicts = glass(10, () => true);
    const { settings } = compare([contender('a', verdicts, { rate: 0.1, seed: 1 }), contender('b', verdicts, { rate: 0.01, seed: 1, mixup: 0.2 })]);
    expect(settings).toEqual([{ name: 'mixup', values: [undefined, 0.2] }, { name: 'rate', values: [0.1, 0.01] }]);
  });

  it('needs two', () => {
    expect(() => compare([contender('a', glass(3, () => true))])).toThrow(RangeError);
  });

  it('finds nothing between equals, and turns round when the order does', () => {
    fc.assert(fc.property(anyVerdicts({ minLength: 1 }), fc.infiniteStream(fc.constantFrom(...MATERIALS)), (all, said) => {
      const other = all.map(({ file, actual }) => verdict(actual, said.next().value as (typeof MATERIALS)[number], 0.7, file));
      const a = contender('a', all), b = contender('b', other);
      const [same] = compare([a, a]).differences, [there] = compare([a, b]).differences, [back] = compare([b, a]).differences;
      expect(same).toMatchObject({ accuracy: 0, onlyRight: { this: 0, first: 0 }, chance: 1 });
      expect(verdictOn(same!)).toBe('no clear difference');
      expect(there!.accuracy).toBeCloseTo(-back!.accuracy, 12);
      expect(there!.interval).toEqual([expect.closeTo(-back!.interval[1], 9), expect.closeTo(-back!.interval[0], 9)]);
      expect(there!.onlyRight!.this - there!.onlyRight!.first).toBe(Math.round(there!.accuracy * all.length));
    }));
  });
});

it('the text lines figures up and says how the difference was taken', () => {
  const text = comparisonText(compare([contender('old', glass(100, (index) => index >= 12), { rate: 0.1 }), contender('new', glass(100, (index) => index >= 2), { rate: 0.01 })]));
  expect(text).toContain('pictures                      100             100\n');
  expect(text).toContain('accuracy                    0.880           0.980\n');
  expect(text).toContain('rate                          0.1            0.01\n');
  expect(text).toContain('B against A: accuracy +0.100 (+0.037 to +0.159), better\n  paired: only B right on 10, only A on 0; McNemar p = 0.0020\n  glass: recall +0.100 (+0.037 to +0.159)\n');
});
