// The entry: `node src/cli/main.ts run -c sortline.yaml`. Exits when the command is done, whatever timers are left.
import { describeFailure } from './failure.ts';
import { runCommandLine } from './program.ts';

process.on('uncaughtException', fail);
process.on('unhandledRejection', fail);

// A reader that went away (`| head`) is no failure of the command.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);

// A pipe takes what was written before `exit` only when it is drained; setting exitCode would wait for idle handles.
const exitCode = await runCommandLine(process.argv.slice(2));
process.stdout.write('', () => process.stderr.write('', () => process.exit(exitCode)));

function fail(error: unknown): void {
  process.stderr.write(`${describeFailure(error, process.argv.includes('--debug')).text}\n`);
  process.exit(1);
}
