// `sortline sweep`: search for good hyperparameters, with as many agents as there are machines.
import type { Command } from 'commander';
import { systemClock } from '../base/clock.ts';
import type { Sweep, SweepStore } from '../learning/sweep/sweep-store.ts';
import type { LearningStore } from '../learning/store/learning-store.ts';
import { wholeNumber } from './arguments.ts';
import type { StoreFlags } from './learning-store.ts';
import { withStore, withStoreOption } from './learning-store.ts';
import { momentText } from './quantity-text.ts';
import type { AgentFlags } from './sweep-agent.ts';
import { agentOn, withAgentOptions } from './sweep-agent.ts';
import { sweepFrom } from './sweep-file.ts';
import type { TaskFlags } from './sweep-task.ts';
import { taskFrom, withTaskOptions } from './sweep-task.ts';

interface RunFlags extends StoreFlags, TaskFlags, AgentFlags {
  readonly count?: number;
  readonly agent: boolean;
}

export function addSweepCommand(program: Command): void {
  const sweep = program.command('sweep')
    .summary('search for good hyperparameters')
    .description('Tries hyperparameters as a sweep file says, in the form of W&B\'s: every combination, at random, or where a model of the trials so far expects an improvement. Each trial is a training run of its own. More agents, also on other machines that share the learning store, join with `sortline sweep agent`; none does a trial twice, and a trial whose agent died is taken over.')
    .addHelpText('after', '\nExamples:\n  $ sortline sweep sweep.yaml --data photographs/ --backbone resnet18.onnx\n  $ sortline sweep agent 20261124T0315\n  $ sortline sweep show 20261124T0315');
  addRun(sweep);
  addAgent(sweep);
  addSteering(sweep);
}

function addRun(sweep: Command): void {
  const command = sweep.command('run <file>', { isDefault: true })
    .summary('Begin a sweep and run its trials')
    .description('Begins the sweep of a file and runs its trials in this process until all are done. Ctrl-C hands the trial back; `sortline sweep agent` goes on.')
    .option('--count <n>', 'most trials in the whole sweep, as `run_cap` in the file; the smaller one counts', wholeNumber({ min: 1 }))
    .option('--no-agent', 'only begin the sweep and print its id; agents run it');
  withStoreOption(withAgentOptions(withTaskOptions(command)))
    .action((file: string, flags: RunFlags) => withSweeps(flags, async (sweeps, store) => {
      const { notesOf } = await import('../learning/sweep/sweep-checks.ts');
      const written = sweepFrom(file);
      const config = flags.count === undefined ? written : { ...written, run_cap: Math.min(flags.count, written.run_cap ?? flags.count) };
      const name = flags.name ?? config.name ?? 'sweep';
      const task = await taskFrom(flags, config, { store, name });
      for (const note of notesOf(config)) process.stderr.write(`note: ${note}\n`);
      const begun = sweeps.create({ name, config, task });
      process.stderr.write(`sweep ${begun.id}; more agents: sortline sweep agent ${begun.id} --store ${store.folder}\n`);
      if (!flags.agent) return void process.stdout.write(flags.json === true ? `${JSON.stringify(begun)}\n` : `${begun.id}\n`);
      await agentOn(begun, flags, { store, sweeps });
      await print(sweeps.sweep(begun.id), flags, sweeps);
    }));
}

function addAgent(sweep: Command): void {
  const command = sweep.command('agent <sweep>')
    .summary('Run trials of a sweep')
    .description('Runs trials of a sweep, beside other agents, until all are done. A sweep is named by its id, the beginning of it, or its name (the newest of that name).')
    .option('--count <n>', 'most trials of this agent', wholeNumber({ min: 1 }));
  withStoreOption(withAgentOptions(command))
    .action((reference: string, flags: StoreFlags & AgentFlags & { count?: number }) => withSweeps(flags, async (sweeps, store) => {
      const found = sweeps.sweep(reference);
      await agentOn(found, flags, { store, sweeps, ...(flags.count !== undefined && { count: flags.count }) });
      await print(sweeps.sweep(found.id), flags, sweeps);
    }, { isReading: true }));
}

