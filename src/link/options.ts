// The link's part of the configuration. The composition root adds the twin to the kinds of connection.
import { z } from 'zod';

export const serialConnectionOptions = z.strictObject({
  kind: z.literal('serial'),
  path: z.string().min(1).describe('Serial device, best by its stable name under /dev/serial/by-id/'),
  baudRate: z.int().min(9600).max(4_000_000).default(115_200).describe('Baud rate, bits per second; both ends must agree (default 115200)'),
});

export const tcpConnectionOptions = z.strictObject({
  kind: z.literal('tcp'),
  host: z.string().min(1).describe('Host name or address of the board or of a serial server'),
  port: z.int().min(1).max(65_535).describe('TCP port'),
});

export const connectionOptions = z.discriminatedUnion('kind', [serialConnectionOptions, tcpConnectionOptions]);

export const linkTimingOptions = z.strictObject({
  heartbeatMs: z.int().min(10).max(1000).default(50).describe('Period of the heartbeat, ms (default 50)'),
  missedHeartbeats: z.int().min(3).max(100).default(12).describe('Heartbeat periods without a valid frame after which the board counts as gone (default 12)'),
  boardTimeoutMs: z.int().min(100).max(5000).default(500).describe('Silence of the host after which the board makes itself safe, ms (default 500)'),
  beltPeriodMs: z.int().min(5).max(250).default(20).describe('Period of belt samples while the belt moves, ms (default 20)'),
  maxLateCounts: z.int().min(0).max(65_535).default(5).describe('How far past its count the board may still fire, encoder counts (default 5)'),
  commandTimeoutMs: z.int().min(50).max(60_000).default(1000).describe('Time a command may take to be answered by the board, ms (default 1000)'),
  helloRepeatMs: z.int().min(50).max(5000).default(250).describe('Period of hello while the board does not answer, ms (default 250)'),
  helloTimeoutMs: z.int().min(500).max(60_000).default(5000).describe('Time after which an unanswered hello closes and reopens the cable, ms; longer than a boot loader (default 5000)'),
  window: z.int().min(1).max(8).default(8).describe('Commands on their way to the board at once, at most; the board may ask for fewer (default 8)'),
  retryFirstMs: z.int().min(10).max(60_000).default(250).describe('First delay before reconnecting, ms (default 250)'),
  retryMaxMs: z.int().min(10).max(600_000).default(5000).describe('Longest delay before reconnecting, ms (default 5000)'),
});

export const linkOptions = z.strictObject({
  connection: connectionOptions.describe('How the board is reached'),
  timing: linkTimingOptions.prefault({}).describe('Periods, timeouts and limits of the link'),
});

export type ConnectionOptions = z.infer<typeof connectionOptions>;
export type LinkTimingOptions = z.infer<typeof linkTimingOptions>;
export type LinkOptions = z.infer<typeof linkOptions>;
