import fc from 'fast-check';
import { expect, test } from 'vitest';
import { MATERIALS } from '../../../src/domain/material.ts';
import type { HarvestQuestion } from '../../../src/learning/data/select-harvest.ts';
import { selectHarvest } from '../../../src/learning/data/select-harvest.ts';
import type { LedgerPrediction } from '../../../src/ledger/read-predictions.ts';

interface Candidate extends LedgerPrediction {
  /** Candidates of one scene look alike. */
  readonly scene: number;
  readonly isBroken: boolean;
}

const anyCandidate = fc.record({
  seenWallMs: fc.integer({ min: 0, max: 5 * 3_600_000 }), material: fc.constantFrom(...MATERIALS.slice(0, 3)), confidence: fc.double({ min: 0, max: 1, noNaN: true }),
  looks: fc.integer({ min: 1, max: 6 }), disagrees: fc.boolean(), scene: fc.nat(60), isBroken: fc.nat(9).map((draw) => draw === 0),
});
const anyCandidates = fc.array(anyCandidate, { maxLength: 60 }).map((all): Candidate[] => all.map((candidate, index) => ({ ...candidate, itemId: `run-${String(index).padStart(6, '0')}` })));
const anyLimits = fc.record({ maxItems: fc.integer({ min: 1, max: 60 }), perHour: fc.integer({ min: 1, max: 12 }), perMaterial: fc.integer({ min: 1, max: 25 }) });

const hourOf = ({ seenWallMs }: Candidate): number => Math.floor(seenWallMs / 3_600_000);
const question = (limits: HarvestQuestion<Candidate>['limits'], taken: readonly Candidate[]): HarvestQuestion<Candidate> => ({
  limits, taken, isReadable: ({ isBroken }) => !isBroken, isAlike: (a, b) => a.scene === b.scene,
});
const mostOf = (values: readonly unknown[]): number => Math.max(0, ...Map.groupBy(values, (value) => value).values().map(({ length }) => length));

test('keeps to every cap and takes nothing twice, and each that is passed over has its reason', () => {
  fc.assert(fc.property(anyCandidates, fc.nat(20), anyLimits, (all, takenCount, limits) => {
    const [taken, candidates] = [all.slice(0, takenCount), all.slice(takenCount)];
    const { chosen, passedOver } = selectHarvest(candidates, question(limits, taken));
    expect(chosen.length).toBeLessThanOrEqual(limits.maxItems);
    expect(mostOf(chosen.map(({ material }) => material))).toBeLessThanOrEqual(limits.perMaterial);
    for (const hour of new Set(chosen.map(hourOf))) expect([...taken, ...chosen].filter((one) => hourOf(one) === hour).length).toBeLessThanOrEqual(limits.perHour);
    const takenScenes = new Set(taken.map(({ scene }) => scene));
    expect(mostOf(chosen.map(({ scene }) => scene))).toBeLessThanOrEqual(1);
    expect(chosen.filter(({ scene, isBroken }) => isBroken || takenScenes.has(scene))).toEqual([]);
    expect(chosen.length + Object.values(passedOver).reduce((sum, count) => sum + count, 0)).toBe(candidates.length);
  }));
});

test('the most doubtful come first: whoever was passed over for want of room is no more doubtful than who was taken', () => {
  fc.assert(fc.property(anyCandidates, fc.integer({ min: 1, max: 20 }), (all, maxItems) => {
    const distinct = all.map((candidate, scene) => ({ ...candidate, scene, isBroken: false }));
    const { chosen } = selectHarvest(distinct, question({ maxItems, perHour: 1000, perMaterial: 1000 }, []));
    const doubt = ({ disagrees, confidence }: Candidate): number => (disagrees ? 2 : 1) - confidence / 2;
    const left = distinct.filter((candidate) => !chosen.includes(candidate));
    expect(chosen.map(doubt)).toEqual(chosen.map(doubt).toSorted((a, b) => b - a));
    if (chosen.length > 0 && left.length > 0) expect(Math.min(...chosen.map(doubt))).toBeGreaterThanOrEqual(Math.max(...left.map(doubt)));
  }));
});

test('the order in which they come is of no matter', () => {
  fc.assert(fc.property(anyCandidates.chain((all) => fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length }))), anyLimits, ([all, shuffled], limits) => {
    expect(selectHarvest(shuffled, question(limits, []))).toEqual(selectHarvest(all, question(limits, [])));
  }));
});
