// What a person sets about the virtual line: the belt, what lies on it, and the board that stands in for a real one.
import { z } from 'zod';

export const twinOptions = z.strictObject({
  beltMmPerSecond: z.number().positive().max(5000).default(350).describe('Speed of the virtual belt while it runs, mm/s.'),
  countsPerMm: z.number().positive().max(1000).default(5).describe('Encoder counts per mm of the virtual belt: the truth, which a calibration finds.'),
  rampMs: z.number().min(0).max(10_000).default(300).describe('Time the virtual belt takes from rest to full speed and back, ms.'),
  endMm: z.number().positive().max(100_000).optional().describe('Where the belt ends, mm downstream of the camera origin; by default 300 mm behind the last actuator.'),
  binCapacity: z.int().min(1).optional().describe('Items after which a bin\'s full sensor acts; by default bins never fill.'),
  outputCount: z.int().min(1).max(32).default(8).describe('Outputs of the virtual board, 1 to 32.'),
  queueDepth: z.int().min(1).max(255).default(32).describe('Commands the virtual board can hold, 1 to 255.'),
  window: z.int().min(1).max(8).default(8).describe('Frames the virtual board lets be in flight per direction, 1 to 8.'),
  maxCountsPerSecond: z.int().min(1).default(20_000).describe('Fastest encoder the virtual board claims to follow, counts/s.'),
  tickPpm: z.number().min(-10_000).max(10_000).default(40).describe('How far the virtual board\'s oscillator is off, parts per million.'),
  bootTicks: z.int().min(0).max(0xffff_ffff).default(0).describe('Reading of the virtual board\'s microsecond counter at power-on.'),
});

export const worldOptions = z.strictObject({
  seed: z.int().min(0).max(0xffff_ffff).default(7).describe('Everything that lies on the virtual belt follows from it.'),
  itemsPerSecond: z.number().positive().max(50).default(1).describe('Items that pass the camera per second while the belt runs.'),
  itemCount: z.int().min(1).optional().describe('Items in all; endless by default.'),
  beltWidthMm: z.number().positive().default(450).describe('Width of the virtual belt, mm.'),
  leadInMm: z.number().min(0).default(1000).describe('Empty belt before the first item, mm.'),
  minGapMm: z.number().min(0).default(40).describe('Smallest clear distance along travel between two items, mm.'),
  distinctItems: z.int().min(1).max(10_000).optional().describe('How many different items there are: each is drawn once and comes again and again. By default no two are alike.'),
  touchingShare: z.number().min(0).max(1).default(0).describe('Share of neighbouring pairs that lie end to end, 0 to 1.'),
});

export type TwinOptions = z.output<typeof twinOptions>;
export type VirtualWorldOptions = z.output<typeof worldOptions>;
