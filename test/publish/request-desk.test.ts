import { expect, test } from 'vitest';
import { silentLogger } from '../../src/base/logger.ts';
import { ManualClock } from '../../src/base/manual-clock.ts';
import { createStamp } from '../../src/publish/payloads.ts';
import type { RequestHandler } from '../../src/publish/request-desk.ts';
import { RequestDesk } from '../../src/publish/request-desk.ts';

function openDesk(onRequest: RequestHandler = async () => ({ accepted: true })): { desk: RequestDesk; clock: ManualClock } {
  const clock = new ManualClock({ startNs: 5e9 });
  return { clock, desk: new RequestDesk({ clock, log: silentLogger, stamp: createStamp(clock, 'run1'), onRequest }) };
}

const request = (body: string | Uint8Array, retained = false): { payload: Uint8Array; retained: boolean } =>
  ({ payload: typeof body === 'string' ? new TextEncoder().encode(body) : body, retained });

test('a retained request is ignored and counted', async () => {
  const { desk } = openDesk(() => { throw new Error('must not be asked'); });
  expect(await desk.answer('start', request('{"id": "a"}', true))).toBeUndefined();
  expect(desk.rejectedCount).toBe(1);
});

test('of a flood ten a second are answered', async () => {
  const { desk, clock } = openDesk();
  const burst = async (): Promise<number> => {
    const answers = await Promise.all(Array.from({ length: 50 }, (_, index) => desk.answer('ping', request(`{"id": "${index}"}`))));
    return answers.filter((answer) => answer !== undefined).length;
  };
  expect(await burst()).toBe(10);
  expect(await burst()).toBe(0);
  await clock.advanceMs(1000);
  expect(await burst()).toBe(10);
});

test.each([
  ['not UTF-8', new Uint8Array([0xff, 0xfe]), 'not JSON'],
  ['a list', '[]', 'expected object'],
  ['too long', `{"id": "${'x'.repeat(5000)}"}`, 'allowed are 4096'],
  ['an id that is too long', `{"id": "${'x'.repeat(65)}"}`, 'id:'],
  ['no id', '{"by": "me"}', 'id:'],
])('%s is answered as invalid', async (_, body, reason) => {
  const { desk } = openDesk();
  expect(await desk.answer('start', request(body))).toMatchObject({ id: null, command: 'start', result: 'invalid', reason: expect.stringContaining(reason) });
});

test('a request that comes twice is obeyed once, and answered twice', async () => {
  let asked = 0;
  const { desk } = openDesk(async () => ({ accepted: true, reason: `time ${++asked}` }));
  const twice = await Promise.all([desk.answer('start', request('{"id": "a"}')), desk.answer('start', request('{"id": "a"}'))]);
  expect(twice.map((answer) => answer?.reason)).toEqual(['time 1', 'time 1']);
  // The same id with another command is another request.
  expect((await desk.answer('pause', request('{"id": "a"}')))?.reason).toBe('time 2');
});

test('a request whose handling fails is refused, with the reason', async () => {
  const { desk } = openDesk(() => Promise.reject(new Error('board on fire')));
  expect(await desk.answer('start', request('{"id": "a"}'))).toMatchObject({ id: 'a', result: 'refused', reason: 'it failed: board on fire' });
});