function addSteering(sweep: Command): void {
  const add = (usage: string, summary: string): Command => withStoreOption(sweep.command(usage).summary(summary).description(`${summary}.`));
  add('list', 'List sweeps, newest first')
    .option('--json', 'print [{id, name, config, task, state, reason, createdAtIso}]')
    .action((flags: StoreFlags & { json?: true }) => withSweeps(flags, (sweeps) => list(sweeps, flags), { isReading: true }));
  add('show <sweep>', 'Show one sweep: where it stands, its trials, the best of them, which hyperparameters matter')
    .option('--json', 'print {…sweep, trials, best, importance}')
    .action((reference: string, flags: StoreFlags & { json?: true }) => withSweeps(flags, (sweeps) => print(sweeps.sweep(reference), flags, sweeps), { isReading: true }));
  const change = (usage: string, summary: string, state: (flags: { now?: true }) => Parameters<SweepStore['change']>[1], said: string): Command => add(usage, summary)
    .action((reference: string, flags: StoreFlags & { now?: true }) => withSweeps(flags, (sweeps) => {
      const { id, name } = sweeps.change(sweeps.sweep(reference).id, state(flags));
      process.stdout.write(`${name} (${id}) ${said}\n`);
    }, { isReading: true }));
  change('pause <sweep>', 'Begin no new trials for now; agents wait', () => 'paused', 'is paused: what runs comes to its end');
  change('resume <sweep>', 'Go on with a paused or stopped sweep', () => 'running', 'goes on');
  change('stop <sweep>', 'Begin no new trials any more; what runs comes to its end', ({ now }) => (now === true ? 'cancelled' : 'stopping'), 'is being stopped')
    .option('--now', 'also end the trials that run, within seconds');
}

async function list(sweeps: SweepStore, flags: { json?: true }): Promise<void> {
  const all = sweeps.sweeps();
  if (flags.json === true) return void process.stdout.write(`${JSON.stringify(all)}\n`);
  const [{ textTable }, { bestText, progressText }] = await Promise.all([import('../learning/evaluate/text-table.ts'), import('../learning/sweep/sweep-text.ts')]);
  process.stdout.write(textTable(
    [{ heading: 'sweep' }, { heading: 'name' }, { heading: 'method' }, { heading: 'state' }, { heading: 'begun' }, { heading: 'trials' }, { heading: 'best' }],
    all.map((sweep) => {
      const trials = sweeps.trials(sweep.id);
      return [sweep.id, sweep.name, sweep.config.method, sweep.state, momentText(sweep.createdAtIso), progressText(sweep, trials), bestText(sweep, trials) ?? ''];
    }),
  ));
}

async function print(sweep: Sweep, flags: { json?: true }, sweeps: SweepStore): Promise<void> {
  const { bestTrial, importanceIn, sweepText } = await import('../learning/sweep/sweep-text.ts');
  const trials = sweeps.trials(sweep.id);
  process.stdout.write(flags.json === true ? `${JSON.stringify({ ...sweep, trials, best: bestTrial(sweep, trials) ?? null, importance: importanceIn(trials) })}\n` : sweepText(sweep, trials));
}

function withSweeps(flags: StoreFlags, work: (sweeps: SweepStore, store: LearningStore) => void | Promise<void>, options: { isReading?: boolean } = {}): Promise<void> {
  return withStore(flags, async (store) => {
    const { openSweepStore } = await import('../learning/sweep/open-sweep-store.ts');
    const sweeps = openSweepStore(store.folder, { clock: systemClock });
    try {
      await work(sweeps, store);
    } finally {
      sweeps.close();
    }
  }, options);
}
