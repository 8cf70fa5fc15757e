// `sortline twin`: the simulated board alone, for a host in another process or on another machine, with its faults at the
// keyboard. It says what its plant did; what that was meant to do, the host's own log says.
import { createInterface } from 'node:readline';
import type { Command } from 'commander';
import { systemClock } from '../base/clock.ts';
import { reasonOf } from '../base/errors.ts';
import type { Logger } from '../base/logger.ts';
import { createRandom } from '../base/random.ts';
import { defaultConfig } from '../config/load-config.ts';
import type { Config } from '../config/schema.ts';
import type { BoardCable } from '../sim/board-cable.ts';
import { CONSOLE_HELP, obeyConsole } from '../sim/twin-console.ts';
import type { Twin, TwinEvent } from '../sim/twin.ts';
import { wholeNumber } from './arguments.ts';
import { configFrom } from './config-file.ts';

interface TwinFlags {
  readonly config?: string;
  readonly tcp?: number;
  readonly host: string;
}

export function addTwinCommand(program: Command): void {
  program.command('twin')
    .summary('run the simulated board alone')
    .description('Runs the simulated microcontroller and its belt on a pseudo-terminal, or on a TCP port, until Ctrl-C. Any host that speaks firmware-protocol.md can use it.')
    .option('-c, --config <file>', 'config file whose belt and board it has (sim.twin); the defaults without')
    .option('--tcp <port>', 'listen on this TCP port instead; 0 takes a free one', wholeNumber({ min: 0, max: 65_535 }))
    .option('--host <address>', 'address to listen on', '127.0.0.1')
    .addHelpText('after', `\nExample:\n  $ sortline twin --tcp 7700\n\nWhile it runs it takes lines on standard input:\n${CONSOLE_HELP}`)
    .action((flags: TwinFlags) => runTwin(flags.config === undefined ? defaultConfig() : configFrom(flags.config), flags));
}

async function runTwin(config: Config, flags: TwinFlags): Promise<void> {
  const { untilSignal } = await import('../app/signals.ts');
  const { createLog } = await import('../app/log.ts');
  const { cable, remove } = await createCable(flags);
  const twin = await createStandaloneTwin({ config, cable, log: createLog({ level: 'info', format: 'auto', to: 'stderr' }) });
  const stopped = untilSignal(systemClock, () => process.exit(1));
  try {
    await twin.start();
    say(`board ready on ${cable.description}`);
    const keyboard = createInterface({ input: process.stdin });
    keyboard.on('line', (line) => void obeyConsole(twin, line).then(say, (error: unknown) => say(`failed: ${reasonOf(error)}`)));
    await stopped;
    keyboard.close();
  } finally {
    await twin.stop();
    await remove();
  }
}

async function createCable(flags: TwinFlags): Promise<{ cable: BoardCable; remove: () => Promise<void> }> {
  if (flags.tcp !== undefined) {
    const { createTcpCable } = await import('../sim/tcp-cable.ts');
    return { cable: createTcpCable({ host: flags.host, port: flags.tcp }), remove: async () => undefined };
  }
  const { createPtyCable } = await import('../sim/pty-cable.ts');
  const cable = createPtyCable({ clock: systemClock });
  return { cable, remove: () => cable.remove() };
}

async function createStandaloneTwin(about: { config: Config; cable: BoardCable; log: Logger }): Promise<Twin> {
  const { createTwin } = await import('../sim/twin.ts');
  const { BeltMotion } = await import('../sim/belt-motion.ts');
  return createTwin({
    clock: systemClock, log: about.log, cable: about.cable, options: about.config.sim.twin,
    // Every start of the program is a restart of the board: its boot id must differ.
    random: createRandom(crypto.getRandomValues(new Uint32Array(1))[0]!),
    motion: new BeltMotion({ atNs: systemClock.nowNs(), counts: 0 }),
    actuators: [], countsPerMm: about.config.sim.twin.countsPerMm, sink: (event) => say(describe(event)),
  });
}

function describe(event: TwinEvent): string | undefined {
  switch (event.kind) {
    case 'booted': return `booted, boot id 0x${event.bootId.toString(16)}`;
    case 'relay': return event.closed ? 'armed, belt starts' : 'safe, belt stops';
    case 'output': return event.active ? `output ${event.output} on` : `output ${event.output} off`;
    case 'landed': return undefined;
  }
}

function say(line: string | undefined): void {
  if (line !== undefined) process.stdout.write(`${line}\n`);
}
