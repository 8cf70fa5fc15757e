// The entry: `node src/cli/main.ts run -c sortline.yaml`. Exits when the command is done, whatever timers are left.
import { readFileSync } from 'node:fs';
import { describeFailure } from './failure.ts';
import { runCommandLine } from './program.ts';

const argv = givenArguments();

process.on('uncaughtException', fail);
process.on('unhandledRejection', fail);

// A reader that went away (`| head`) is no failure of the command.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);

// A pipe takes what was written before `exit` only when it is drained; setting exitCode would wait for idle handles.
const exitCode = await runCommandLine(argv);
process.stdout.write('', () => process.stderr.write('', () => process.exit(exitCode)));

function fail(error: unknown): void {
  process.stderr.write(`${describeFailure(error, argv.includes('--debug')).text}\n`);
  process.exit(1);
}

/** Those of the command line, or, where there are too many for one, what bin/sortline.js has written to a pipe. */
function givenArguments(): readonly string[] {
  const { SORTLINE_ARGUMENTS_FD: descriptor } = process.env;
  if (descriptor === undefined) return process.argv.slice(2);
  // Not for the processes that this one starts.
  delete process.env.SORTLINE_ARGUMENTS_FD;
  return JSON.parse(readFileSync(Number(descriptor), 'utf8')) as string[];
}
