// The one place that loads pino. Pretty lines for people, JSON lines for machines; what looks like a secret is blanked at the
// root, so that no room can leak one by logging its options.
import { createRequire } from 'node:module';
import { pino } from 'pino';
import type { DestinationStream } from 'pino';
import type { PinoPretty } from 'pino-pretty';
import type { Logger } from '../base/logger.ts';

export interface LogOptions {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly format: 'auto' | 'pretty' | 'json';
  /** `stderr` where stdout carries a document (`--json`). */
  readonly to: 'stdout' | 'stderr';
}

const SECRET_FIELDS = ['password', 'passphrase', 'secret', 'token', 'credentials', 'authorization'];
const HIDDEN = '[hidden]';
/** The credentials of `rtsp://user:password@camera/…`. */
const URL_CREDENTIALS = /(\b[a-z][a-z0-9+.-]*:\/\/)[^\s/@"']+@/gi;

/** A logger that writes to this process's stdout or stderr; children carry `room`. */
export function createLog(options: LogOptions): Logger {
  const fd = options.to === 'stdout' ? 1 : 2;
  const isTerminal = (options.to === 'stdout' ? process.stdout : process.stderr).isTTY === true;
  const isPretty = options.format === 'pretty' || (options.format === 'auto' && isTerminal);
  const stream = isPretty ? prettyStream(fd, { colours: isTerminal, level: options.level }) : pino.destination({ fd, sync: true });
  return createLogOn(withoutEpipe(stream), options.level);
}

/** A logger on any stream: one JSON line per call. */
export function createLogOn(stream: DestinationStream, level: LogOptions['level']): Logger {
  return pino({
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    redact: { paths: SECRET_FIELDS.flatMap((field) => [field, `*.${field}`, `*.*.${field}`, `*.*.*.${field}`]), censor: HIDDEN },
    hooks: { streamWrite: (line) => line.replaceAll(URL_CREDENTIALS, `$1${HIDDEN}@`) },
  }, stream);
}

/** A line for people per call, to a file descriptor or a stream. */
export function prettyStream(destination: number | NodeJS.WritableStream, options: { colours: boolean; level: LogOptions['level'] }): PinoPretty.PrettyStream {
  // Loaded only here, as it takes longer to load than pino, and only a person at a terminal wants it.
  const pretty = createRequire(import.meta.url)('pino-pretty') as typeof PinoPretty;
  const hasFields = options.level === 'debug';
  return pretty({
    destination, sync: true, colorize: options.colours,
    translateTime: 'SYS:HH:MM:ss.l', ignore: 'room,pid,hostname',
    // One line per item: the sentence says it all, the fields are for machines.
    hideObject: !hasFields,
    // Only with them: pino-pretty 13 ends no line where both are set.
    singleLine: hasFields,
  });
}

/** A reader that went away (`| head`) must not take the line down. */
function withoutEpipe<S extends { on?: (event: 'error', handler: () => void) => unknown }>(stream: S): S {
  stream.on?.('error', () => undefined);
  return stream;
}
