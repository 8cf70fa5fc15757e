// Rules between sections, which no section's own schema can know. Each names the sections it reads: where one of them could
// not be read, nothing is held against the others.
import type { BinId } from '../domain/decision.ts';
import { RESIDUE } from '../domain/decision.ts';
import { MATERIALS } from '../domain/material.ts';
import type { ConfigPath } from './problem.ts';
import type { Config, Section } from './schema.ts';
import { suggest } from './suggest.ts';

export interface Contradiction {
  readonly path: ConfigPath;
  /** Where to point instead when the file leaves the section of `path` to its default. */
  readonly orAt?: ConfigPath;
  readonly message: string;
}

interface CrossCheck {
  readonly reads: readonly Section[];
  /** Compares numbers of one section: says nothing while any value of it is wrong. */
  readonly isExact?: boolean;
  readonly check: (config: Config) => Contradiction[];
}

const quoted = (words: readonly (string | number)[]): string => words.map((word) => `\`${word}\``).join(', ');

const unknownBin = (bin: BinId, allowed: readonly BinId[]): string => {
  const near = suggest(bin, allowed);
  return `found the bin \`${bin}\`; allowed are the ids under \`bins\`: ${quoted(allowed)}${near === undefined ? '' : `; did you mean \`${near}\`?`}`;
};

/** One contradiction for each entry whose key an earlier entry has. */
function repeated<T>(list: string, entries: readonly T[], field: string, keyOf: (entry: T) => string | number): Contradiction[] {
  const firstByKey = new Map<string | number, number>();
  return entries.flatMap((entry, index) => {
    const first = firstByKey.get(keyOf(entry));
    if (first === undefined) {
      firstByKey.set(keyOf(entry), index);
      return [];
    }
    return [{ path: [list, index, field], message: `found \`${keyOf(entry)}\`, which ${list}[${first}] has; allowed is ${/^[aeiou]/.test(field) ? 'an' : 'a'} ${field} of its own` }];
  });
}

export const CROSS_CHECKS: readonly CrossCheck[] = [
  { reads: ['bins'], check: ({ bins }) => repeated('bins', bins, 'id', (bin) => bin.id) },
  { reads: ['actuators'], check: ({ actuators }) => repeated('actuators', actuators, 'id', (actuator) => actuator.id) },
  { reads: ['actuators'], check: ({ actuators }) => repeated('actuators', actuators, 'output', (actuator) => actuator.output) },
  { reads: ['actuators'], check: ({ actuators }) => repeated('actuators', actuators, 'bin', (actuator) => actuator.bin) },
  { reads: ['actuators'], check: ({ actuators }) => repeated('actuators', actuators, 'offsetMm', (actuator) => actuator.offsetMm) },
  {
    reads: ['recipe', 'bins'],
    check: ({ recipe, bins }) => MATERIALS.flatMap((material) => {
      const allowed = [...bins.map((bin) => bin.id), RESIDUE];
      const bin = recipe.bins[material];
      return allowed.includes(bin) ? [] : [{ path: ['recipe', 'bins', material], orAt: ['bins'], message: unknownBin(bin, allowed) }];
    }),
  },
  {
    reads: ['actuators', 'bins'],
    check: ({ actuators, bins }) => actuators.flatMap((actuator, index) => {
      const allowed = bins.map((bin) => bin.id);
      return allowed.includes(actuator.bin) ? [] : [{ path: ['actuators', index, 'bin'], orAt: ['bins'], message: unknownBin(actuator.bin, allowed) }];
    }),
  },
  {
    reads: ['actuators', 'bins'],
    check: ({ actuators, bins }) => bins.flatMap((bin, index) => (actuators.some((actuator) => actuator.bin === bin.id)
      ? []
      : [{ path: ['bins', index, 'id'], orAt: ['actuators'], message: `found the bin \`${bin.id}\`, which no actuator fills; needed is an entry of \`actuators\` with \`bin: ${bin.id}\`` }])),
  },
  {
    reads: ['decide'], isExact: true,
    check: ({ decide }) => (decide.minLooks <= decide.maxLooks
      ? []
      : [{ path: ['decide', 'minLooks'], message: `found \`${decide.minLooks}\`; allowed is a whole number up to maxLooks, which is ${decide.maxLooks}` }]),
  },
  {
    reads: ['link'], isExact: true,
    check: ({ link: { timing } }) => (timing.retryFirstMs <= timing.retryMaxMs
      ? []
      : [{ path: ['link', 'timing', 'retryFirstMs'], message: `found \`${timing.retryFirstMs}\`; allowed is a number up to retryMaxMs, which is ${timing.retryMaxMs}` }]),
  },
  {
    reads: ['link'], isExact: true,
    check: ({ link: { timing } }) => (timing.boardTimeoutMs >= 3 * timing.heartbeatMs
      ? []
      : [{ path: ['link', 'timing', 'boardTimeoutMs'], message: `found \`${timing.boardTimeoutMs}\`; allowed is three heartbeats or more, ${3 * timing.heartbeatMs} ms: one lost heartbeat must not stop the line` }]),
  },
  {
    reads: ['sim', 'link', 'actuators'],
    check: ({ sim: { twin }, link, actuators }) => (link.connection.kind !== 'twin' ? [] : actuators.flatMap((actuator, index) => (actuator.output < twin.outputCount
      ? []
      : [{ path: ['actuators', index, 'output'], orAt: ['sim'], message: `found \`${actuator.output}\`; allowed on the simulated board is a whole number from 0 to ${twin.outputCount - 1}, as sim.twin.outputCount is ${twin.outputCount}` }]))),
  },
  {
    reads: ['sim', 'actuators'],
    check: ({ sim: { twin }, actuators }) => {
      const lastMm = Math.max(...actuators.map((actuator) => actuator.offsetMm + actuator.zoneMm / 2));
      return twin.endMm === undefined || twin.endMm > lastMm
        ? []
        : [{ path: ['sim', 'twin', 'endMm'], message: `found \`${twin.endMm}\`; allowed is a number above ${lastMm}, where the last actuator's zone ends` }];
    },
  },
  {
    reads: ['camera', 'link'],
    check: ({ camera, link }) => (camera.source.kind !== 'virtual-belt' || link.connection.kind === 'twin'
      ? []
      : [{ path: ['camera', 'source', 'kind'], orAt: ['link', 'connection', 'kind'], message: `found the virtual belt as camera, but the board is reached by \`kind: ${link.connection.kind}\`; allowed is a real camera, or the simulated board (\`link.connection.kind: twin\`), which moves the virtual belt` }]),
  },
  {
    reads: ['camera', 'calibration'],
    check: ({ camera, calibration }) => (camera.source.kind === 'virtual-belt' || calibration.file !== undefined
      ? []
      : [{ path: ['calibration', 'file'], orAt: ['camera', 'source', 'kind'], message: `found nothing; needed with \`kind: ${camera.source.kind}\` is the calibration file of this camera over this belt` }]),
  },
  {
    reads: ['camera'], isExact: true,
    check: ({ camera: { capture } }) => (capture.retryFirstMs <= capture.retryMaxMs
      ? []
      : [{ path: ['camera', 'capture', 'retryFirstMs'], message: `found \`${capture.retryFirstMs}\`; allowed is a number up to retryMaxMs, which is ${capture.retryMaxMs}` }]),
  },
];
