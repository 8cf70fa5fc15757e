import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isSettledVote, leadOf, voteLooks } from '../../src/decide/vote.ts';
import { lookOf } from './looks.ts';

const probabilities = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 6, maxLength: 6 })
  .filter((values) => values.some((value) => value > 1e-6))
  .map((values) => {
    const sum = values.reduce((total, value) => total + value, 0);
    return values.map((value) => value / sum);
  });

describe('voteLooks', () => {
  it('is undefined without a look', () => {
    expect(voteLooks([])).toBeUndefined();
  });

  it('repeats a single look', () => {
    const vote = voteLooks([lookOf([0.1, 0.6, 0.1, 0.1, 0.05, 0.05])])!;
    expect(vote).toMatchObject({ material: 'glass', lookCount: 1 });
    expect(vote.confidence).toBeCloseTo(0.6, 12);
  });

  it('does not let one confidently wrong look veto two good ones', () => {
    const vote = voteLooks([lookOf([0, 0, 0.9, 0.1, 0, 0]), lookOf([0, 0, 0.9, 0.1, 0, 0]), lookOf([1, 0, 0, 0, 0, 0])])!;
    expect(vote.material).toBe('metal');
    expect(vote.confidence).toBeCloseTo(0.6, 12);
  });

  it('does not grow more certain by repeating the same look', () => {
    const look = lookOf([0.7, 0.3, 0, 0, 0, 0]);
    expect(voteLooks([look, look, look, look])!.confidence).toBeCloseTo(0.7, 12);
  });

  it('is the same, to the bit, in whatever order the looks came, and stays a distribution', () => {
    const looksAndOrder = fc.array(probabilities, { minLength: 1, maxLength: 12 })
      .chain((looks) => fc.tuple(fc.constant(looks), fc.shuffledSubarray(looks, { minLength: looks.length })));
    fc.assert(fc.property(looksAndOrder, ([looks, shuffled]) => {
      const vote = voteLooks(looks.map((values) => lookOf(values)))!;
      expect(voteLooks(shuffled.map((values) => lookOf(values)))).toEqual(vote);
      expect(vote.probabilities.reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 9);
      expect(vote.confidence).toBe(Math.max(...vote.probabilities));
    }));
  });
});

describe('isSettledVote', () => {
  const options = { minLooks: 2, maxLooks: 4, enoughConfidence: 0.9 };
  const sure = voteLooks([lookOf([0.95, 0.05, 0, 0, 0, 0])]);
  const unsure = voteLooks([lookOf([0.5, 0.5, 0, 0, 0, 0])]);

  it.each([
    ['no vote', undefined, 9, false],
    ['sure, too few looks', sure, 1, false],
    ['sure, enough looks', sure, 2, true],
    ['unsure, looks left', unsure, 3, false],
    ['unsure, no look left', unsure, 4, true],
  ])('%s', (_, vote, lookCount, settled) => {
    expect(isSettledVote(vote, lookCount, options)).toBe(settled);
  });
});

describe('leadOf', () => {
  it('is the distance of the two largest', () => {
    expect(leadOf([0.1, 0.6, 0.2, 0.1, 0, 0])).toBeCloseTo(0.4, 12);
  });
});
