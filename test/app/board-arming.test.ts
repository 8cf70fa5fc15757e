import { describe, expect, test } from 'vitest';
import { BoardArming } from '../../src/app/board-arming.ts';
import type { CommandResult } from '../../src/link/link.ts';

function rig(isRunning = false) {
  const asked: string[] = [];
  const answers: ((result: CommandResult['result']) => Promise<void>)[] = [];
  const ask = (what: string) => (): Promise<CommandResult> => {
    asked.push(what);
    return new Promise((resolve) => answers.push(async (result) => {
      resolve({ result } as CommandResult);
      await new Promise((later) => setImmediate(later));
    }));
  };
  return { arming: new BoardArming({ arm: ask('arm'), safe: ask('safe') }, () => isRunning), asked, answer: (result: CommandResult['result']) => answers.shift()!(result) };
}

describe('a board that is to be armed only while the line runs', () => {
  test('is made safe after an arm that was not answered: it may arrive yet', async () => {
    const { arming, asked, answer } = rig();
    const armed = arming.arm();
    await answer('timed-out');
    expect(await armed).toEqual({ result: 'timed-out' });
    expect(asked).toEqual(['arm', 'safe']);
    const again = rig();
    void again.arming.arm();
    await again.answer('closed');
    expect(again.asked).toEqual(['arm']);
  });

  test('is asked to be safe until it answers, or its session ends', async () => {
    const { arming, asked, answer } = rig();
    arming.makeSafe();
    await answer('timed-out');
    await answer('timed-out');
    await answer('acked');
    expect(asked).toEqual(['safe', 'safe', 'safe']);
    arming.makeSafe();
    await answer('closed');
    expect(asked).toHaveLength(4);
  });

  test('is made safe when it says it is armed and nobody wants that', async () => {
    const { arming, asked, answer } = rig();
    arming.isArmed();
    expect(asked).toEqual(['safe']);
    const starting = rig();
    void starting.arming.arm();
    starting.arming.isArmed();
    expect(starting.asked).toEqual(['arm']);
    const running = rig(true);
    running.arming.isArmed();
    expect(running.asked).toEqual([]);
    await answer('acked');
  });
});
