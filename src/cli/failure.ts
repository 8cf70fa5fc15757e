// How a command that failed says so, and its exit code: 1 refused for a stated reason, 2 wrong usage.
import { isSortlineError } from '../base/errors.ts';

export const EXIT_OK = 0;
export const EXIT_REFUSED = 1;
export const EXIT_USAGE = 2;

/** What to print for `error`, and the exit code. A stack is shown only for what nobody foresaw, or when debugging. */
export function describeFailure(error: unknown, isDebug: boolean): { text: string; exitCode: number } {
  if (isSortlineError(error)) {
    const lines = [`error ${error.code}: ${error.message}`];
    if (isDebug) lines.push(...causeLines(error), String(error.stack));
    return { text: lines.join('\n'), exitCode: error.code === 'USAGE' ? EXIT_USAGE : EXIT_REFUSED };
  }
  const summary = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  const stack = error instanceof Error ? `\n${String(error.stack)}` : '';
  return {
    text: [`error INTERNAL: ${summary}`, ...causeLines(error), `This is a fault of Sortline, not of its use; please report it with these lines:${stack}`].join('\n'),
    exitCode: EXIT_REFUSED,
  };
}

function causeLines(error: unknown): string[] {
  const lines: string[] = [];
  // A chain of causes longer than this is a loop.
  for (let cause = causeOf(error); cause !== undefined && lines.length < 10; cause = causeOf(cause)) {
    const code = isSortlineError(cause) ? `${cause.code}: ` : '';
    lines.push(`  because ${code}${cause instanceof Error ? cause.message : String(cause)}`);
  }
  return lines;
}

function causeOf(error: unknown): unknown {
  return error instanceof Error ? error.cause : undefined;
}
