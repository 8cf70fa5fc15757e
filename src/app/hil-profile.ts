// What a board must reach in a hardware-in-the-loop run: the thresholds, a YAML file in which everything has a default.
import { z } from 'zod';

const ms = z.number().positive().max(60_000);

export const hilProfile = z.strictObject({
  maxCountError: z.int().min(0).max(1000).default(1).describe('Largest distance between a command\'s count and the count at which its output switched, counts.'),
  maxHoldErrorMs: ms.default(2).describe('Largest difference between the time an output was on and the time asked for, ms; only where pins are observed.'),
  maxAckMs: ms.default(250).describe('99 of 100 commands are answered within, ms.'),
  maxUnansweredShare: z.number().min(0).max(1).default(0).describe('Share of commands that may stay unanswered, 0 to 1.'),
  maxLateShare: z.number().min(0).max(1).default(0.02).describe('Share of commands that the board may miss or refuse as late, 0 to 1.'),
  maxRetransmissionShare: z.number().min(0).max(1).default(0.01).describe('Share of frames that the host may have to send again, 0 to 1.'),
  maxInvalidShare: z.number().min(0).max(1).default(0.001).describe('Share of received frames that may be damaged or mean nothing, 0 to 1.'),
  maxBytesPerSecond: z.int().min(100).default(9000).describe('Most bytes a second from the board; more is a board that floods. A UART at 115200 baud carries 11520.'),
  heartbeatToleranceMs: ms.default(150).describe('How much earlier or later than link.timing.boardTimeoutMs the board may make itself safe, ms.'),
  maxRecoveryMs: ms.default(5000).describe('Time from plugging the cable in again until the link is up, ms.'),
  maxStallMs: ms.default(400).describe('Longest time that this computer may hold the host and a simulated board up, both together, ms; beyond it a run says nothing about the board.'),
  resetsOnOpen: z.boolean().default(false).describe('Whether opening the port resets the board, as an Arduino\'s USB chip does: then it says `boot` after the cable was pulled.'),
});

export type HilProfile = z.output<typeof hilProfile>;
