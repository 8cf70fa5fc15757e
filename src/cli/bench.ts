// `sortline bench`: what the line costs on this machine.
import type { Command } from 'commander';
import { Option } from 'commander';
import type { BenchReport } from '../app/bench-line.ts';
import type { HistoryBenchReport } from '../app/bench-history.ts';
import type { MqttBenchReport } from '../app/bench-mqtt.ts';
import type { LoadBenchReport, LoadSpell } from '../app/bench-load.ts';
import type { TrainingBenchReport } from '../app/bench-training.ts';
import { systemClock } from '../base/clock.ts';
import { defaultConfig } from '../config/load-config.ts';
import type { Architecture } from '../learning/train/hyperparameters.ts';
import { ARCHITECTURES } from '../learning/train/hyperparameters.ts';
import { wholeNumber } from './arguments.ts';
import { configFrom } from './config-file.ts';

interface BenchFlags {
  readonly config?: string;
  readonly seconds: number;
  readonly frames: number;
  readonly training?: true;
  readonly history?: true;
  readonly load?: true;
  readonly items: number;
  readonly hours: number;
  readonly mqtt?: string;
  readonly events: number;
  readonly architecture: Architecture;
  readonly batchSize: number;
  readonly json?: true;
}

export function addBenchCommand(program: Command): void {
  program.command('bench')
    .summary('measure the line on this machine')
    .description('Measures the live line on the virtual belt: classification rate against a bare inference loop, exposure to command written, and memory. Takes about seven minutes; leave the machine alone meanwhile.')
    .option('-c, --config <file>', 'take model, recipe and the rest from this file; camera and board stay virtual')
    .option('--seconds <n>', 'seconds of each rate measurement; the latency takes four times as long', wholeNumber({ min: 2, max: 3600 }), 20)
    .option('--frames <n>', 'frames of the memory measurement', wholeNumber({ min: 100 }), 20_000)
    .option('--training', 'measure a step of fine-tuning against the forward pass of the same batch instead; takes about a minute')
    .addOption(new Option('--architecture <name>', 'with --training: network to train').choices(ARCHITECTURES).default('resnet18'))
    .option('--batch-size <n>', 'with --training: pictures a step', wholeNumber({ min: 1, max: 512 }), 32)
    .option('--history', 'measure the ledger instead: a day of items, what it takes on disk, and how long its history takes to answer; takes about two minutes')
    .option('--items <n>', 'with --history: items to write', wholeNumber({ min: 1000, max: 10_000_000 }), 400_000)
    .option('--hours <n>', 'with --history: hours over which they come', wholeNumber({ min: 1, max: 1000 }), 24)
    .option('--mqtt <url>', 'measure how fast events follow to this broker after an outage instead; takes some seconds. User, password and certificates are those of the config')
    .option('--events <n>', 'with --mqtt: events to send', wholeNumber({ min: 1000, max: 1_000_000 }), 40_000)
    .option('--load', 'measure the line instead with 20 dashboards open, 200 MQTT commands a second and /metrics scraped once a second; takes four rounds of three times --seconds')
    .option('--json', 'print one JSON document')
    .addHelpText('after', '\nExamples:\n  $ sortline bench --json\n  $ sortline bench --training\n  $ sortline bench --history\n  $ sortline bench --mqtt mqtt://127.0.0.1:1883')
    .action(async (flags: BenchFlags) => {
      if (flags.training) return runTraining(flags);
      if (flags.history) return runHistory(flags);
      if (flags.load) return runLoad(flags);
      if (flags.mqtt !== undefined) return runMqtt(flags, flags.mqtt);
      const { benchLine } = await import('../app/bench-line.ts');
      const config = flags.config === undefined ? defaultConfig() : configFrom(flags.config);
      const report = await benchLine({
        config, seconds: flags.seconds, frames: flags.frames, onProgress: (what) => process.stderr.write(`measuring: ${what}\n`),
      });
      process.stdout.write(flags.json ? `${JSON.stringify(report)}\n` : reportText(report));
    });
}

/** Rounds of forward pass and step; medians are reported. */
const TRAINING_ROUNDS = 9;

async function runTraining({ architecture, batchSize, json }: BenchFlags): Promise<void> {
  const { benchTraining } = await import('../app/bench-training.ts');
  const report = await benchTraining({ architecture, batchSize, rounds: TRAINING_ROUNDS, clock: systemClock, onProgress: (what) => process.stderr.write(`measuring: ${what}\n`) });
  process.stdout.write(json ? `${JSON.stringify(report)}\n` : trainingText(report));
}

async function runHistory({ items, hours, json }: BenchFlags): Promise<void> {
  const { benchHistory } = await import('../app/bench-history.ts');
  const report = await benchHistory({ items, hours, clock: systemClock, onProgress: (what) => process.stderr.write(`measuring: ${what}\n`) });
  process.stdout.write(json ? `${JSON.stringify(report)}\n` : historyText(report));
}

