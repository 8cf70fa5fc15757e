// A board firmware on a bench: belt, host and outputs in reach, in virtual time.
import { readFileSync } from 'node:fs';
import { ManualClock } from '../../src/base/manual-clock.ts';
import { createRandom } from '../../src/base/random.ts';
import { crc16 } from '../../src/link/crc16.ts';
import { encodePayload } from '../../src/link/message-codec.ts';
import type { MessageOf } from '../../src/link/messages.ts';
import { BeltMotion } from '../../src/sim/belt-motion.ts';
import type { BoardFirmwareOptions } from '../../src/sim/board-firmware.ts';
import { BoardFirmware } from '../../src/sim/board-firmware.ts';
import { BenchHost } from './bench-host.ts';


export const vectors = JSON.parse(readFileSync(new URL('../vectors/protocol-v1.json', import.meta.url), 'utf8')) as { frames: { name: string; wire: string }[]; invalid: { name: string; wire: string }[] };
export const wireOf = (name: string): Uint8Array => Buffer.from(vectors.frames.find((frame) => frame.name === name)!.wire.replaceAll(' ', ''), 'hex');
export const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

export const options: BoardFirmwareOptions = {
  outputCount: 8, queueDepth: 32, window: 8, countsPerMetre: 5000, maxCountsPerSecond: 20_000, firmware: 'sortline-avr 1.0', tickPpm: 0, bootTicks: 12_345_678,
};

export const SPEED = 2000;
export const begin: MessageOf<'config.begin'> = { kind: 'config.begin', outputCount: 2, heartbeatTimeoutMs: 500, beltPeriodMs: 20, maxLateCounts: 5 };
export const outputs: MessageOf<'config.output'>[] = [
  { kind: 'config.output', output: 0, flags: 0, maxOnMs: 200 },
  { kind: 'config.output', output: 3, flags: 1, maxOnMs: 1000 },
];
export const configCrc = crc16(Buffer.concat([begin, ...outputs].map((message) => encodePayload(message))));

/** A board on a bench: belt, host and outputs in reach. */
export class Bench {
  readonly clock = new ManualClock();
  readonly motion: BeltMotion;
  readonly board: BoardFirmware;
  readonly host: BenchHost;
  readonly wires: string[] = [];
  readonly outputs: { output: number; active: boolean; atNs: number }[] = [];
  #beats = 0;

  constructor(setup: { startCounts?: number; options?: Partial<BoardFirmwareOptions> } = {}) {
    this.motion = new BeltMotion({ atNs: 0, counts: setup.startCounts ?? 100_000 });
    this.host = new BenchHost((bytes) => this.board.stream.receive(bytes));
    this.board = new BoardFirmware({
      clock: this.clock, motion: this.motion, options: { ...options, ...setup.options },
      random: { ...createRandom(1), integer: () => 0xc0ffee01 },
      write: (bytes) => { this.wires.push(hex(bytes)); this.host.receive(bytes); },
      onRelay: (closed) => this.motion.setSpeed(closed ? SPEED : 0, this.clock.nowNs(), 0),
      onOutput: (output, active, atNs) => this.outputs.push({ output, active, atNs }),
    });
  }

  configure(): void {
    this.host.hello(77);
    for (const message of [begin, ...outputs, { kind: 'config.commit', configCrc } as const]) this.host.say(message);
    this.host.acknowledge();
  }

  arm(): void {
    this.configure();
    this.host.say({ kind: 'board.arm' });
    this.host.acknowledge();
  }

  fire(command: { commandId: number; fireAtCount: number; output?: number; holdUs?: number }, seq?: number): void {
    this.host.say({ kind: 'fire.schedule', output: 0, holdUs: 10_000, ...command }, seq);
  }

  /** Time passes with a living host. */
  async run(ms: number): Promise<void> {
    for (let passed = 0; passed < ms; passed += 50) {
      this.host.say({ kind: 'heartbeat.ask', token: this.#beats++ });
      this.host.acknowledge();
      await this.clock.advanceMs(Math.min(50, ms - passed));
    }
  }

  get code(): string | undefined {
    return this.host.last('request.result')?.code;
  }

  count(): number {
    return this.board.encoder.count();
  }
}
