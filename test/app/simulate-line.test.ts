// The whole line in virtual time: with the shipped model what it is for, with a tiny one what does not depend on what is seen.
import { describe, expect, test, vi } from 'vitest';
import { calibrationFor } from '../../src/app/calibration-for.ts';
import type { SimulationReport } from '../../src/app/simulate-line.ts';
import { simulateLine } from '../../src/app/simulate-line.ts';
import { silentLogger } from '../../src/base/logger.ts';
import { defaultConfig } from '../../src/config/load-config.ts';
import type { Config } from '../../src/config/schema.ts';
import { tinyFolder } from '../classify/tiny-model.ts';

vi.setConfig({ testTimeout: 60_000 });

const simulate = (config: Config, items: number): Promise<SimulationReport> => simulateLine({ config, calibration: calibrationFor(config), log: silentLogger, items, seed: 7 });
const sumOf = ({ outcomes }: SimulationReport): number => Object.values(outcomes).reduce((sum, count) => sum + count, 0);

function withTinyModel(beltMmPerSecond: number, itemsPerSecond: number): Config {
  const config = defaultConfig();
  const { twin, world } = config.sim;
  return { ...config, classifier: { ...config.classifier, model: tinyFolder() }, sim: { ...config.sim, twin: { ...twin, beltMmPerSecond }, world: { ...world, itemsPerSecond } } };
}

describe('the simulated line', () => {
  test('sorts what lies on the belt: every item has its outcome, none is late, every shot is at its count', async () => {
    const report = await simulate(defaultConfig(), 10);
    expect(sumOf(report)).toBe(10);
    expect(report).toMatchObject({ items: 10, outcomes: { missed: 0, lost: 0 }, late: 0, phantoms: 0 });
    expect(report.outcomes.sorted).toBeGreaterThanOrEqual(7);
    expect(report.maxCountError).toBeLessThanOrEqual(1);
    expect(report.accuracy).toBeGreaterThanOrEqual(0.9);
  });

  test('is the same for the same seed', async () => {
    const config = withTinyModel(350, 1);
    const [one, other] = [await simulate(config, 4), await simulate(config, 4)];
    expect({ ...other, wallSeconds: 0 }).toEqual({ ...one, wallSeconds: 0 });
  });

  test.each([200, 1000, 3000])('sees every item on a belt of %i mm/s, the first as well', async (beltMmPerSecond) => {
    const report = await simulate(withTinyModel(beltMmPerSecond, beltMmPerSecond / 400), 4);
    expect(sumOf(report)).toBe(4);
    expect(report).toMatchObject({ outcomes: { lost: 0 }, phantoms: 0 });
  });
});
