// The command line: which commands there are, and how usage errors look. Only the command that is named is loaded, as the config's
// schema, which half of them need, takes as long to load as all else together; and commands load what they run only when they run,
// so that help is instant and needs nothing built.
import { Command, CommanderError } from 'commander';
import { sortlineVersion } from '../app/version.ts';
import { describeFailure, EXIT_OK, EXIT_USAGE } from './failure.ts';

/** In the order of the help. */
const COMMANDS: Readonly<Record<string, () => Promise<(program: Command) => void>>> = {
  demo: async () => (await import('./demo.ts')).addDemoCommand,
  run: async () => (await import('./run.ts')).addRunCommand,
  check: async () => (await import('./check.ts')).addCheckCommand,
  classify: async () => (await import('./classify.ts')).addClassifyCommand,
  dataset: async () => (await import('./dataset.ts')).addDatasetCommand,
  train: async () => (await import('./train.ts')).addTrainCommand,
  sweep: async () => (await import('./sweep.ts')).addSweepCommand,
  evaluate: async () => (await import('./evaluate.ts')).addEvaluateCommand,
  compare: async () => (await import('./compare.ts')).addCompareCommand,
  artifacts: async () => (await import('./artifacts.ts')).addArtifactsCommand,
  lineage: async () => (await import('./lineage.ts')).addLineageCommand,
  runs: async () => (await import('./runs.ts')).addRunsCommand,
  models: async () => (await import('./models.ts')).addModelsCommand,
  report: async () => (await import('./report.ts')).addReportCommand,
  export: async () => (await import('./export.ts')).addExportCommand,
  simulate: async () => (await import('./simulate.ts')).addSimulateCommand,
  calibrate: async () => (await import('./calibrate.ts')).addCalibrateCommand,
  record: async () => (await import('./record.ts')).addRecordCommand,
  recording: async () => (await import('./recording.ts')).addRecordingCommand,
  replay: async () => (await import('./replay.ts')).addReplayCommand,
  hil: async () => (await import('./hil.ts')).addHilCommand,
  link: async () => (await import('./link.ts')).addLinkCommand,
  bench: async () => (await import('./bench.ts')).addBenchCommand,
  config: async () => (await import('./config.ts')).addConfigCommand,
  twin: async () => (await import('./twin.ts')).addTwinCommand,
  user: async () => (await import('./user.ts')).addUserCommand,
};

/** Runs one command line (without the program's name) and returns the exit code. */
export async function runCommandLine(argv: readonly string[]): Promise<number> {
  const program = await createProgram(commandOf(argv));
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

/** With all commands, or with only the one that is asked for. */
export async function createProgram(only?: string): Promise<Command> {
  const program = new Command('sortline')
    .description('Control service of a robotic recyclable sorter: camera frames in, items sorted, every prediction published.')
    .version(sortlineVersion())
    .option('--debug', 'show causes and stacks of errors')
    .addHelpText('after', '\nExample:\n  $ sortline demo\n\nExit codes: 0 ok, 1 refused for a stated reason, 2 wrong usage.')
    .showSuggestionAfterError()
    .configureOutput({ outputError: (text, write) => write(text.replace(/^error: /, 'error USAGE: ')) })
    .exitOverride();
  for (const name of only === undefined ? Object.keys(COMMANDS) : [only]) (await COMMANDS[name]!())(program);
  for (const command of program.commands) command.showHelpAfterError(`See \`sortline ${command.name()} --help\`.`);
  return program;
}

/** The command that `argv` names; undefined where it names none that there is: the help and the suggestions then need them all. */
function commandOf(argv: readonly string[]): string | undefined {
  const word = argv.find((text) => !text.startsWith('-'));
  return word !== undefined && Object.hasOwn(COMMANDS, word) ? word : undefined;
}

/** `sortline --help` was asked for; `sortline` alone shows the same text but names no command, which is wrong usage. */
function isHelp(error: CommanderError): boolean {
  return error.code === 'commander.helpDisplayed' || error.code === 'commander.version' || (error.code === 'commander.help' && error.exitCode === 0);
}
