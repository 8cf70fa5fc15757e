// `sortline link`: the cable by itself. Its traffic decoded live or from a file, and a fuzzer for whatever firmware answers on a port.
import { closeSync, openSync, writeSync } from 'node:fs';
import type { Command } from 'commander';
import { systemClock } from '../base/clock.ts';
import { reasonOf, SortlineError } from '../base/errors.ts';
import { createRandom } from '../base/random.ts';
import type { CapturedBytes } from '../app/link-capture.ts';
import type { Monitor, MonitorDeps } from '../app/link-monitor.ts';
import type { Transport } from '../link/transport.ts';
import { defaultConfig } from '../config/load-config.ts';
import { wholeNumber } from './arguments.ts';

interface MonitorFlags {
  readonly baud: number;
  readonly listen?: true;
  readonly through?: true;
  readonly capture?: string;
  readonly seconds?: number;
}

interface FuzzFlags {
  readonly baud: number;
  readonly seed: number;
  readonly rounds: number;
  readonly json?: true;
}

const MS_PER_S = 1000;

export function addLinkCommand(program: Command): void {
  const link = program.command('link').summary('watch, decode and fuzz the cable to a board').description('Works on the cable to a board alone: decodes its traffic, live or from a file, and fuzzes the firmware that answers on it.')
    .addHelpText('after', '\nExample:\n  $ sortline link monitor /dev/ttyACM0');
  link.command('monitor').argument('<port>', 'serial device, or tcp:HOST:PORT')
    .summary('show the traffic of a cable, decoded')
    .description('Shows every block of the cable, decoded. It opens a session of its own, which makes the board talk, and never arms it.')
    .option('--baud <n>', 'speed of a serial device, bits per second', wholeNumber({ min: 9600, max: 4_000_000 }), 115_200)
    .option('--listen', 'send nothing')
    .option('--through', 'sit between: opens a pseudo-terminal for a line to use instead of the port')
    .option('--capture <file>', 'also write the bytes there, for `link decode`')
    .option('--seconds <n>', 'end after so long; else with Ctrl-C', wholeNumber({ min: 1 }))
    .addHelpText('after', '\nExample:\n  $ sortline link monitor /dev/ttyACM0 --capture cable.jsonl')
    .action(monitor);
  link.command('decode').argument('<capture>', 'a file of `link monitor --capture`, a recording, or bare bytes (binary or hex)')
    .summary('decode captured traffic')
    .description('Decodes captured bytes: a file of `link monitor --capture`, the serial bytes of a recording, or bare bytes.')
    .option('--from-host', 'bare bytes came from the host; else from the board')
    .addHelpText('after', '\nExample:\n  $ sortline link decode cable.jsonl')
    .action(decode);
  link.command('fuzz').argument('<port>', 'serial device, or tcp:HOST:PORT')
    .summary('send a firmware what it does not expect')
    .description('Sends noise, damaged frames and senseless requests, and after each round asks whether the board still answers, is safe, and has not restarted. It never arms the board: nothing may move. The exit code is 1 where something was found.')
    .option('--baud <n>', 'speed of a serial device, bits per second', wholeNumber({ min: 9600, max: 4_000_000 }), 115_200)
    .option('--seed <n>', 'the same blocks for the same seed', wholeNumber({ min: 0, max: 0xffff_ffff }), 1)
    .option('--rounds <n>', 'rounds of 40 blocks', wholeNumber({ min: 1, max: 10_000_000 }), 100)
    .option('--json', 'print one JSON document')
    .addHelpText('after', '\nExample:\n  $ sortline link fuzz /dev/ttyACM0 --rounds 1000')
    .action(fuzz);
}

async function transportTo(port: string, baudRate: number): Promise<Transport> {
  const [, host, tcpPort] = /^tcp:(.+):(\d+)$/.exec(port) ?? [];
  if (host !== undefined) return (await import('../link/tcp-transport.ts')).createTcpTransport({ host, port: Number(tcpPort), clock: systemClock });
  return (await import('../link/serial-transport.ts')).createSerialTransport({ path: port, baudRate });
}

