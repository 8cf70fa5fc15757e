import fc from 'fast-check';
import { expect, test } from 'vitest';
import { silentLogger } from '../../src/base/logger.ts';
import { ManualClock } from '../../src/base/manual-clock.ts';
import type { ExecuteCommand } from '../../src/domain/operator-command.ts';
import { COMMAND_NAMES } from '../../src/domain/operator-command.ts';
import { mqttOptions } from '../../src/publish/options.ts';
import type { MqttOptions } from '../../src/publish/options.ts';
import { response as responseSchema } from '../../src/publish/payload-schemas.ts';
import { createStamp } from '../../src/publish/payloads.ts';
import { RequestDesk } from '../../src/publish/request-desk.ts';

const defaults = mqttOptions.parse({}).commands;

function openDesk(options: { execute?: ExecuteCommand; commands?: Partial<MqttOptions['commands']> } = {}): { desk: RequestDesk; clock: ManualClock; asked: string[] } {
  const clock = new ManualClock({ startNs: 5e9 });
  const asked: string[] = [];
  const execute: ExecuteCommand = async (command, by) => {
    asked.push(`${command.name} by ${by.name} via ${by.via}`);
    return options.execute?.(command, by) ?? { result: 'accepted' };
  };
  return { clock, asked, desk: new RequestDesk({ clock, log: silentLogger, stamp: createStamp(clock, 'run1'), execute, options: { ...defaults, ...options.commands } }) };
}

const bytes = (body: string | Uint8Array, retained = false): { payload: Uint8Array; retained: boolean } =>
  ({ payload: typeof body === 'string' ? new TextEncoder().encode(body) : body, retained });

/** A request sent `agoMs` before now. */
function request(clock: ManualClock, id: string, more: object = {}, agoMs = 0): { payload: Uint8Array; retained: boolean } {
  return bytes(JSON.stringify({ id, atIso: new Date(clock.wallMs() - agoMs).toISOString(), ...more }));
}

test('a retained request is ignored and counted', async () => {
  const { desk, clock, asked } = openDesk();
  expect(await desk.answer('pause', { ...request(clock, 'a'), retained: true })).toBeUndefined();
  expect({ rejected: desk.rejectedCount, asked }).toEqual({ rejected: 1, asked: [] });
});

test('of a flood ten a second are obeyed, fifty more are told that they are too many, the rest costs nothing', async () => {
  const { desk, clock, asked } = openDesk();
  let sent = 0;
  const burst = async (): Promise<{ answered: number; refused: number }> => {
    const answers = await Promise.all(Array.from({ length: 200 }, () => desk.answer('ping', request(clock, String(sent++)))));
    const answered = answers.filter((answer) => answer !== undefined);
    return { answered: answered.length, refused: answered.filter(({ reason }) => reason?.startsWith('more than 10')).length };
  };
  expect(await burst()).toEqual({ answered: 60, refused: 50 });
  expect(await burst()).toEqual({ answered: 0, refused: 0 });
  await clock.advanceMs(1000);
  expect(await burst()).toEqual({ answered: 60, refused: 50 });
  expect(asked).toHaveLength(20);
});

const header = '"id": "a", "atIso": "2026-01-01T00:00:00Z"';
test.each([
  ['not UTF-8', 'start', new Uint8Array([0xff, 0xfe]), 'not JSON', null],
  ['a list', 'start', '[]', 'no JSON object', null],
  ['a number', 'start', '1', 'no JSON object', null],
  ['too long', 'note', `{${header}, "text": "${'x'.repeat(17_000)}"}`, 'allowed are 16384', null],
  ['an id that is too long', 'start', `{"id": "${'x'.repeat(65)}", "atIso": "2026-01-01T00:00:00Z"}`, 'id:', null],
  ['no id', 'start', '{"by": "me", "atIso": "2026-01-01T00:00:00Z"}', 'id:', null],
  ['no time', 'start', '{"id": "a"}', 'atIso:', 'a'],
  ['a time that is none', 'start', '{"id": "a", "atIso": "yesterday"}', 'atIso:', 'a'],
  ['a name with control characters', 'start', `{${header}, "by": "a\\u001b[2J"}`, 'by:', 'a'],
  ['an unknown key', 'start', `{${header}, "force": true}`, 'force', 'a'],
  ['a missing argument', 'enable-bin', `{${header}, "bin": "glass"}`, 'enabled:', 'a'],
  ['half a recipe', 'set-recipe', `{${header}, "recipe": {"name": "x", "binByMaterial": {"glass": "glass"}, "thresholdByMaterial": {}}}`, 'recipe.binByMaterial.cardboard', 'a'],
  ['a prototype for an argument', 'enable-bin', `{${header}, "bin": "glass", "enabled": true, "__proto__": {"x": 1}}`, '__proto__', 'a'],
])('%s is answered as invalid', async (_, command, body, reason, id) => {
  const { desk, asked } = openDesk();
  expect(await desk.answer(command, bytes(body))).toMatchObject({ id, command, result: 'invalid', reason: expect.stringContaining(reason) });
  expect(asked).toEqual([]);
});

