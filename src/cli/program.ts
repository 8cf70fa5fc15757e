// The command line: which commands there are, and how usage errors look. Commands load what they run only when they run, so
// that help is instant and needs nothing built.
import { Command, CommanderError } from 'commander';
import { sortlineVersion } from '../app/version.ts';
import { addArtifactsCommand } from './artifacts.ts';
import { addBenchCommand } from './bench.ts';
import { addCalibrateCommand } from './calibrate.ts';
import { addCheckCommand } from './check.ts';
import { addClassifyCommand } from './classify.ts';
import { addCompareCommand } from './compare.ts';
import { addConfigCommand } from './config.ts';
import { addDatasetCommand } from './dataset.ts';
import { addDemoCommand } from './demo.ts';
import { addEvaluateCommand } from './evaluate.ts';
import { addExportCommand } from './export.ts';
import { addHilCommand } from './hil.ts';
import { describeFailure, EXIT_OK, EXIT_USAGE } from './failure.ts';
import { addModelsCommand } from './models.ts';
import { addRecordCommand } from './record.ts';
import { addRecordingCommand } from './recording.ts';
import { addReplayCommand } from './replay.ts';
import { addReportCommand } from './report.ts';
import { addLinkCommand } from './link.ts';
import { addLineageCommand } from './lineage.ts';
import { addRunCommand } from './run.ts';
import { addRunsCommand } from './runs.ts';
import { addSimulateCommand } from './simulate.ts';
import { addSweepCommand } from './sweep.ts';
import { addTrainCommand } from './train.ts';
import { addTwinCommand } from './twin.ts';
import { addUserCommand } from './user.ts';

const COMMANDS = [addDemoCommand, addRunCommand, addCheckCommand, addClassifyCommand, addDatasetCommand, addTrainCommand, addSweepCommand, addEvaluateCommand, addCompareCommand, addArtifactsCommand, addLineageCommand, addRunsCommand, addModelsCommand, addReportCommand, addExportCommand, addSimulateCommand, addCalibrateCommand, addRecordCommand, addRecordingCommand, addReplayCommand, addHilCommand, addLinkCommand, addBenchCommand, addConfigCommand, addTwinCommand, addUserCommand];

/** Runs one command line (without the program's name) and returns the exit code. */
export async function runCommandLine(argv: readonly string[]): Promise<number> {
  const program = createProgram();
  try {
    await program.parseAsync(argv, { from: 'user' });
    return Number(process.exitCode ?? EXIT_OK);
  } catch (error) {
    if (error instanceof CommanderError) return isHelp(error) ? EXIT_OK : EXIT_USAGE;
    const { text, exitCode } = describeFailure(error, program.opts<{ debug?: boolean }>().debug === true);
    process.stderr.write(`${text}\n`);
    return exitCode;
  }
}

export function createProgram(): Command {
  const program = new Command('sortline')
    .description('Control service of a robotic recyclable sorter: camera frames in, items sorted, every prediction published.')
    .version(sortlineVersion())
    .option('--debug', 'show causes and stacks of errors')
    .addHelpText('after', '\nExample:\n  $ sortline demo\n\nExit codes: 0 ok, 1 refused for a stated reason, 2 wrong usage.')
    .showSuggestionAfterError()
    .configureOutput({ outputError: (text, write) => write(text.replace(/^error: /, 'error USAGE: ')) })
    .exitOverride();
  for (const add of COMMANDS) add(program);
  for (const command of program.commands) command.showHelpAfterError(`See \`sortline ${command.name()} --help\`.`);
  return program;
}

/** `sortline --help` was asked for; `sortline` alone shows the same text but names no command, which is wrong usage. */
function isHelp(error: CommanderError): boolean {
  return error.code === 'commander.helpDisplayed' || error.code === 'commander.version' || (error.code === 'commander.help' && error.exitCode === 0);
}
