// One day after the other, each from its seed; a day that violates an invariant is brought down to its shortest reproduction.
import type { Clock } from '../../base/clock.ts';
import type { Logger } from '../../base/logger.ts';
import { NS_PER_S } from '../../base/units.ts';
import type { Config } from '../../config/schema.ts';
import type { Calibration } from '../../domain/calibration.ts';
import type { Scenario } from '../../sim/faults/scenario.ts';
import { planFaults } from '../../sim/faults/scenario.ts';
import type { Reproduction } from './reproduction.ts';
import { shortestReproduction } from './reproduction.ts';
import type { DayReport } from './simulated-day.ts';
import { simulateDay } from './simulated-day.ts';

export interface CampaignOptions {
  readonly config: Config;
  readonly calibration: Calibration;
  readonly log: Logger;
  readonly scenario: Scenario;
  readonly hours: number;
  readonly seed: number;
  /** Days, with seeds from `seed` on. */
  readonly days: number;
  /** Measures how long a day takes. */
  readonly clock: Clock;
  /** Whether a violation is brought down to its shortest reproduction. */
  readonly shrinks: boolean;
  readonly onProgress?: (seed: number, hours: number) => void;
  readonly onDay?: (day: CampaignDay) => void;
}

export interface CampaignDay {
  readonly report: DayReport;
  readonly wallSeconds: number;
  readonly reproduction: Reproduction | undefined;
}

export async function runCampaign(options: CampaignOptions): Promise<CampaignDay[]> {
  const days: CampaignDay[] = [];
  for (let seed = options.seed; seed < options.seed + options.days; seed++) {
    const day = await runDay(options, seed);
    days.push(day);
    options.onDay?.(day);
  }
  return days;
}

async function runDay(options: CampaignOptions, seed: number): Promise<CampaignDay> {
  const { scenario, hours, clock, shrinks, onProgress, config, calibration, log } = options;
  const faults = planFaults(scenario, { hours, seed });
  const startedNs = clock.nowNs();
  const report = await simulateDay({ config, calibration, log, scenario, hours, seed, faults, onProgress: (atHours) => onProgress?.(seed, atHours) });
  const wallSeconds = (clock.nowNs() - startedNs) / NS_PER_S;
  const { violation } = report;
  if (violation === undefined || !shrinks) return { report, wallSeconds, reproduction: undefined };
  const reproduction = await shortestReproduction(faults, violation, async (fewer, length) =>
    (await simulateDay({ config, calibration, log, scenario, hours: length, seed, faults: fewer })).violation);
  return { report, wallSeconds, reproduction };
}

/** A scenario file with nothing but the faults of a reproduction. JSON is YAML. */
export function reproductionText({ belt, eye }: Scenario, { faults, violation }: Pick<Reproduction, 'faults' | 'violation'>): string {
  return [
    `# ${violation.invariant}: ${violation.message.split('\n')[0]}`,
    `belt: ${JSON.stringify(belt)}`,
    `eye: ${JSON.stringify(eye)}`,
    faults.length === 0 ? 'faults: []' : 'faults:',
    ...faults.map((fault) => `  - ${JSON.stringify(fault)}`),
    '',
  ].join('\n');
}
