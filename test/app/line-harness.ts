// A line on fakes at its two ports, in virtual time: what vision and board say is in the test's hands.
import type { LineDeps } from '../../src/app/line.ts';
import { Line } from '../../src/app/line.ts';
import { actuatorOptions, schedulerOptions } from '../../src/actuate/options.ts';
import { silentLogger } from '../../src/base/logger.ts';
import { ManualClock } from '../../src/base/manual-clock.ts';
import { decideOptions, recipeOf, recipeOptions } from '../../src/decide/options.ts';
import type { FireCommand } from '../../src/domain/decision.ts';
import type { LineEvent } from '../../src/domain/line-event.ts';
import { MATERIALS } from '../../src/domain/material.ts';
import type { CommandResult, Link, LinkEvent } from '../../src/link/link.ts';
import type { Vision, VisionEvent } from '../../src/vision/vision.ts';

export const hello = { protocolVersion: 1, firmware: 'test', bootId: 1, outputCount: 8, queueDepth: 16 };
export const classifier = { model: 'm', sha256: 'aa', provider: 'cpu', unavailable: [], warmUpMs: 1 };
export const ready: VisionEvent = { kind: 'vision.ready', classifier, camera: 'test', frameSize: { width: 1280, height: 720 } };

export class FakeLink implements Link {
  calls: string[] = [];
  fired: FireCommand[] = [];
  armResult: CommandResult = { result: 'acked' };
  readonly stats = { framesSent: 0, framesReceived: 0, bytesSent: 0, bytesReceived: 0, retransmissions: 0, framesInvalid: 0, roundTripMs: undefined };
  start(): void { this.calls.push('start'); }
  schedule(command: FireCommand): Promise<CommandResult> { this.fired.push(command); return Promise.resolve({ result: 'acked' }); }
  cancel(): Promise<CommandResult> { return Promise.resolve({ result: 'acked' }); }
  cancelAll(): Promise<CommandResult> { return Promise.resolve({ result: 'acked' }); }
  arm(): Promise<CommandResult> { this.calls.push('arm'); return Promise.resolve(this.armResult); }
  safe(): Promise<CommandResult> { this.calls.push('safe'); return Promise.resolve({ result: 'acked' }); }
  stop(): Promise<void> { this.calls.push('stop'); return Promise.resolve(); }
}

export class FakeVision implements Vision {
  calls: string[] = [];
  start(): Promise<void> { return Promise.resolve(); }
  beltSample(): void { this.calls.push('sample'); }
  beltReset(): void { this.calls.push('reset'); }
  requestSnapshot(): void { this.calls.push('snapshot'); }
  stop(): Promise<void> { this.calls.push('stop'); return Promise.resolve(); }
}

export async function lineHarness(options: Partial<LineDeps['options']> = {}) {
  const clock = new ManualClock();
  const events: LineEvent[] = [];
  const crops: [itemId: string, jpeg: Uint8Array][] = [];
  const link = new FakeLink();
  const vision = new FakeVision();
  const toLine = { link: (_: LinkEvent): void => undefined, vision: (_: VisionEvent): void => undefined };
  const line = new Line({
    clock, log: silentLogger, runId: 'run', sink: (event) => events.push(event),
    onCrop: (...crop) => crops.push(crop),
    calibration: { line: 'test', measuredOn: '2026-01-01', method: 'by definition', frameSize: { width: 1280, height: 720 }, pixelToBelt: [0.625, 0, 0, 0, 0.625, 0, 0, 0, 1], countsPerMm: 5 },
    openLink: (sink) => { toLine.link = sink; return link; },
    openVision: (sink) => { toLine.vision = sink; return vision; },
    options: {
      autoStart: false, recipe: recipeOf(recipeOptions.parse({})),
      bins: [{ id: 'metal', enabled: true }, { id: 'glass', enabled: true }],
      actuators: [actuatorOptions.parse({ id: 'a', bin: 'metal', output: 0, offsetMm: 1200 }), actuatorOptions.parse({ id: 'b', bin: 'glass', output: 1, offsetMm: 1600 })],
      scheduler: schedulerOptions.parse({}), decide: decideOptions.parse({}), ...options,
    },
  });
  await line.start();
  return {
    clock, events, crops, link, vision, line, toLine,
    async bringUp() {
      toLine.vision(ready);
      toLine.link({ kind: 'link.up', hello, rebooted: false });
      await clock.advanceMs(1);
    },
    belt(counts: number) { toLine.link({ kind: 'belt.sample', sample: { atNs: clock.nowNs(), counts, countsPerSecond: 1500 } }); },
    item(trackId: number, positionCounts: number, material = 2) {
      const position = { positionCounts, yMm: 200, lengthMm: 100, widthMm: 80 };
      const at = { trackId, frameSequence: 1, capturedAtNs: clock.nowNs(), boxPx: { x: 1, y: 1, width: 9, height: 9 }, position };
      const probabilities = MATERIALS.map((_, index) => (index === material ? 0.95 : 0.01));
      const look: VisionEvent = { kind: 'item.look', look: { ...at, probabilities, material: MATERIALS[material]!, confidence: 0.95, inferenceMs: 1, waitedMs: 0, modelSha256: 'aa' } };
      toLine.vision({ kind: 'item.seen', sighting: at });
      toLine.vision(look);
      toLine.vision(look);
    },
    settled: () => events.filter((event) => event.kind === 'item.settled'),
    alarms: () => events.filter((event) => event.kind === 'alarm.raised').map((event) => (event as { alarm: string }).alarm),
  };
}
