// The logger port. The shape is pino's, so the production logger is passed in as it is; rooms never import pino.

export interface LogMethod {
  (message: string): void;
  (fields: Record<string, unknown>, message: string): void;
}

export interface Logger {
  debug: LogMethod;
  info: LogMethod;
  warn: LogMethod;
  error: LogMethod;
  /** A logger whose lines carry `fields` (at least `room`). */
  child(fields: Record<string, unknown>): Logger;
}

const nothing = (): void => undefined;

/** Discards everything: for tests and for libraries called without a log. */
export const silentLogger: Logger = { debug: nothing, info: nothing, warn: nothing, error: nothing, child: () => silentLogger };
