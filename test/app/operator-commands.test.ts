// What a person asks of a line, whichever way: what it does, what it answers, and what the record says of it.
import { describe, expect, test } from 'vitest';
import { OperatorCommands } from '../../src/app/operator-commands.ts';
import { silentLogger } from '../../src/base/logger.ts';
import { MATERIALS } from '../../src/domain/material.ts';
import type { CommandResult, Operator, OperatorCommand } from '../../src/domain/operator-command.ts';
import { COMMAND_NAMES, parseCommand } from '../../src/domain/operator-command.ts';
import type { LinkEvent } from '../../src/link/link.ts';
import { lineHarness } from './line-harness.ts';

const ANNA: Operator = { name: 'anna', via: 'dashboard' };
const REMOTE: Operator = { name: 'scada', via: 'mqtt' };
const eStop = (active: boolean): LinkEvent => ({ kind: 'board.sensor', event: { sensor: 'e-stop', active } });

async function open(options: { remoteStartAfterEStop?: boolean } = {}) {
  const rig = await lineHarness();
  await rig.bringUp();
  const commands = new OperatorCommands({
    clock: rig.clock, log: silentLogger, line: () => rig.line, sink: (event) => rig.events.push(event), remoteStartAfterEStop: options.remoteStartAfterEStop ?? false,
  });
  const recorded = (): unknown[] => rig.events.filter(({ kind }) => kind === 'operator.command');
  const run = (command: OperatorCommand, by = ANNA): Promise<CommandResult> => commands.execute(command, by);
  return { ...rig, commands, recorded, run };
}

function recipe(bin: string): Extract<OperatorCommand, { name: 'set-recipe' }> {
  const all = <T>(value: T): Record<(typeof MATERIALS)[number], T> => Object.fromEntries(MATERIALS.map((material) => [material, value])) as never;
  return { name: 'set-recipe', recipe: { name: 'night', binByMaterial: { ...all('residue'), glass: bin }, thresholdByMaterial: all(0.5) } };
}

describe('a command', () => {
  test('start and pause move the line, say who, and are recorded', async () => {
    const { run, line, recorded, events } = await open();
    expect(await run({ name: 'start' })).toEqual({ result: 'accepted' });
    expect(line.state).toBe('running');
    expect(await run({ name: 'pause', reason: 'shift change' })).toEqual({ result: 'accepted' });
    expect(events.findLast(({ kind }) => kind === 'line.state')).toMatchObject({ state: 'paused', reason: 'shift change', by: 'anna (dashboard)' });
    expect(await run({ name: 'pause' }, REMOTE)).toEqual({ result: 'refused', reason: 'the line is not running, it is paused' });
    expect(recorded()).toMatchObject([
      { command: 'start', by: 'anna (dashboard)', result: 'accepted', detail: {} },
      { command: 'pause', detail: { reason: 'shift change' }, result: 'accepted' },
      { command: 'pause', by: 'scada (MQTT)', result: 'refused', reason: 'the line is not running, it is paused' },
    ]);
  });

  test('set-recipe takes bins of the line only, and holds for the next item', async () => {
    const { run, line } = await open();
    expect(await run(recipe('paper'))).toEqual({ result: 'refused', reason: "there is no bin 'paper'; there are metal, glass" });
    expect(line.recipe.name).toBe('default');
    expect(await run(recipe('metal'))).toEqual({ result: 'accepted' });
    expect(line.recipe.binByMaterial).toMatchObject({ glass: 'metal', metal: 'residue' });
  });

  test('enable-bin switches a bin that there is', async () => {
    const { run, events } = await open();
    expect(await run({ name: 'enable-bin', bin: 'metal', enabled: false })).toEqual({ result: 'accepted' });
    expect(events.findLast(({ kind }) => kind === 'bin.state')).toMatchObject({ bin: 'metal', enabled: false });
    expect(await run({ name: 'enable-bin', bin: '__proto__', enabled: true })).toMatchObject({ result: 'refused', reason: expect.stringContaining('there are metal, glass') });
  });

  test('acknowledge-alarm is for an active alarm, once, and does not clear it', async () => {
    const { run, line, toLine, events } = await open();
    toLine.link({ kind: 'board.sensor', event: { sensor: 'jam', active: true } });
    expect(await run({ name: 'acknowledge-alarm', alarm: 'jam', subject: 'elsewhere' })).toMatchObject({ result: 'refused' });
    expect(await run({ name: 'acknowledge-alarm', alarm: 'jam' })).toEqual({ result: 'accepted' });
    expect(events.findLast(({ kind }) => kind === 'alarm.acknowledged')).toMatchObject({ alarm: 'jam', subject: 'board', by: 'anna (dashboard)' });
    expect(await run({ name: 'acknowledge-alarm', alarm: 'jam' })).toMatchObject({ result: 'refused' });
    expect(line.alarms.blocking()).toEqual(['jam']);
    // Raised again, it is news again.
    toLine.link({ kind: 'board.sensor', event: { sensor: 'jam', active: false } });
    toLine.link({ kind: 'board.sensor', event: { sensor: 'jam', active: true } });
    expect(await run({ name: 'acknowledge-alarm', alarm: 'jam' })).toEqual({ result: 'accepted' });
  });

  test('a note is recorded word by word, a ping is not', async () => {
    const { run, recorded } = await open();
    await run({ name: 'note', text: 'changed the lamp', itemId: 'run-000001' });
    await run({ name: 'ping' });
    expect(recorded()).toMatchObject([{ command: 'note', detail: { text: 'changed the lamp', itemId: 'run-000001' }, by: 'anna (dashboard)' }]);
  });

  test('snapshot hands over the next picture to all who wait, or says that none came', async () => {
    const { run, commands, clock, vision } = await open();
    const two = Promise.all([run({ name: 'snapshot' }), run({ name: 'snapshot' }, REMOTE)]);
    commands.showSnapshot(new Uint8Array([1, 2, 3]));
    expect(await two).toEqual([{ result: 'accepted', jpeg: new Uint8Array([1, 2, 3]) }, { result: 'accepted', jpeg: new Uint8Array([1, 2, 3]) }]);
    expect(vision.calls).toContain('snapshot');
    const none = run({ name: 'snapshot' });
    await clock.advanceMs(5000);
    expect(await none).toMatchObject({ result: 'refused', reason: expect.stringContaining('no picture came') });
  });

  test('one that fails is refused with the reason, and the line goes on', async () => {
    const { run, link, line } = await open();
    link.arm = () => Promise.reject(new Error('port closed'));
    expect(await run({ name: 'start' })).toEqual({ result: 'refused', reason: 'it failed: port closed' });
    expect(line.state).toBe('ready');
  });
});

