// Days with faults: a few random ones, which `sortline simulate --scenario full` takes up at length, and the scenarios that once found something.
import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { INVARIANTS } from '../../src/app/campaign/invariants.ts';
import { runCampaign } from '../../src/app/campaign/run-campaign.ts';
import { shortestReproduction } from '../../src/app/campaign/reproduction.ts';
import { simulateDay } from '../../src/app/campaign/simulated-day.ts';
import { calibrationFor } from '../../src/app/calibration-for.ts';
import { silentLogger } from '../../src/base/logger.ts';
import { ManualClock } from '../../src/base/manual-clock.ts';
import { scenarioFrom } from '../../src/cli/scenario-file.ts';
import { defaultConfig } from '../../src/config/load-config.ts';
import type { Fault } from '../../src/sim/faults/fault-kinds.ts';
import { drawFault, FAULT_KINDS } from '../../src/sim/faults/fault-kinds.ts';
import { planFaults, scenarioSchema } from '../../src/sim/faults/scenario.ts';
import { createRandom } from '../../src/base/random.ts';

const config = defaultConfig();
const around = { config, calibration: calibrationFor(config), log: silentLogger };
const SCENARIOS = new URL('../scenarios/', import.meta.url).pathname;
/** Between one fault and the next where each kind has its turn: the longest lasts four seconds, and the line is well again before. */
const APART_S = 8;
const calm = scenarioSchema.parse({});

describe('a day', () => {
  test('without faults sorts its items, and is the same every time', async () => {
    const run = () => simulateDay({ ...around, scenario: calm, faults: [], hours: 0.01, seed: 5 });
    const report = await run();
    expect(report.violation).toBeUndefined();
    expect(report.items).toBeGreaterThan(80);
    expect(report.outcomes).toMatchObject({ missed: 0, lost: 0 });
    expect(report.outcomes.sorted).toBeGreaterThan(report.items / 2);
    expect(report.published).toBe(2 * report.items);
    expect(await run()).toEqual(report);
  });

  test('with every kind of fault, one after the other, keeps every invariant', { timeout: 60_000 }, async () => {
    const faults = FAULT_KINDS.map((kind, index) => drawFault(kind, 15 + APART_S * index, createRandom(index))).map((fault) => ('forS' in fault ? { ...fault, forS: Math.min(fault.forS, 4) } : fault));
    const report = await simulateDay({ ...around, scenario: calm, faults, hours: (APART_S * FAULT_KINDS.length + 30) / 3600, seed: 9 });
    expect(report.violation).toBeUndefined();
    expect(report.faults).toEqual(Object.fromEntries(FAULT_KINDS.map((kind) => [kind, 1])));
    expect(report.outcomes.sorted).toBeGreaterThan(200);
    expect(report.lives).toBe(2);
  });

  test.each(readdirSync(SCENARIOS).filter((file) => file.endsWith('.yaml')))('of the scenario %s keeps every invariant', async (file) => {
    const scenario = scenarioFrom(`${SCENARIOS}${file}`);
    const hours = (Math.max(...scenario.faults.map(({ atS }) => atS)) + 100) / 3600;
    const report = await simulateDay({ ...around, scenario, faults: planFaults(scenario, { hours, seed: 3 }), hours, seed: 3 });
    expect(report.violation).toBeUndefined();
    expect(report.starts).toBeGreaterThan(0);
  });

  test('of any faults keeps every invariant', { timeout: 30_000 }, async () => {
    const anyFault = fc.record({ kind: fc.constantFrom(...FAULT_KINDS), atS: fc.integer({ min: 0, max: 30_000 }).map((ms) => ms / 1000), draw: fc.nat() })
      .map(({ kind, atS, draw }) => drawFault(kind, atS, createRandom(draw)));
    await fc.assert(fc.asyncProperty(fc.array(anyFault, { minLength: 1, maxLength: 12 }), fc.nat({ max: 0xffff }), async (faults, seed) => {
      const { violation } = await simulateDay({ ...around, scenario: calm, faults: faults.toSorted((a, b) => a.atS - b.atS), hours: 40 / 3600, seed });
      expect(violation).toBeUndefined();
    }), { numRuns: 5, endOnFailure: true });
  });
});

describe('a campaign', () => {
  test('runs one day a seed and says how long each took', async () => {
    const days = await runCampaign({ ...around, scenario: calm, hours: 0.003, seed: 40, days: 2, clock: new ManualClock(), shrinks: true });
    expect(days.map(({ report, wallSeconds }) => [report.seed, report.violation, wallSeconds])).toEqual([[40, undefined, 0], [41, undefined, 0]]);
  });

  test('brings a failing day down to the faults that it takes', async () => {
    const guilty = new Set(['belt.jam', 'mqtt.kick']);
    const faults = FAULT_KINDS.flatMap((kind, index) => [drawFault(kind, 1000 + index, createRandom(index)), drawFault(kind, 5000 + index, createRandom(index))]).toSorted((a, b) => a.atS - b.atS);
    const tried: (readonly Fault[])[] = [];
    const violation = { invariant: 'never-late', atS: 5045, message: 'it was late' } as const;
    const found = await shortestReproduction(faults, violation, async (some) => {
      tried.push(some);
      return [...guilty].every((kind) => some.some((fault) => fault.kind === kind)) ? { ...violation, atS: 70 } : undefined;
    });
    expect(new Set(found.faults.map(({ kind }) => kind))).toEqual(guilty);
    expect(found.faults).toHaveLength(2);
    expect(found.hours).toBeLessThan(0.05);
    expect(found.runs).toBe(tried.length);
    expect(found.runs).toBeLessThan(60);
  });
});

test('docs/faults.md has every kind of fault and every invariant', () => {
  const page = readFileSync(new URL('../../docs/faults.md', import.meta.url), 'utf8');
  expect([...FAULT_KINDS, ...Object.keys(INVARIANTS)].filter((name) => !page.includes(`\`${name}\``))).toEqual([]);
});
