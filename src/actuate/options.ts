// What a person sets about actuators: where they are, how long they take, and how far ahead the board must know.
// The geometry these numbers describe is drawn in pulse.ts.
import { z } from 'zod';

const ms = z.number().min(0).max(60_000);

export const actuatorOptions = z.strictObject({
  id: z.string().regex(/^[a-z0-9][a-z0-9-]{0,31}$/, 'an actuator id is 1 to 32 small letters, digits and dashes').describe('Name of the actuator, for logs and MQTT.'),
  bin: z.string().min(1).describe('Bin it fills; one of `bins`.'),
  output: z.int().min(0).max(31).describe('Output number on the board, 0 to 31.'),
  kind: z.enum(['air-jet', 'paddle']).default('air-jet').describe('What the output drives: `air-jet` or `paddle`. Both are timed outputs; the kind is shown and tells the simulator how it moves items.'),
  offsetMm: z.number().min(-100_000).max(100_000).describe('Distance of the actuator\'s centre line from the camera origin along travel, mm, measured on the line.'),
  leadMs: ms.default(12).describe('Time from the output switching on until the actuator acts on the belt, ms (valve opening and flight of the air, or the swing of the paddle).'),
  holdMs: ms.min(0.1).default(24).describe('Time the output stays on for one item, ms.'),
  recoverMs: ms.default(16).describe('Shortest time between switching off and switching on again, ms.'),
  zoneMm: z.number().positive().max(5000).default(40).describe('Length of belt along travel that the actuator moves at an instant, mm, centred on its offset.'),
  maxOnMs: ms.min(1).default(120).describe('Longest time the output may stay on, ms; also enforced by the board. Pulses for neighbours are merged up to it.'),
}).refine((actuator) => actuator.holdMs <= actuator.maxOnMs, { path: ['holdMs'], message: 'must not be longer than maxOnMs' });

export const schedulerOptions = z.strictObject({
  minLeadMs: ms.default(25).describe('Time a command needs from being decided to being armed on the board, ms: serial transfer with one retransmission. What is due sooner is not sent but counted as missed.'),
  decisionReserveMs: ms.default(10).describe('Time before the last possible moment at which an item still undecided is decided by the looks it has, ms: room for a busy event loop.'),
  reportTimeoutMs: ms.min(1).default(1000).describe('Time after an output was due within which the board must report it, ms. Without a report the item is `lost`.'),
  restLimitMs: z.number().min(1000).max(3_600_000).default(60_000).describe('Longest time commands wait on a belt that stands although the line runs, ms; then they are withdrawn and their items `lost`.'),
});

export type ActuatorOptions = z.output<typeof actuatorOptions>;
export type SchedulerOptions = z.output<typeof schedulerOptions>;
