// The entry: `node src/cli/main.ts run -c sortline.yaml`. Exits when the command is done, whatever timers are left.
import { systemClock } from '../base/clock.ts';
import { describeFailure } from './failure.ts';
import { endWithLauncher, givenArguments } from './launcher.ts';
import { runCommandLine } from './program.ts';

const argv = givenArguments();
endWithLauncher(systemClock);

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