test('a command that the config does not allow is refused, whatever it says of itself', async () => {
  const { desk, clock, asked } = openDesk();
  expect(await desk.answer('start', request(clock, 'a', { by: 'admin' }))).toMatchObject({ result: 'refused', reason: expect.stringContaining('mqtt.commands.allow') });
  expect(asked).toEqual([]);
});

test('who asks is handed on, and the line\'s refusal handed back', async () => {
  const { desk, clock, asked } = openDesk({ execute: async () => ({ result: 'refused', reason: 'not running' }) });
  expect(await desk.answer('pause', request(clock, 'a', { by: 'anna', reason: 'lunch' }))).toMatchObject({ id: 'a', result: 'refused', reason: 'not running' });
  expect(asked).toEqual(['pause by anna via mqtt']);
});

test('a request that comes twice is obeyed once, for as long as it would be young enough', async () => {
  const { desk, clock, asked } = openDesk();
  // Sent by a clock that runs ahead by nearly as much as is allowed.
  await clock.advanceMs(60_000);
  const early = request(clock, 'a', {}, -29_000);
  expect(await desk.answer('pause', early)).toMatchObject({ result: 'accepted' });
  for (let second = 0; second < 70; second += 5) {
    expect(await desk.answer('pause', early)).toMatchObject({ result: 'refused', reason: expect.stringMatching(/repetition|stale/) });
    await clock.advanceMs(5000);
  }
  expect(asked).toHaveLength(1);
  // Another sender may choose the same id.
  expect(await desk.answer('pause', request(clock, 'a', { by: 'ben' }))).toMatchObject({ result: 'accepted' });
});

test.each([
  [31_000, 'stale'],
  [-31_000, 'clocks of sender and line differ'],
])('a request sent %d ms ago is refused', async (agoMs, reason) => {
  const { desk, clock, asked } = openDesk();
  await clock.advanceMs(100_000);
  expect(await desk.answer('pause', request(clock, 'a', {}, agoMs))).toMatchObject({ result: 'refused', reason: expect.stringContaining(reason) });
  expect(asked).toEqual([]);
});

test('what was sent before the service began is refused: the run before may have obeyed it', async () => {
  const { desk, clock } = openDesk();
  await clock.advanceMs(1000);
  expect(await desk.answer('pause', request(clock, 'a', {}, 3000))).toMatchObject({ result: 'refused', reason: expect.stringContaining('before this run') });
});

test('a picture comes as base64', async () => {
  const { desk, clock } = openDesk({ execute: async () => ({ result: 'accepted', jpeg: new Uint8Array([0xff, 0xd8, 0xff]) }) });
  expect(await desk.answer('snapshot', request(clock, 'a'))).toMatchObject({ result: 'accepted', jpegBase64: '/9j/' });
});

test('whatever bytes come, under whatever name, each is answered as the contract says or ignored, and only what is valid is obeyed', async () => {
  const name = fc.oneof(fc.constantFrom(...COMMAND_NAMES), fc.string({ maxLength: 80 }), fc.constantFrom('constructor', '__proto__', '+', '#', ''));
  const field = fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.constant(null), fc.array(fc.string(), { maxLength: 3 }), fc.dictionary(fc.string(), fc.string(), { maxKeys: 3 }));
  const near = fc.record({ id: fc.oneof(fc.constant('a'), field), atIso: fc.oneof(fc.constant('2026-01-01T00:00:00.000Z'), field), by: field, bin: field, enabled: field, text: field, recipe: field, alarm: field }, { requiredKeys: [] })
    .map((value) => new TextEncoder().encode(JSON.stringify(value)));
  await fc.assert(fc.asyncProperty(name, fc.oneof(near, fc.json().map((text) => new TextEncoder().encode(text)), fc.uint8Array({ maxLength: 200 })), async (command, payload) => {
    const { desk, asked } = openDesk({ commands: { allow: [...COMMAND_NAMES] } });
    const answer = await desk.answer(command, { payload, retained: false });
    expect(responseSchema.safeParse(answer).error).toBeUndefined();
    expect(asked.length > 0).toBe(answer?.result === 'accepted');
  }), { numRuns: 500 });
});