describe('after an E-stop', () => {
  test('nobody starts from afar, even once it is released, until somebody started at the line', async () => {
    const { run, toLine, line } = await open();
    await run({ name: 'start' });
    toLine.link(eStop(true));
    expect(line.state).toBe('safe');
    toLine.link(eStop(false));
    expect(await run({ name: 'start' }, REMOTE)).toMatchObject({ result: 'refused', reason: expect.stringContaining('start it at the line') });
    expect(line.state).toBe('safe');
    expect(await run({ name: 'start' })).toEqual({ result: 'accepted' });
    await run({ name: 'pause' });
    expect(await run({ name: 'start' }, REMOTE)).toEqual({ result: 'accepted' });
  });

  test('unless the config allows it', async () => {
    const { run, toLine } = await open({ remoteStartAfterEStop: true });
    toLine.link(eStop(true));
    expect(await run({ name: 'start' }, REMOTE)).toMatchObject({ result: 'refused', reason: expect.stringContaining('e-stop') });
    toLine.link(eStop(false));
    expect(await run({ name: 'start' }, REMOTE)).toEqual({ result: 'accepted' });
  });
});

test('every command parses with what it needs, and names what is wrong', () => {
  const right: Record<string, object> = {
    'pause': { reason: 'lunch' }, 'set-recipe': { recipe: recipe('glass').recipe }, 'enable-bin': { bin: 'glass', enabled: false },
    'acknowledge-alarm': { alarm: 'jam' }, 'note': { text: 'x' },
  };
  for (const name of COMMAND_NAMES) expect(parseCommand(name, right[name] ?? {})).toHaveProperty('command.name', name);
  expect(parseCommand('note', { text: ' ' })).toMatchObject({ problem: expect.stringContaining('text') });
  expect(parseCommand('note', { text: 'a\u0007b' })).toMatchObject({ problem: expect.stringContaining('control characters') });
  expect(parseCommand('set-recipe', { recipe: { ...recipe('glass').recipe, thresholdByMaterial: { glass: 2 } } })).toMatchObject({ problem: expect.stringContaining('recipe.thresholdByMaterial') });
  expect(parseCommand('toString', {})).toMatchObject({ problem: expect.stringContaining("there is no command 'toString'") });
});
