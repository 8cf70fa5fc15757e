import { afterEach, describe, expect, test } from 'vitest';
import { silentLogger } from '../../src/base/logger.ts';
import { ManualClock } from '../../src/base/manual-clock.ts';
import type { BrokerMessage, BrokerSession, PublishResult } from '../../src/publish/broker-session.ts';
import { SendWindow } from '../../src/publish/send-window.ts';

const message: BrokerMessage = { topic: 'a', payload: 'b', qos: 1, retain: false };
const acknowledged: PublishResult = { result: 'acknowledged' };
const opened: SendWindow[] = [];
afterEach(() => {
  for (const window of opened.splice(0)) window.stop();
});

function rig() {
  const clock = new ManualClock();
  let rooms = 0;
  const window = new SendWindow({ clock, log: silentLogger, onRoom: () => { rooms++; } });
  opened.push(window);
  window.start();
  const session = (receiveMaximum: number) => {
    const answers: ((result: PublishResult) => void)[] = [], aborted: (string | undefined)[] = [];
    const broker: BrokerSession = {
      protocolVersion: 5, receiveMaximum, publish: () => new Promise((resolve) => void answers.push(resolve)), subscribe: async () => undefined,
      close: async () => undefined, abort: (reason) => void aborted.push(reason),
    };
    window.opened(broker);
    return { answers, aborted };
  };
  const heard: PublishResult[] = [];
  const send = (): void => window.send(message, (result) => heard.push(result));
  return { clock, window, session, send, heard, rooms: () => rooms };
}

describe('the send window', () => {
  test('has room for as many as the broker asks for, at most 128, and none without a session', () => {
    const { window, session, send } = rig();
    expect(window.hasRoom).toBe(false);
    session(2);
    send();
    expect([window.hasRoom, window.inFlight]).toEqual([true, 1]);
    send();
    expect([window.hasRoom, window.inFlight]).toEqual([false, 2]);
    session(65_535);
    for (let sent = 0; sent < 127; sent++) send();
    expect(window.hasRoom).toBe(true);
    send();
    expect(window.hasRoom).toBe(false);
    window.lost();
    expect([window.hasRoom, window.inFlight]).toEqual([false, 0]);
  });

  test('hands each answer on and says that there is room; answers of a session that is gone are not heard', async () => {
    const { clock, window, session, send, heard, rooms } = rig();
    const before = session(8);
    send();
    send();
    before.answers[1]!({ result: 'refused', because: 'rights', reason: 'no' });
    await clock.advanceMs(1);
    expect([heard, rooms(), window.inFlight]).toEqual([[{ result: 'refused', because: 'rights', reason: 'no' }], 1, 1]);
    const now = session(8);
    send();
    before.answers[0]!(acknowledged);
    await clock.advanceMs(1);
    expect([heard.length, rooms(), window.inFlight]).toEqual([1, 1, 1]);
    now.answers[0]!(acknowledged);
    await clock.advanceMs(1);
    expect([heard.length, rooms(), window.inFlight]).toEqual([2, 2, 0]);
  });

  test('leaves a broker 20 s after the last word of it, counted from the first message that waits', async () => {
    const { clock, session, send } = rig();
    const { answers, aborted } = session(8);
    await clock.advanceMs(60_000);
    send();
    await clock.advanceMs(19_000);
    send();
    expect(aborted).toEqual([]);
    answers[0]!(acknowledged);
    await clock.advanceMs(20_000);
    expect(aborted).toEqual([]);
    await clock.advanceMs(6000);
    expect(aborted[0]).toMatch(/^no message was acknowledged for 2\d s$/);
  });

  test('leaves no broker that has answered everything, however long ago', async () => {
    const { clock, session, send } = rig();
    const { answers, aborted } = session(8);
    send();
    answers[0]!(acknowledged);
    await clock.advanceMs(120_000);
    expect(aborted).toEqual([]);
  });
});
