// Everything that can go wrong around a line, as data: each kind with its parameters, their usual range, and a sentence. A
// scenario names kinds; src/app/campaign/inject-faults.ts does them. A fault knows nothing of other faults, so that any of
// them can be left out of a run without changing the rest.
import { z } from 'zod';
import type { Random } from '../../base/random.ts';

const forS = z.number().min(0.01).max(86_400).describe('How long it lasts, s.');
const share = z.number().min(0).max(1);

/** Parameters of each kind, by the edge it happens on: `serial.noise` is a fault of the serial cable. */
const PARAMETERS = {
  'serial.noise': { forS, flipPerBit: share.describe('Chance of each bit to flip.'), dropPerByte: share.describe('Chance of each byte to vanish.') },
  'serial.repeat': { forS, share: share.describe('Share of writes that arrive twice.') },
  'serial.delay': { forS, jitterMs: z.number().min(0).max(5000).describe('Longest extra time of a write on its way, ms.'), reorders: z.boolean().describe('Whether writes may overtake each other.') },
  'serial.stuck': { forS, direction: z.enum(['to-board', 'to-host', 'both']).describe('Which way nothing arrives.') },
  'serial.unplug': { forS },
  'board.reset': { times: z.int().min(1).max(10).describe('Resets, 0.7 s apart.'), cause: z.enum(['external', 'brown-out', 'watchdog']).describe('What the board says it was.') },
  'board.wrong-version': { forS, version: z.int().min(2).max(255).describe('The only protocol version the board speaks after its reset.') },
  'board.hang': { forS },
  'encoder.jump': { counts: z.int().min(-20_000).max(20_000).describe('Edges the encoder invents, or below 0 loses, at once.') },
  'belt.slip': { forS, share: share.describe('Edges counted for belt that did not move, share of the speed.') },
  'belt.speed': { forS, factor: z.number().min(0.05).max(2).describe('Belt speed as a multiple of the usual one.') },
  'belt.jam': { forS },
  'e-stop': { forS },
  'bin.full': { forS, output: z.int().min(0).max(31).describe('Output of the bin\'s actuator.') },
  'camera.stall': { forS },
  'camera.black': { forS },
  'camera.repeat': { forS },
  'camera.late': { forS, delayMs: z.number().min(0).max(2000).describe('How late each picture comes, ms.') },
  'camera.torn': { forS },
  'camera.wrong-size': { forS },
  'camera.light-step': { forS },
  'camera.dirt': { forS },
  'vision.crash': { times: z.int().min(1).max(10).describe('Crashes, each as soon as it is ready again.') },
  'vision.hang': {},
  'vision.no-start': { forS },
  'vision.slow': { forS, delayMs: z.number().min(0).max(10_000).describe('Extra time of each look, ms.') },
  'vision.wrong-shape': { forS },
  'mqtt.down': { forS },
  'mqtt.refuse-login': { forS },
  'mqtt.refuse-publish': { forS },
  'mqtt.slow': { forS, delayMs: z.number().min(0).max(60_000).describe('Time to acknowledge a message, ms.') },
  'mqtt.deaf': { forS },
  'mqtt.repeat': { forS },
  'mqtt.kick': { times: z.int().min(1).max(20).describe('Times the broker ends the session, 1 s apart.') },
  'disk.full': { forS },
  'disk.read-only': { forS },
  'disk.slow': { forS, delayMs: z.number().min(0).max(10_000).describe('Time the whole process waits for each write, ms.') },
  'clock.jump': { seconds: z.number().min(-86_400).max(86_400).describe('How far the wall clock jumps, s.') },
  'operator.pause': { forS },
  'operator.recipe': { forS },
  'operator.bin-off': { forS, bin: z.int().min(0).max(31).describe('Which bin, by its place in the configuration.') },
  'operator.impatient': { forS },
  'process.stall': { ms: z.number().min(0).max(60_000).describe('Time in which the line process does nothing, ms.') },
  'process.kill': { awayS: z.number().min(0).max(600).describe('Time until it is started again, s.'), inWrite: z.boolean().describe('Whether it dies in the middle of its next write to the ledger.') },
} as const;

export type FaultKind = keyof typeof PARAMETERS;
export const FAULT_KINDS = Object.keys(PARAMETERS) as FaultKind[];

type ParametersOf<Kind extends FaultKind> = { readonly [Name in keyof (typeof PARAMETERS)[Kind]]: (typeof PARAMETERS)[Kind][Name] extends z.ZodType<infer Value> ? Value : never };
export type FaultOf<Kind extends FaultKind> = { readonly kind: Kind; /** Seconds since the day began. */ readonly atS: number } & ParametersOf<Kind>;
export type Fault = { [Kind in FaultKind]: FaultOf<Kind> }[FaultKind];

/** One fault as a scenario file writes it; a parameter left out is drawn as for the menu. */
export const faultSchema = z.discriminatedUnion('kind', FAULT_KINDS.map((kind) =>
  z.strictObject({ kind: z.literal(kind), atS: z.number().min(0).describe('Seconds since the day began.'), ...optional(PARAMETERS[kind]) })) as unknown as [FaultInput]);

type FaultInput = z.ZodObject<{ kind: z.ZodLiteral<FaultKind>; atS: z.ZodNumber }>;

