// `sortline simulate --scenario`: days with faults, each checked at every event, and the shortest reproduction of what fails.
import type { Config } from '../config/schema.ts';
import type { CampaignDay } from '../app/campaign/run-campaign.ts';
import { systemClock } from '../base/clock.ts';
import { EXIT_OK, EXIT_REFUSED } from './failure.ts';
import { scenarioFrom } from './scenario-file.ts';

export interface DayFlags {
  readonly scenario: string;
  readonly hours: number;
  readonly seed: number;
  readonly days: number;
  readonly json?: true;
  readonly shrink: boolean;
}

/** The exit code: 1 where an invariant was violated. Throws SCENARIO_INVALID. */
export async function simulateDays(flags: DayFlags, config: Config): Promise<number> {
  const { runCampaign, reproductionText } = await import('../app/campaign/run-campaign.ts');
  const { INVARIANTS } = await import('../app/campaign/invariants.ts');
  const { calibrationFor } = await import('../app/calibration-for.ts');
  const { silentLogger } = await import('../base/logger.ts');
  const scenario = scenarioFrom(flags.scenario);
  const isTerminal = process.stderr.isTTY;
  const days = await runCampaign({
    config, calibration: calibrationFor(config), log: silentLogger, scenario, hours: flags.hours, seed: flags.seed, days: flags.days, clock: systemClock, shrinks: flags.shrink,
    onProgress: (seed, hours) => { if (isTerminal) process.stderr.write(`\rseed ${seed}: ${hours.toFixed(2)} of ${flags.hours} h `); },
    onDay: (day) => {
      if (isTerminal) process.stderr.write('\r');
      if (flags.json === true) return;
      process.stdout.write(dayText(day));
      const { reproduction } = day;
      if (reproduction === undefined) return;
      process.stdout.write(`  ${INVARIANTS[reproduction.violation.invariant]}\n`);
      process.stdout.write(`shortest reproduction, found in ${reproduction.runs} runs; save it as repro.yaml and run\n  sortline simulate --scenario repro.yaml --hours ${reproduction.hours.toFixed(4)} --seed ${day.report.seed}\n\n${reproductionText(scenario, reproduction)}\n`);
    },
  });
  if (flags.json === true) process.stdout.write(`${JSON.stringify(days)}\n`);
  return days.some(({ report }) => report.violation !== undefined) ? EXIT_REFUSED : EXIT_OK;
}

function dayText({ report, wallSeconds }: CampaignDay): string {
  const { seed, hours, items, outcomes, faults, lives, starts, published, checks, violation } = report;
  const faultCount = Object.values(faults).reduce((sum, count) => sum + count, 0);
  const told = Object.entries(outcomes).map(([outcome, count]) => `${outcome} ${count}`).join(', ');
  const verdict = violation === undefined ? 'every invariant held' : `VIOLATED ${violation.invariant} after ${violation.atS.toFixed(3)} s: ${violation.message}`;
  return `seed ${seed}: ${hours} h with ${faultCount} faults in ${wallSeconds.toFixed(0)} s; ${items} items (${told}); ${lives} lives, ${starts} starts, ${published} events published, ${checks} checks: ${verdict}\n`;
}
