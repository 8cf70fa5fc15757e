// The one place where what a person asks becomes something the line does: MQTT and dashboard both hand their commands here,
// valid by the schemas of src/domain/operator-command.ts. Each is answered with a result or a reason, logged with who asked,
// and told to the ledger. Who may ask for what is decided at the way in; what depends on the line's state is decided here.
import type { Clock, Timer } from '../base/clock.ts';
import type { Logger } from '../base/logger.ts';
import { reasonOf } from '../base/errors.ts';
import type { BinId } from '../domain/decision.ts';
import { RESIDUE } from '../domain/decision.ts';
import type { LineSink } from '../domain/line-event.ts';
import type { CommandOf, CommandResult, ExecuteCommand, Operator, OperatorCommand } from '../domain/operator-command.ts';
import { commandEvent, operatorName } from '../domain/operator-command.ts';
import type { Line } from './line.ts';

export interface OperatorCommandsDeps {
  readonly clock: Clock;
  readonly log: Logger;
  /** Called only after the line exists. */
  readonly line: () => Line;
  /** Everything that shows or stores what happens. */
  readonly sink: LineSink;
  /** Whether a start over MQTT may follow an E-stop: whoever starts then should see the belt. */
  readonly remoteStartAfterEStop: boolean;
}

const ACCEPTED: CommandResult = { result: 'accepted' };
/** The vision process may be busy or restarting; a picture later than this is none of now. */
const SNAPSHOT_MS = 5000;

export class OperatorCommands {
  readonly #deps: OperatorCommandsDeps;
  readonly #log: Logger;
  readonly #waiting = new Set<(jpeg: Uint8Array) => void>();

  constructor(deps: OperatorCommandsDeps) {
    this.#deps = deps;
    this.#log = deps.log.child({ room: 'app' });
  }

  readonly execute: ExecuteCommand = async (command, by) => {
    let result: CommandResult;
    try {
      result = await this.#perform(command, by);
    } catch (error) {
      this.#log.error({ command: command.name, reason: reasonOf(error) }, `the command ${command.name} failed: ${reasonOf(error)}`);
      result = { result: 'refused', reason: `it failed: ${reasonOf(error)}` };
    }
    if (command.name !== 'ping') this.#record(command, by, result);
    return result;
  };

  /** A picture came from vision: whoever waits for one has it. The bytes are not kept. */
  showSnapshot(jpeg: Uint8Array): void {
    for (const resolve of [...this.#waiting]) resolve(jpeg);
  }

  async #perform(command: OperatorCommand, by: Operator): Promise<CommandResult> {
    const line = this.#deps.line();
    switch (command.name) {
      case 'ping': return ACCEPTED;
      case 'note': return ACCEPTED;
      case 'start': return this.#start(line, by);
      case 'pause': return pause(line, command, by);
      case 'set-recipe': return setRecipe(line, command, by);
      case 'enable-bin': return line.enableBin(command.bin, command.enabled) ? ACCEPTED : unknownBin(line, command.bin);
      case 'acknowledge-alarm': return acknowledge(line, command, by);
      case 'snapshot': return this.#snapshot(line);
    }
  }

  async #start(line: Line, by: Operator): Promise<CommandResult> {
    if (by.via === 'mqtt' && line.isEStopLatched && !this.#deps.remoteStartAfterEStop) {
      return refused('the line was stopped by its E-stop: start it at the line, where the belt can be seen (`mqtt.commands.startAfterEStop` allows it remotely)');
    }
    const started = await line.requestStart(operatorName(by));
    return started.result === 'started' ? ACCEPTED : started;
  }

  #snapshot(line: Line): Promise<CommandResult> {
    return new Promise((resolve) => {
      let giveUp: Timer | undefined;
      const finish = (result: CommandResult): void => {
        giveUp?.cancel();
        this.#waiting.delete(take);
        resolve(result);
      };
      const take = (jpeg: Uint8Array): void => finish({ result: 'accepted', jpeg });
      this.#waiting.add(take);
      giveUp = this.#deps.clock.after(SNAPSHOT_MS, () => finish(refused(`no picture came within ${SNAPSHOT_MS / 1000} s: camera or vision process are down`)));
      line.requestSnapshot();
    });
  }

  #record(command: OperatorCommand, by: Operator, result: CommandResult): void {
    const { clock, sink } = this.#deps;
    const event = commandEvent(command, by, { atNs: clock.nowNs(), result });
    this.#log.info({ command: event.command, detail: event.detail, by: event.by, result: event.result, reason: event.reason },
      `${event.by} asked for ${event.command}: ${event.result}${event.reason === undefined ? '' : `, ${event.reason}`}`);
    sink(event);
  }
}

function pause(line: Line, { reason }: CommandOf<'pause'>, by: Operator): CommandResult {
  if (line.state !== 'running') return refused(`the line is not running, it is ${line.state}`);
  line.requestPause(operatorName(by), reason);
  return ACCEPTED;
}

function setRecipe(line: Line, { recipe }: CommandOf<'set-recipe'>, by: Operator): CommandResult {
  const unknown = Object.values(recipe.binByMaterial).find((bin) => bin !== RESIDUE && !line.binIds.includes(bin));
  if (unknown !== undefined) return unknownBin(line, unknown);
  line.applyRecipe(recipe, [], operatorName(by));
  return ACCEPTED;
}

function acknowledge(line: Line, { alarm, subject }: CommandOf<'acknowledge-alarm'>, by: Operator): CommandResult {
  if (line.alarms.acknowledge(alarm, subject, operatorName(by))) return ACCEPTED;
  return refused(`the alarm ${alarm}${subject === undefined ? '' : ` (${subject})`} is not active, or was acknowledged before`);
}

function unknownBin(line: Line, bin: BinId): CommandResult {
  return refused(`there is no bin '${bin}'; there are ${line.binIds.join(', ')}`);
}

function refused(reason: string): CommandResult {
  return { result: 'refused', reason };
}