async function monitor(port: string, flags: MonitorFlags): Promise<void> {
  const { TrafficDecoder } = await import('../app/link-traffic.ts');
  const { captureLine } = await import('../app/link-capture.ts');
  const { untilSignal } = await import('../app/signals.ts');
  const { delay } = await import('../base/clock.ts');
  const beganNs = systemClock.nowNs();
  const decoder = new TrafficDecoder(say);
  const capture = flags.capture === undefined ? undefined : openCapture(flags.capture);
  const deps: MonitorDeps = {
    clock: systemClock, transport: await transportTo(port, flags.baud), timing: defaultConfig().link.timing,
    tell: (captured: CapturedBytes) => {
      const relative = { ...captured, atNs: captured.atNs - beganNs };
      if (capture !== undefined) writeSync(capture, `${captureLine(relative)}\n`);
      decoder.push(relative.direction, relative.bytes, relative.atNs);
    },
    note: (text) => say(`            - ${text}`),
  };
  const { monitor: watching, remove } = await startMonitor(deps, flags);
  deps.note(`watching ${port}${flags.seconds === undefined ? '; Ctrl-C ends' : ` for ${flags.seconds} s`}`);
  const ended = untilSignal(systemClock, () => process.exit(130));
  await (flags.seconds === undefined ? ended : Promise.race([ended, delay(systemClock, flags.seconds * MS_PER_S)]));
  await watching.close();
  await remove();
  if (capture !== undefined) closeSync(capture);
  const { frames, damaged, strange } = decoder.totals;
  say(`${frames} frames, ${damaged} damaged blocks, ${strange} frames that no table has`);
  // Nothing at all was heard: the wrong port, or a board without power.
  if (frames + damaged + strange === 0) process.exitCode = 1;
}

async function startMonitor(deps: MonitorDeps, flags: MonitorFlags): Promise<{ monitor: Monitor; remove: () => Promise<void> }> {
  const { listenToBoard, sitBetween, talkToBoard } = await import('../app/link-monitor.ts');
  const nothing = async (): Promise<void> => undefined;
  if (flags.listen === true && flags.through === true) throw new SortlineError('USAGE', '--listen sends nothing and --through passes a host\'s bytes on: give one of them');
  if (flags.listen === true) return { monitor: await listenToBoard(deps), remove: nothing };
  if (flags.through !== true) return { monitor: talkToBoard(deps), remove: nothing };
  const { createPtyCable } = await import('../sim/pty-cable.ts');
  const cable = createPtyCable({ clock: systemClock });
  const monitor = await sitBetween(deps, cable);
  say(`open ${cable.hostPath} instead of the board's port`);
  return { monitor, remove: () => cable.remove() };
}

async function decode(path: string, flags: { readonly fromHost?: true }): Promise<void> {
  const { TrafficDecoder } = await import('../app/link-traffic.ts');
  const { readCapture } = await import('../app/link-capture.ts');
  const decoder = new TrafficDecoder(say);
  for (const { direction, bytes, atNs } of readCapture(path, flags.fromHost === true ? 'out' : 'in')) decoder.push(direction, bytes, atNs);
  const { frames, damaged, strange } = decoder.totals;
  say(`${frames} frames, ${damaged} damaged blocks, ${strange} frames that no table has`);
}

async function fuzz(port: string, flags: FuzzFlags): Promise<void> {
  const { fuzzBoard } = await import('../app/link-fuzz.ts');
  const EVERY = 20;
  const result = await fuzzBoard({
    clock: systemClock, random: createRandom(flags.seed), transport: await transportTo(port, flags.baud), rounds: flags.rounds,
    onRound: (done) => { if (done % EVERY === 0 && flags.json !== true) say(`${done} of ${flags.rounds} rounds`); },
  });
  if (flags.json === true) say(JSON.stringify({ seed: flags.seed, ...result }));
  else {
    for (const { round, what, sent } of result.findings) say(`round ${round}: ${what}\n  after: ${sent.join(' ')}`);
    const verdict = result.findings.length === 0 ? 'nothing found' : `${result.findings.length} findings; again with --seed ${flags.seed}`;
    say(`${verdict}: ${result.rounds} rounds, ${result.blocks} blocks, ${result.bytes} bytes, firmware ${result.firmware ?? 'unknown'}`);
  }
  process.exitCode = result.findings.length === 0 ? 0 : 1;
}

/** Throws REPORT_WRITE_FAILED. */
function openCapture(path: string): number {
  try {
    return openSync(path, 'w');
  } catch (cause) {
    throw new SortlineError('REPORT_WRITE_FAILED', `the capture ${path} cannot be written: ${reasonOf(cause)}`, { context: { path }, cause });
  }
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
