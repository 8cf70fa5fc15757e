// An agent on the terminal: what it runs, how it goes, and its end. Ctrl-C hands its trial back; once more ends at once.
import type { Command } from 'commander';
import { systemClock } from '../base/clock.ts';
import { reasonOf } from '../base/errors.ts';
import type { AgentEvent } from '../learning/sweep/agent.ts';
import { metricOf } from '../learning/sweep/sweep-config.ts';
import type { Sweep, SweepStore } from '../learning/sweep/sweep-store.ts';
import type { LearningStore } from '../learning/store/learning-store.ts';
import type { MachineFlags } from './training-inputs.ts';
import { machineFrom, withMachineOptions } from './training-inputs.ts';

export interface AgentFlags extends MachineFlags {
  readonly json?: true;
}

export function withAgentOptions(command: Command): Command {
  return withMachineOptions(command)
    .option('--json', 'print {…sweep, trials, best, importance} when done');
}

/** Runs trials of `sweep` until there is nothing left to do, `count` are done or Ctrl-C. Throws what training and store throw. */
export async function agentOn(sweep: Sweep, flags: AgentFlags, { store, sweeps, count }: { store: LearningStore; sweeps: SweepStore; count?: number }): Promise<void> {
  const [{ runAgent }, { createTrainingRunner }, { trainProgress }, { untilSignal }, { createLog }] = await Promise.all([
    import('../learning/sweep/agent.ts'), import('../learning/sweep/training-runner.ts'), import('./train-progress.ts'), import('../app/signals.ts'), import('../app/log.ts'),
  ]);
  const leaving = new AbortController();
  void untilSignal(systemClock, () => process.exit(130)).then(() => {
    process.stderr.write('\nhanding the trial back after this step; once more ends at once\n');
    leaving.abort();
  });
  const runner = createTrainingRunner({
    store, clock: systemClock, log: createLog({ level: 'warn', format: 'auto', to: 'stderr' }),
    machine: machineFrom(flags),
    observe: () => trainProgress(process.stderr, systemClock),
  });
  const say = await teller(sweep, sweeps);
  const { trials, reason } = await runAgent(sweep, { store: sweeps, runner, clock: systemClock, signal: leaving.signal, onEvent: say }, count);
  process.stderr.write(`this agent has run ${trials} ${trials === 1 ? 'trial' : 'trials'} and ends: ${reason}\n`);
}

async function teller(sweep: Sweep, sweeps: SweepStore): Promise<(event: AgentEvent) => void> {
  const { bestText, parametersText, progressText } = await import('../learning/sweep/sweep-text.ts');
  const { name } = metricOf(sweep.config);
  const say = (text: string): void => void process.stderr.write(`${text}\n`);
  return (event) => {
    switch (event.kind) {
      case 'trial begun': return say(`\ntrial ${event.trial.number}${event.trial.attemptOrdinal > 1 ? `, attempt ${event.trial.attemptOrdinal}` : ''}: ${parametersText(event.trial.parameters)}`);
      case 'trial over': {
        const trials = sweeps.trials(sweep.id);
        const value = trials.find(({ number }) => number === event.trial.number)?.value;
        const { outcome } = event;
        say(`trial ${event.trial.number} ${outcome.state}${'reason' in outcome ? `: ${outcome.reason}` : ''}${value === undefined ? '' : `, ${name} ${Number(value.toPrecision(4))}`}`);
        return say(`${progressText(sweep, trials)}; best: ${bestText(sweep, trials) ?? 'no value yet'}`);
      }
      case 'waiting': return say(event.why === 'paused' ? `the sweep is paused: waiting for \`sortline sweep resume ${sweep.id}\`` : 'other agents run the last trials: waiting, in case one dies');
      case 'sign of life failed': return say(`no sign of life of trial ${event.trial.number} could be given: ${reasonOf(event.error)}`);
      case 'metric': return undefined;
    }
  };
}
