// The sections that belong to no room: the line's name and start, where its calibration lies, the log, and the simulated
// board as one more kind of connection.
import { z } from 'zod';
import { serialConnectionOptions, tcpConnectionOptions, linkTimingOptions } from '../link/options.ts';

const name = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/, 'a name is 1 to 64 letters, digits, dashes and underscores: it becomes part of MQTT topics');

export const lineOptions = z.strictObject({
  site: name.default('local').describe('Where the line stands; part of the MQTT topics.'),
  id: name.default('demo').describe('Name of the line; part of the MQTT topics.'),
  start: z.enum(['auto', 'operator']).optional().describe('What starts the belt when camera, model and board are ready: `operator` waits for a person, `auto` starts by itself, once. After a fault only an operator starts. Default: `operator`, and `auto` with the simulated board.'),
}).prefault({});

export const calibrationOptions = z.strictObject({
  file: z.string().min(1).optional().describe('Calibration file of this line (measured numbers only). Default: the virtual belt\'s own geometry; a real camera needs a file. A relative path starts at the config file.'),
}).prefault({});

export const logOptions = z.strictObject({
  level: z.enum(['debug', 'info', 'warn', 'error']).default('info').describe('Least important lines that are shown: `debug`, `info`, `warn`, `error`.'),
  format: z.enum(['auto', 'pretty', 'json']).default('auto').describe('`pretty` for people, `json` for machines: standard output is the log alone, and what is for people goes to standard error. `auto` is pretty on a terminal, else JSON among what is for people.'),
}).prefault({});

export const twinConnectionOptions = z.strictObject({
  kind: z.literal('twin'),
  via: z.enum(['pty', 'tcp', 'memory']).default('pty').describe('How the simulated board is reached: `pty` runs the real serial code over a pseudo-terminal, `tcp` a socket, `memory` neither.'),
});

export const linkSectionOptions = z.strictObject({
  connection: z.discriminatedUnion('kind', [serialConnectionOptions, tcpConnectionOptions, twinConnectionOptions]).prefault({ kind: 'twin' })
    .describe('How the board is reached: `kind: serial`, `kind: tcp`, or `kind: twin` for the simulated board.'),
  timing: linkTimingOptions.prefault({}).describe('Periods, timeouts and limits of the link.'),
}).prefault({});
