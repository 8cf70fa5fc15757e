import { describe, expect, it } from 'vitest';
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

const hello = { protocolVersion: 1, firmware: 'test', bootId: 1, outputCount: 8, queueDepth: 16 };
const classifier = { model: 'm', sha256: 'aa', provider: 'cpu', unavailable: [], warmUpMs: 1 };
const ready: VisionEvent = { kind: 'vision.ready', classifier, camera: 'test', frameSize: { width: 1280, height: 720 } };

class FakeLink implements Link {
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

class FakeVision implements Vision {
  calls: string[] = [];
  start(): Promise<void> { return Promise.resolve(); }
  beltSample(): void { this.calls.push('sample'); }
  beltReset(): void { this.calls.push('reset'); }
  requestSnapshot(): void { this.calls.push('snapshot'); }
  stop(): Promise<void> { this.calls.push('stop'); return Promise.resolve(); }
}

async function harness(options: Partial<LineDeps['options']> = {}) {
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

describe('the line', () => {
  it('waits for an operator unless told to start by itself', async () => {
    const waiting = await harness();
    await waiting.bringUp();
    expect(waiting.line.state).toBe('ready');
    expect(waiting.link.calls).not.toContain('arm');
    const eager = await harness({ autoStart: true });
    await eager.bringUp();
    expect(eager.line.state).toBe('running');
  });

  it('sorts an item: command, fired report, outcome', async () => {
    const { bringUp, line, belt, item, link, toLine, settled } = await harness();
    await bringUp();
    expect(await line.requestStart('operator')).toEqual({ result: 'started' });
    belt(1000);
    item(1, 500);
    expect(link.fired).toHaveLength(1);
    const command = link.fired[0]!;
    toLine.link({ kind: 'command.fired', commandId: command.commandId, firedAtCounts: command.fireAtCounts, targetCounts: command.fireAtCounts });
    expect(settled()).toMatchObject([{ outcome: 'sorted', bin: 'metal', countError: 0 }]);
    expect(line.openItemCount).toBe(0);
  });

  it.each([
    ['a stalled camera', { vision: { kind: 'camera.stalled', silentMs: 900, reason: 'no frame' } }, 'camera-stalled'],
    ['the E-stop', { link: { kind: 'board.sensor', event: { sensor: 'e-stop', active: true } } }, 'e-stop'],
    ['a jam', { link: { kind: 'board.sensor', event: { sensor: 'jam', active: true } } }, 'jam'],
    ['a lost cable', { link: { kind: 'link.down', reason: 'unplugged', retryInMs: 100 } }, 'link-down'],
    ['a board that went safe by itself', { link: { kind: 'board.state', state: 'safe', cause: 'heartbeat-lost' } }, 'heartbeat-lost'],
    ['a frame size that was not calibrated', { vision: { kind: 'vision.warning', code: 'CALIB_SIZE_MISMATCH', message: '640x480' } }, 'calibration-mismatch'],
  ] as const)('goes safe on %s and settles what is on its way', async (_, cause, alarm) => {
    const { bringUp, line, belt, item, link, toLine, settled, alarms, clock } = await harness();
    await bringUp();
    await line.requestStart('operator');
    belt(1000);
    item(1, 500);
    if ('link' in cause) toLine.link(cause.link as LinkEvent);
    else toLine.vision(cause.vision as VisionEvent);
    await clock.advanceMs(1);
    expect(line.state).toBe('safe');
    expect(alarms()).toContain(alarm);
    expect(link.calls.at(-1)).toBe('safe');
    expect(settled()).toHaveLength(1);
  });

  it('never resumes by itself after the cable is back, and starts again when asked', async () => {
    const { bringUp, line, link, toLine } = await harness({ autoStart: true });
    await bringUp();
    toLine.link({ kind: 'link.down', reason: 'unplugged', retryInMs: 100 });
    toLine.link({ kind: 'link.up', hello: { ...hello, bootId: 2 }, rebooted: true });
    expect(line.state).toBe('safe');
    expect(link.calls.filter((call) => call === 'arm')).toHaveLength(1);
    expect(await line.requestStart('operator')).toEqual({ result: 'started' });
  });

  it('refuses a start while the cause lasts, and names it', async () => {
    const { bringUp, line, toLine } = await harness();
    await bringUp();
    toLine.link({ kind: 'board.sensor', event: { sensor: 'e-stop', active: true } });
    expect(await line.requestStart('operator')).toEqual({ result: 'refused', reason: 'active alarm: e-stop' });
    toLine.link({ kind: 'board.sensor', event: { sensor: 'e-stop', active: false } });
    expect(await line.requestStart('operator')).toEqual({ result: 'started' });
  });

  it('stays where it is when the board refuses to arm', async () => {
    const { bringUp, line, link } = await harness();
    await bringUp();
    link.armResult = { result: 'timed-out' };
    expect(await line.requestStart('operator')).toMatchObject({ result: 'refused', reason: expect.stringContaining('timed-out') });
    expect(line.state).toBe('ready');
  });

  it('carries on for a while without vision, then stops', async () => {
    const { bringUp, line, toLine, clock, alarms } = await harness({ autoStart: true });
    await bringUp();
    toLine.vision({ kind: 'vision.down', reason: 'killed', restartInMs: 100 });
    await clock.advanceMs(4000);
    toLine.vision(ready);
    await clock.advanceMs(60_000);
    expect(line.state).toBe('running');
    toLine.vision({ kind: 'vision.down', reason: 'killed', restartInMs: 100 });
    await clock.advanceMs(16_000);
    expect(line.state).toBe('safe');
    expect(alarms()).toEqual(['vision-down', 'vision-down']);
  });

  it('says which model is in use, and warns while that is not the one that should be', async () => {
    const { bringUp, line, toLine, events } = await harness({ autoStart: true });
    await bringUp();
    const refused = (role: string, message: string): void => toLine.vision({ kind: 'model.refused', role, name: 'tiny:v2', code: 'MODEL_MISMATCH', message });
    events.length = 0;
    refused('champion', 'labels');
    toLine.vision({ kind: 'model.in-use', classifier: { ...classifier, insteadOf: 'tiny:v2' } });
    refused('champion', 'shape');
    toLine.vision({ kind: 'model.in-use', classifier: { ...classifier, model: 'tiny-v3' } });
    expect(events.map((event) => (event.kind === 'model.in-use' ? [event.model.model, event.model.insteadOf] : event.kind === 'alarm.raised' ? event.message : event.kind))).toEqual([
      'tiny:v2 cannot be used (MODEL_MISMATCH): labels', ['m', 'tiny:v2'], 'alarm.cleared', 'tiny:v2 cannot be used (MODEL_MISMATCH): shape', 'alarm.cleared', ['tiny-v3', undefined],
    ]);
    expect(line.state).toBe('running');
  });

  it('hands the picture of an item on under its name, until the item is gone', async () => {
    const { toLine, bringUp, item, crops } = await harness();
    await bringUp();
    item(7, 100);
    const jpeg = new Uint8Array(3);
    toLine.vision({ kind: 'item.crop', trackId: 7, jpeg });
    toLine.vision({ kind: 'item.gone', trackId: 7 });
    toLine.vision({ kind: 'item.crop', trackId: 7, jpeg });
    expect(crops).toEqual([['run-000001', jpeg]]);
  });

  it('sends items for a full or disabled bin to the residue', async () => {
    const { bringUp, line, belt, item, toLine, settled } = await harness({ autoStart: true });
    await bringUp();
    belt(1000);
    toLine.link({ kind: 'board.sensor', event: { sensor: 'bin-full', output: 0, active: true } });
    item(1, 500);
    line.applyRecipe(line.recipe, [{ id: 'glass', enabled: false }], 'test');
    item(2, 2500, 1);
    expect(settled()).toMatchObject([{ outcome: 'inhibited', cause: 'bin-full' }, { outcome: 'inhibited', cause: 'bin-disabled' }]);
  });

  it('follows a new recipe at once', async () => {
    const { bringUp, line, belt, item, settled, link } = await harness({ autoStart: true });
    await bringUp();
    belt(1000);
    line.applyRecipe({ ...line.recipe, binByMaterial: { ...line.recipe.binByMaterial, metal: 'residue' } }, [], 'test');
    item(1, 500);
    expect(link.fired).toEqual([]);
    expect(settled()).toMatchObject([{ outcome: 'passed', cause: 'residue-policy' }]);
  });

  it('forgets belt positions when the board restarted', async () => {
    const { bringUp, line, belt, vision, toLine } = await harness({ autoStart: true });
    await bringUp();
    belt(1000);
    toLine.link({ kind: 'link.up', hello: { ...hello, bootId: 2 }, rebooted: true });
    expect(line.belt.latest).toBeUndefined();
    expect(vision.calls).toContain('reset');
  });

  it('pauses, and on stop settles everything and leaves the outputs safe', async () => {
    const { bringUp, line, belt, item, link, settled, events } = await harness({ autoStart: true });
    await bringUp();
    belt(1000);
    item(1, 500);
    line.requestPause('operator');
    expect(line.state).toBe('paused');
    expect(settled()).toMatchObject([{ outcome: 'inhibited', cause: 'cancelled' }]);
    item(2, 2500);
    await line.stop('signal');
    expect(settled()).toHaveLength(2);
    expect(line.openItemCount).toBe(0);
    expect(link.calls.slice(-2)).toEqual(['safe', 'stop']);
    expect(events.at(-1)).toMatchObject({ kind: 'line.stats', stats: { itemsSeen: 2 } });
  });
});
