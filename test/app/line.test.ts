import { describe, expect, it } from 'vitest';
import type { LinkEvent } from '../../src/link/link.ts';
import type { VisionEvent } from '../../src/vision/vision.ts';
import { classifier, hello, lineHarness, ready } from './line-harness.ts';

describe('the line', () => {
  it('waits for an operator unless told to start by itself', async () => {
    const waiting = await lineHarness();
    await waiting.bringUp();
    expect(waiting.line.state).toBe('ready');
    expect(waiting.link.calls).not.toContain('arm');
    const eager = await lineHarness({ autoStart: true });
    await eager.bringUp();
    expect(eager.line.state).toBe('running');
  });

  it('sorts an item: command, fired report, outcome', async () => {
    const { bringUp, line, belt, item, link, toLine, settled } = await lineHarness();
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
    ['a fault of the board\'s own', { link: { kind: 'board.state', state: 'safe', cause: 'fault' } }, 'board-safe'],
    ['a frame size that was not calibrated', { vision: { kind: 'vision.warning', code: 'CALIB_SIZE_MISMATCH', message: '640x480' } }, 'calibration-mismatch'],
  ] as const)('goes safe on %s and settles what is on its way', async (_, cause, alarm) => {
    const { bringUp, line, belt, item, link, toLine, settled, alarms, clock } = await lineHarness();
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

  it('tells at its start where it is and what it sorts by, and later what changes', async () => {
    const { line, events } = await lineHarness();
    expect(events.map((event) => [event.kind, 'by' in event ? event.by : undefined])).toEqual([['line.state', 'line'], ['recipe.changed', 'config'], ['bin.state', undefined], ['bin.state', undefined]]);
    events.length = 0;
    line.applyRecipe({ ...line.recipe, name: 'other' }, [{ id: 'glass', enabled: false }, { id: 'metal', enabled: true }, { id: 'unknown', enabled: true }], 'alice');
    expect(events).toMatchObject([{ kind: 'recipe.changed', by: 'alice', recipe: { name: 'other' } }, { kind: 'bin.state', bin: 'glass', full: false, enabled: false }]);
  });

  it('takes no notice of the full sensor of an output that serves no bin', async () => {
    const { bringUp, toLine, alarms } = await lineHarness();
    await bringUp();
    toLine.link({ kind: 'board.sensor', event: { sensor: 'bin-full', output: 7, active: true } });
    expect(alarms()).toEqual([]);
  });

  it('clears at an operator\'s start what the board did once', async () => {
    const { bringUp, line, toLine, events } = await lineHarness({ autoStart: true });
    await bringUp();
    toLine.link({ kind: 'board.state', state: 'safe', cause: 'heartbeat-lost' });
    expect(await line.requestStart('operator')).toEqual({ result: 'started' });
    expect(events.filter(({ kind }) => kind === 'alarm.cleared')).toMatchObject([{ alarm: 'heartbeat-lost' }]);
  });

  it('never resumes by itself after the cable is back, and starts again when asked', async () => {
    const { bringUp, line, link, toLine } = await lineHarness({ autoStart: true });
    await bringUp();
    toLine.link({ kind: 'link.down', reason: 'unplugged', retryInMs: 100 });
    toLine.link({ kind: 'link.up', hello: { ...hello, bootId: 2 }, rebooted: true });
    expect(line.state).toBe('safe');
    expect(link.calls.filter((call) => call === 'arm')).toHaveLength(1);
    expect(await line.requestStart('operator')).toEqual({ result: 'started' });
  });

  it('refuses a start while the cause lasts, and names it', async () => {
    const { bringUp, line, toLine } = await lineHarness();
    await bringUp();
    toLine.link({ kind: 'board.sensor', event: { sensor: 'e-stop', active: true } });
    expect(await line.requestStart('operator')).toEqual({ result: 'refused', reason: 'active alarm: e-stop' });
    toLine.link({ kind: 'board.sensor', event: { sensor: 'e-stop', active: false } });
    expect(await line.requestStart('operator')).toEqual({ result: 'started' });
  });

  it('can be started again when a new vision process gets frames, although the stall was told by the one before', async () => {
    const { bringUp, line, toLine } = await lineHarness();
    await bringUp();
    toLine.vision({ kind: 'camera.stalled', silentMs: 900, reason: 'no frame' });
    toLine.vision({ kind: 'vision.down', reason: 'SIGSEGV', restartInMs: 300 });
    await bringUp();
    expect(await line.requestStart('operator')).toEqual({ result: 'refused', reason: 'active alarm: camera-stalled' });
    toLine.vision({ kind: 'camera.delivers' });
    expect(await line.requestStart('operator')).toEqual({ result: 'started' });
  });

  it('can be started again when the camera sends frames of its size again, and only those', async () => {
    const { bringUp, line, toLine } = await lineHarness();
    await bringUp();
    const stats = (badFrames: number, framesProcessed: number): void => toLine.vision({
      kind: 'vision.stats', stats: { framesCaptured: badFrames + framesProcessed, framesProcessed, framesDropped: 0, badFrames, cropsClassified: 0, cropsDropped: 0, rssMb: 0 },
    });
    stats(0, 10);
    toLine.vision({ kind: 'vision.warning', code: 'CALIB_SIZE_MISMATCH', message: '640x480' });
    stats(4, 10);
    stats(5, 14);
    expect(await line.requestStart('operator')).toEqual({ result: 'refused', reason: 'active alarm: calibration-mismatch' });
    stats(5, 24);
    expect(await line.requestStart('operator')).toEqual({ result: 'started' });
  });

  it('stays where it is when the board refuses to arm', async () => {
    const { bringUp, line, link } = await lineHarness();
    await bringUp();
    link.armResult = { result: 'timed-out' };
    expect(await line.requestStart('operator')).toMatchObject({ result: 'refused', reason: expect.stringContaining('timed-out') });
    expect(line.state).toBe('ready');
  });

  it('carries on for a while without vision, then stops', async () => {
    const { bringUp, line, toLine, clock, alarms } = await lineHarness({ autoStart: true });
    await bringUp();
    toLine.vision({ kind: 'vision.down', reason: 'killed', restartInMs: 100 });
    await clock.advanceMs(4000);
    toLine.vision(ready);
    await clock.advanceMs(60_000);
    expect(line.state).toBe('running');
    toLine.vision({ kind: 'vision.down', reason: 'killed', restartInMs: 100 });
    await clock.advanceMs(16_000);
    expect(line.state).toBe('safe');
    // This board tells no belt samples, which is another alarm.
    expect(alarms()).toEqual(['vision-down', 'belt-unknown', 'vision-down']);
  });

  it('stops where vision ends again at every attempt, never ready in between', async () => {
    const { bringUp, line, toLine, clock } = await lineHarness({ autoStart: true });
    await bringUp();
    for (let attempt = 0; attempt < 4; attempt++) {
      expect(line.state).toBe('running');
      toLine.vision({ kind: 'vision.down', reason: 'no model', restartInMs: 100 });
      await clock.advanceMs(4900);
    }
    expect([line.state, line.stateReason]).toEqual(['safe', 'no vision for 15 s: no model']);
    expect(await line.requestStart('operator')).toEqual({ result: 'refused', reason: 'the camera or model is not ready' });
    toLine.vision(ready);
    expect(await line.requestStart('operator')).toEqual({ result: 'started' });
  });

  it('says which model is in use, and warns while that is not the one that should be', async () => {
    const { bringUp, line, toLine, events } = await lineHarness({ autoStart: true });
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
    const { toLine, bringUp, item, crops } = await lineHarness();
    await bringUp();
    item(7, 100);
    const jpeg = new Uint8Array(3);
    toLine.vision({ kind: 'item.crop', trackId: 7, jpeg });
    toLine.vision({ kind: 'item.gone', trackId: 7 });
    toLine.vision({ kind: 'item.crop', trackId: 7, jpeg });
    expect(crops).toEqual([['run-000001', jpeg]]);
  });

  it('sends items for a full or disabled bin to the residue', async () => {
    const { bringUp, line, belt, item, toLine, settled } = await lineHarness({ autoStart: true });
    await bringUp();
    belt(1000);
    toLine.link({ kind: 'board.sensor', event: { sensor: 'bin-full', output: 0, active: true } });
    item(1, 500);
    line.applyRecipe(line.recipe, [{ id: 'glass', enabled: false }], 'test');
    item(2, 2500, 1);
    expect(settled()).toMatchObject([{ outcome: 'inhibited', cause: 'bin-full' }, { outcome: 'inhibited', cause: 'bin-disabled' }]);
  });

  it('follows a new recipe at once', async () => {
    const { bringUp, line, belt, item, settled, link } = await lineHarness({ autoStart: true });
    await bringUp();
    belt(1000);
    line.applyRecipe({ ...line.recipe, binByMaterial: { ...line.recipe.binByMaterial, metal: 'residue' } }, [], 'test');
    item(1, 500);
    expect(link.fired).toEqual([]);
    expect(settled()).toMatchObject([{ outcome: 'passed', cause: 'residue-policy' }]);
  });

  it('forgets belt positions when the board restarted', async () => {
    const { bringUp, line, belt, vision, toLine } = await lineHarness({ autoStart: true });
    await bringUp();
    belt(1000);
    toLine.link({ kind: 'link.up', hello: { ...hello, bootId: 2 }, rebooted: true });
    expect(line.belt.latest).toBeUndefined();
    expect(vision.calls).toContain('reset');
  });

  it('settles on stop what was commanded and what was never looked at, and is stopped for good', async () => {
    const { bringUp, line, belt, item, toLine, settled, events } = await lineHarness({ autoStart: true });
    await bringUp();
    belt(1000);
    item(1, 500);
    toLine.vision({ kind: 'item.seen', sighting: { trackId: 2, frameSequence: 1, capturedAtNs: 0, boxPx: { x: 1, y: 1, width: 9, height: 9 }, position: { positionCounts: 900, yMm: 200, lengthMm: 100, widthMm: 80 } } });
    expect(line.openItemCount).toBe(2);
    await line.stop('signal');
    expect(settled().map((event) => event.kind === 'item.settled' && [event.itemId, event.outcome, event.cause])).toEqual([['run-000002', 'inhibited', 'paused'], ['run-000001', 'inhibited', 'cancelled']]);
    expect(line.openItemCount).toBe(0);
    expect(events.at(-1)).toMatchObject({ kind: 'line.stats', stats: { outcomes: { inhibited: 2, sorted: 0 } } });
    toLine.link({ kind: 'link.down', reason: 'unplugged', retryInMs: 100 });
    expect([line.state, line.stateReason, await line.requestStart('operator')]).toEqual(['stopped', 'signal', { result: 'refused', reason: 'the service is stopping' }]);
  });

  it('shows the speed of the belt while somebody tells it, and 0 of a board that is silent or a line that has stopped', async () => {
    const { bringUp, line, belt, clock, events } = await lineHarness({ autoStart: true });
    const shown = (): number => events.findLast((event) => event.kind === 'line.stats')!.stats.beltMmPerSecond;
    await bringUp();
    await clock.advanceMs(500);
    belt(1000);
    await clock.advanceMs(600);
    expect(shown()).toBe(300);
    await clock.advanceMs(1000);
    expect(shown()).toBe(0);
    belt(4000);
    await line.stop('signal');
    expect(shown()).toBe(0);
  });

  it('says of a source at its end just that', async () => {
    const { bringUp, toLine, events } = await lineHarness({ autoStart: true });
    await bringUp();
    toLine.vision({ kind: 'camera.stalled', silentMs: 0, reason: 'the folder is at its end' });
    expect(events.find((event) => event.kind === 'alarm.raised')).toMatchObject({ alarm: 'camera-stalled', message: 'the folder is at its end' });
  });

  it('pauses, and on stop settles everything and leaves the outputs safe', async () => {
    const { bringUp, line, belt, item, link, settled, events } = await lineHarness({ autoStart: true });
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