function historyText({ items, hours, ledgerMb, writeMicrosPerItem, overviewMs, unalignedOverviewMs, itemPageMs, whileDeleting }: HistoryBenchReport): string {
  const ms = (value: number): string => `${value.toFixed(0)} ms`;
  return [
    `${items} items in ${hours} h: ${ledgerMb.toFixed(0)} MB, ${writeMicrosPerItem.toFixed(0)} µs of the line's thread each`,
    `overview          ${ms(overviewMs)}; of a period that begins and ends anywhere ${ms(unalignedOverviewMs)}`,
    `page of items     ${ms(itemPageMs)}, the rare ones looked for`,
    `with retention    ${whileDeleting.deletedItems} deleted while ${whileDeleting.writtenItems} were written: ${whileDeleting.writeMicrosPerItem.toFixed(0)} µs each, longest second of the line ${ms(whileDeleting.longestStepMs)}, overview ${ms(whileDeleting.overviewMs)}, ${whileDeleting.ledgerMb.toFixed(0)} MB`,
    '',
  ].join('\n');
}

const LOAD_ROUNDS = 4;

async function runLoad({ config: file, seconds, json }: BenchFlags): Promise<void> {
  const { benchLoad } = await import('../app/bench-load.ts');
  const config = file === undefined ? defaultConfig() : configFrom(file);
  const report = await benchLoad({ config, seconds, rounds: LOAD_ROUNDS, clock: systemClock, onProgress: (what) => process.stderr.write(`measuring: ${what}\n`) });
  process.stdout.write(json ? `${JSON.stringify(report)}\n` : loadText(report));
}

function loadText({ quiet, tenViewers, loaded, mqttCommands, scrapes, viewerMessages, stops }: LoadBenchReport): string {
  const ms = (value: number | null): string => value?.toFixed(1) ?? '…';
  const spell = (name: string, { p50, p99, p99Interval: { low, high }, commands, cpu }: LoadSpell): string =>
    `${name.padEnd(13)} exposure→command p50 ${ms(p50)} ms, p99 ${ms(p99)} ms (${ms(low)} to ${ms(high)}) over ${commands} items; the line's process used ${(100 * cpu).toFixed(1)} % of a core`;
  return [spell('quiet', quiet), spell('10 viewers', tenViewers), spell('all at once', loaded), `all at once: 20 viewers, ${mqttCommands} MQTT commands, ${scrapes} scrapes; viewers took ${viewerMessages} messages`, ...(stops.length > 0 ? [`the machine was too busy: the line stopped ${stops.length} times meanwhile (${stops[0]})`] : []), ''].join('\n');
}

function trainingText({ architecture, batchSize, forwardMs, stepMs, ratio }: TrainingBenchReport): string {
  const each = (value: number): string => `${value.toFixed(0).padStart(6)} ms, ${(value / batchSize).toFixed(1)} ms a picture`;
  return [`${architecture}, ${batchSize} pictures`, `forward pass      ${each(forwardMs)}`, `training step     ${each(stepMs)}`, `ratio             ${ratio.toFixed(2)}`, ''].join('\n');
}

async function runMqtt({ config: file, events, json }: BenchFlags, url: string): Promise<void> {
  const [{ benchMqtt }, { brokerSettings }] = await Promise.all([import('../app/bench-mqtt.ts'), import('../publish/broker-settings.ts')]);
  const { mqtt, line } = file === undefined ? defaultConfig() : configFrom(file);
  const report = await benchMqtt({ broker: brokerSettings(mqtt, url, { site: line.site, line: line.id }), events, clock: systemClock, onProgress: (what) => process.stderr.write(`measuring: ${what}\n`) });
  process.stdout.write(json ? `${JSON.stringify(report)}\n` : mqttText(report));
}

function mqttText({ events, eventsPerSecond, stateDelayMs, writeMicrosPerEvent, protocolVersion }: MqttBenchReport): string {
  return [
    `drained           ${events} events, ${eventsPerSecond.toFixed(0)} a second, MQTT ${protocolVersion === 5 ? '5' : '3.1.1'}`,
    `state meanwhile   heard after ${stateDelayMs.median.toFixed(1)} ms (median of ${stateDelayMs.count}), ${stateDelayMs.max.toFixed(1)} ms at most`,
    `written           ${writeMicrosPerEvent.toFixed(0)} µs an event, into ledger and outbox`,
    '',
  ].join('\n');
}

function reportText({ bareCropsPerSecond, lineCropsPerSecond, ratio, overheadMs, rssMb, readyMs }: BenchReport): string {
  const ms = (value: number | null): string => (value === null ? '-' : `${value.toFixed(1)} ms`);
  return [
    `classified        ${lineCropsPerSecond.toFixed(1)} pictures/s in the line, ${bareCropsPerSecond.toFixed(1)} in a bare loop: ${(100 * ratio).toFixed(1)} %`,
    `exposure→command  p50 ${ms(overheadMs.p50)}, p99 ${ms(overheadMs.p99)}, without inference`,
    `memory            line ${rssMb.line.toFixed(0)} MB, vision ${rssMb.vision.toFixed(0)} MB, ${rssMb.slopePer1000Frames.toFixed(2)} MB more per 1,000 frames`,
    `ready             ${(readyMs / 1000).toFixed(1)} s after the start`,
    '',
  ].join('\n');
}
