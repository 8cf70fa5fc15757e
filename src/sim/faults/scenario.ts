// A scenario: the belt, how well the eye sees, and what goes wrong when. From it and a seed follows the whole plan of a day,
// a list of faults with fixed times and parameters.
import { z } from 'zod';
import type { Random } from '../../base/random.ts';
import { createRandom } from '../../base/random.ts';
import type { Fault, FaultKind } from './fault-kinds.ts';
import { drawFault, FAULT_KINDS, faultSchema } from './fault-kinds.ts';

const SECONDS_PER_HOUR = 3600;

const perHour = z.number().min(0).max(3600);

export const scenarioSchema = z.strictObject({
  name: z.string().min(1).max(64).default('unnamed').describe('For the report.'),
  belt: z.strictObject({
    itemsPerSecond: z.number().positive().max(20).default(5).describe('Items that pass the camera per second while the belt runs.'),
    mmPerSecond: z.number().positive().max(5000).default(1250).describe('Belt speed, mm/s.'),
    touchingShare: z.number().min(0).max(1).default(0).describe('Share of neighbouring pairs that lie end to end.'),
  }).prefault({}),
  eye: z.strictObject({
    accuracy: z.number().min(0).max(1).default(0.93).describe('Share of looks that name the true material.'),
    positionMm: z.number().min(0).max(50).default(1).describe('Error of a measured position, mm (one sigma).'),
    inferenceMs: z.number().min(1).max(2000).default(30).describe('Time of a look, ms.'),
    framesPerSecond: z.number().min(1).max(60).default(10).describe('Pictures per second.'),
  }).prefault({}).describe('How well the simulated vision sees.'),
  menu: z.strictObject(Object.fromEntries(FAULT_KINDS.map((kind) => [kind, perHour.optional().describe('Mean number per hour.')])) as Record<FaultKind, z.ZodOptional<z.ZodNumber>>)
    .prefault({}).describe('Kinds of faults that come by chance, each with its mean number per hour.'),
  faults: z.array(faultSchema).max(100_000).default([]).describe('Faults at fixed times, besides those of the menu.'),
});

export type Scenario = z.output<typeof scenarioSchema>;

/** Every fault of the day, in order of time. The same scenario, length and seed give the same plan. */
export function planFaults(scenario: Scenario, day: { readonly hours: number; readonly seed: number }): Fault[] {
  const random = createRandom(day.seed).fork(1);
  const drawn = FAULT_KINDS.flatMap((kind, stream) => drawKind(kind, { random: random.fork(stream), perHour: scenario.menu[kind] ?? 0, hours: day.hours }));
  const given = scenario.faults.map((fault, index) => ({ ...drawFault(fault.kind, fault.atS, random.fork(1000 + index)), ...written(fault) } as Fault));
  return [...drawn, ...given].toSorted((a, b) => a.atS - b.atS);
}

/** A Poisson process: independent of what else happens. */
function drawKind(kind: FaultKind, { random, perHour, hours }: { random: Random; perHour: number; hours: number }): Fault[] {
  const faults: Fault[] = [];
  if (perHour <= 0) return faults;
  const meanS = SECONDS_PER_HOUR / perHour;
  for (let atS = waitS(random, meanS), index = 0; atS < hours * SECONDS_PER_HOUR; atS += waitS(random, meanS), index++) {
    faults.push(drawFault(kind, Math.round(atS * 1000) / 1000, random.fork(index)));
  }
  return faults;
}

function waitS(random: Random, meanS: number): number {
  return -meanS * Math.log(1 - random.next());
}

/** Without the parameters that the file leaves out. */
function written(fault: object): object {
  return Object.fromEntries(Object.entries(fault).filter(([, value]) => value !== undefined));
}

/** Most faults 1.5 times an hour; what lasts long or ends the process, less often. */
const USUAL_PER_HOUR = 1.5;
const RARER: Partial<Readonly<Record<FaultKind, number>>> = { 'mqtt.down': 0.2, 'camera.dirt': 0.5, 'disk.full': 0.5, 'process.kill': 1 };

/** Everything that can go wrong, about once a minute something: a far worse day than any plant has. */
export const FULL_MENU: Scenario = scenarioSchema.parse({
  name: 'full', menu: Object.fromEntries(FAULT_KINDS.map((kind) => [kind, RARER[kind] ?? USUAL_PER_HOUR])),
});