/** What usually happens: most disturbances are short, a few last minutes, a broker may be away for hours. */
const USUAL: { readonly [Kind in FaultKind]: (random: Random) => ParametersOf<Kind> } = {
  'serial.noise': (random) => ({ forS: lasting(random, 2, 120), flipPerBit: random.pick([1e-5, 1e-4, 1e-3]), dropPerByte: random.pick([0, 0.002, 0.02]) }),
  'serial.repeat': (random) => ({ forS: lasting(random, 2, 60), share: random.between(0.01, 0.3) }),
  'serial.delay': (random) => ({ forS: lasting(random, 1, 60), jitterMs: lasting(random, 5, 400), reorders: random.next() < 0.3 }),
  'serial.stuck': (random) => ({ forS: lasting(random, 0.2, 20), direction: random.pick(['to-board', 'to-host', 'both'] as const) }),
  'serial.unplug': (random) => ({ forS: lasting(random, 0.5, 60) }),
  'board.reset': (random) => ({ times: random.pick([1, 1, 1, 4]), cause: random.pick(['external', 'brown-out', 'watchdog'] as const) }),
  'board.wrong-version': (random) => ({ forS: lasting(random, 3, 60), version: 2 }),
  'board.hang': (random) => ({ forS: lasting(random, 0.2, 10) }),
  'encoder.jump': (random) => ({ counts: random.pick([-400, -100, -20, 20, 60, 150, 5000]) }),
  'belt.slip': (random) => ({ forS: lasting(random, 0.5, 10), share: random.between(0.02, 0.4) }),
  'belt.speed': (random) => ({ forS: lasting(random, 1, 60), factor: random.pick([0.3, 0.7, 0.9, 1.1]) }),
  'belt.jam': (random) => ({ forS: lasting(random, 1, 30) }),
  'e-stop': (random) => ({ forS: lasting(random, 0.5, 60) }),
  'bin.full': (random) => ({ forS: lasting(random, 2, 120), output: random.integer(0, 4) }),
  'camera.stall': (random) => ({ forS: lasting(random, 0.3, 30) }),
  'camera.black': (random) => ({ forS: lasting(random, 0.2, 20) }),
  'camera.repeat': (random) => ({ forS: lasting(random, 0.2, 10) }),
  'camera.late': (random) => ({ forS: lasting(random, 0.5, 30), delayMs: random.between(50, 800) }),
  'camera.torn': (random) => ({ forS: lasting(random, 0.1, 5) }),
  'camera.wrong-size': (random) => ({ forS: lasting(random, 0.2, 10) }),
  'camera.light-step': (random) => ({ forS: lasting(random, 1, 10) }),
  'camera.dirt': (random) => ({ forS: lasting(random, 30, 600) }),
  'vision.crash': (random) => ({ times: random.pick([1, 1, 2, 5]) }),
  'vision.hang': () => ({}),
  'vision.no-start': (random) => ({ forS: lasting(random, 2, 90) }),
  'vision.slow': (random) => ({ forS: lasting(random, 1, 120), delayMs: lasting(random, 50, 2000) }),
  'vision.wrong-shape': (random) => ({ forS: lasting(random, 0.5, 20) }),
  'mqtt.down': (random) => ({ forS: lasting(random, 1, 3 * 3600) }),
  'mqtt.refuse-login': (random) => ({ forS: lasting(random, 5, 300) }),
  'mqtt.refuse-publish': (random) => ({ forS: lasting(random, 1, 60) }),
  'mqtt.slow': (random) => ({ forS: lasting(random, 5, 600), delayMs: lasting(random, 50, 5000) }),
  'mqtt.deaf': (random) => ({ forS: lasting(random, 5, 120) }),
  'mqtt.repeat': (random) => ({ forS: lasting(random, 10, 300) }),
  'mqtt.kick': (random) => ({ times: random.pick([1, 3, 10]) }),
  'disk.full': (random) => ({ forS: lasting(random, 1, 900) }),
  'disk.read-only': (random) => ({ forS: lasting(random, 1, 300) }),
  'disk.slow': (random) => ({ forS: lasting(random, 1, 60), delayMs: random.between(5, 300) }),
  'clock.jump': (random) => ({ seconds: random.pick([-7200, -3600, -61, -1, 1, 30, 3600, 7200]) }),
  'operator.pause': (random) => ({ forS: lasting(random, 1, 120) }),
  'operator.recipe': (random) => ({ forS: lasting(random, 5, 600) }),
  'operator.bin-off': (random) => ({ forS: lasting(random, 5, 600), bin: random.integer(0, 4) }),
  'operator.impatient': (random) => ({ forS: lasting(random, 2, 10) }),
  'process.stall': (random) => ({ ms: lasting(random, 20, 5000) }),
  'process.kill': (random) => ({ awayS: lasting(random, 0.5, 30), inWrite: random.next() < 0.3 }),
};

/** A fault of this kind as it usually happens; the same draws give the same one. */
export function drawFault(kind: FaultKind, atS: number, random: Random): Fault {
  return { kind, atS, ...USUAL[kind](random) } as Fault;
}

/** Between the two, short ones far more often: even on a logarithmic scale. */
function lasting(random: Random, fromS: number, toS: number): number {
  return Math.round(1000 * fromS * (toS / fromS) ** random.next()) / 1000;
}

function optional(shape: Readonly<Record<string, z.ZodType>>): Record<string, z.ZodType> {
  return Object.fromEntries(Object.entries(shape).map(([name, type]) => [name, type.optional()]));
}
