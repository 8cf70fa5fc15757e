import { describe, expect, it } from 'vitest';
import { fairWeather, twoJets, VirtualBoard } from './virtual-board.ts';
import type { Weather } from './virtual-board.ts';

const at1000 = { mmPerSecond: 1000, actuators: twoJets() };

describe('an item on its own', () => {
  it('fires so that the middle of the pulse meets the middle of the item', async () => {
    const board = new VirtualBoard(at1000);
    board.submit('a', 'metal', 400);
    // 800 mm to go = 4000 counts; lead 10 ms and half a hold of 20 ms at 5000 counts/s = 100 counts before.
    expect(board.events).toEqual([{
      kind: 'commanded', itemId: 'a', command: { commandId: 1, output: 0, fireAtCounts: 3900, holdMs: 20 }, atNs: 0,
    }]);
    await board.clock.advanceMs(2000);
    expect(board.fired).toEqual([{ command: board.sent[0]!.command, atCounts: 3900 }]);
    expect(board.settled('a')).toEqual([{
      kind: 'settled', itemId: 'a', bin: 'metal', outcome: 'sorted', cause: 'fired', firedAtCounts: 3900, countError: 0,
    }]);
    expect(board.scheduler.pendingCount).toBe(0);
  });

  it('reports how far from its target the board fired', () => {
    const board = new VirtualBoard(at1000);
    board.submit('a', 'metal', 400);
    board.scheduler.onFired({ commandId: 1, firedAtCounts: 3901, targetCounts: 3900 });
    expect(board.settled('a')).toMatchObject([{ firedAtCounts: 3901, countError: 1 }]);
  });

  it('targets whole counts', () => {
    const board = new VirtualBoard(at1000);
    board.submit('a', 'metal', 400.0777);
    expect(board.sent[0]!.command.fireAtCounts).toBe(3900);
  });

  it('is not sent when it can no longer be armed, to the count', () => {
    // Due 100 counts before the middle, minLead 25 ms = 125 counts: 225 counts = 45 mm before the jet is the limit.
    const board = new VirtualBoard(at1000);
    board.submit('late', 'metal', 1200 - 45);
    expect([board.ending('late'), board.sent.length]).toEqual(['missed too-late', 0]);
    board.submit('just', 'metal', 1200 - 45.2);
    expect([board.ending('just'), board.sent.length]).toEqual(['open', 1]);
  });

  it('says until when a decision can be taken, so that taking it then is in time for every bin', async () => {
    const board = new VirtualBoard(at1000);
    const { position } = board.decision('a', 'metal', 300);
    const dueCounts = board.scheduler.latestDecisionCounts(position)!;
    await board.clock.advanceMs(((dueCounts - board.counts) / board.speed) * 1000 + 9);
    for (const bin of ['metal', 'glass']) board.scheduler.submit({ ...board.decision(bin, bin, 0), position: { ...position, positionCounts: position.positionCounts + (bin === 'glass' ? 2000 : 0) } });
    expect([board.ending('metal'), board.ending('glass')]).toEqual(['open', 'open']);
    expect(dueCounts).toBe(300 * -5 + 6000 - 100 - 175 - 1);
  });

  it('has no latest moment while the belt is unknown', () => {
    const board = new VirtualBoard(at1000);
    board.belt.reset();
    expect(board.scheduler.latestDecisionCounts({ positionCounts: 0, yMm: 0, lengthMm: 10, widthMm: 10 })).toBeUndefined();
  });

  it('is missed when the belt position is unknown, and inhibited when its bin has no actuator', () => {
    const board = new VirtualBoard(at1000);
    board.submit('b', 'paper', 400);
    const lost = board.decision('a', 'metal', 400);
    board.belt.reset();
    board.scheduler.submit(lost);
    expect([board.ending('a'), board.ending('b')]).toEqual(['missed link-down', 'inhibited bin-disabled']);
  });
});

describe('what the link and the board say', () => {
  const ends = async (weather: Weather): Promise<string> => {
    const board = new VirtualBoard({ ...at1000, weather });
    board.submit('a', 'metal', 400);
    await board.clock.advanceMs(5000);
    return board.ending('a');
  };

  it.each([
    ['refused', 'missed rejected-by-board'],
    ['closed', 'missed link-down'],
    ['command-lost', 'missed not-acknowledged'],
    ['report-lost', 'lost no-report'],
    // The link gave up, but the command was there all along: what happened counts.
    ['ack-lost', 'sorted fired'],
  ] as const)('%s', async (fate, expected) => {
    expect(await ends(() => ({ delayMs: 2, fate }))).toBe(expected);
  });

  it('counts a command that came too late to the board as missed', async () => {
    expect(await ends(() => ({ delayMs: 900, fate: 'ok' }))).toBe('missed late-on-board');
  });

  it.each([['late', 'missed late-on-board'], ['cancelled', 'inhibited cancelled'], ['inhibited', 'inhibited cancelled']] as const)('missed: %s', (cause, expected) => {
    const board = new VirtualBoard(at1000);
    board.submit('a', 'metal', 400);
    board.scheduler.onMissed({ commandId: 1, cause });
    expect(board.ending('a')).toBe(expected);
  });

  it('takes no notice of reports about commands it does not know', () => {
    const board = new VirtualBoard(at1000);
    board.scheduler.onFired({ commandId: 9, firedAtCounts: 1, targetCounts: 1 });
    board.scheduler.onMissed({ commandId: 9, cause: 'late' });
    expect([board.events.length, board.scheduler.strayReportCount]).toEqual([0, 2]);
  });

  it('settles everything open when abandoned, and nothing a second time', async () => {
    const board = new VirtualBoard(at1000);
    board.submit('a', 'metal', 400);
    board.submit('b', 'metal', 100);
    board.scheduler.abandonAll('link-down');
    board.scheduler.abandonAll('cancelled');
    await board.clock.advanceMs(5000);
    expect([board.ending('a'), board.ending('b')]).toEqual(['missed link-down', 'missed link-down']);
  });

  it('waits for a slowed belt, and no longer than the rest limit for one that stands', async () => {
    const board = new VirtualBoard({ ...at1000, weather: () => ({ delayMs: 2, fate: 'command-lost' }) });
    board.submit('a', 'metal', 400);
    await board.clock.advanceMs(100);
    board.belt.add({ atNs: board.clock.nowNs(), counts: 500, countsPerSecond: 0 });
    await board.clock.advanceMs(50_000);
    expect(board.ending('a')).toBe('open');
    await board.clock.advanceMs(15_000);
    expect([board.ending('a'), board.cancelled]).toEqual(['lost no-report', [1]]);
  });
});

describe('two items for one actuator', () => {
  it('are two pulses where the output can recover between them', async () => {
    const board = new VirtualBoard(at1000);
    board.submit('a', 'metal', 431);
    board.submit('b', 'metal', 400);
    await board.clock.advanceMs(2000);
    expect([board.ending('a'), board.ending('b'), board.fired.length]).toEqual(['sorted fired', 'sorted fired', 2]);
  });

  it('are one pulse where they are too close, and both settle by its report', async () => {
    const board = new VirtualBoard(at1000);
    board.submit('a', 'metal', 425);
    await board.clock.advanceMs(5);
    board.submit('b', 'metal', 405);
    await board.clock.advanceMs(2000);
    expect(board.cancelled).toEqual([1]);
    // From 3775 for 20 ms and from 3900 for 20 ms: 3775 to 4000 = 225 counts = 45 ms.
    expect(board.fired.map(({ command }) => command)).toEqual([{ commandId: 2, output: 0, fireAtCounts: 3775, holdMs: 45 }]);
    expect([board.ending('a'), board.ending('b')]).toEqual(['sorted fired', 'sorted fired']);
    expect(board.events.filter((event) => event.kind === 'commanded').map((event) => [event.itemId, event.command.commandId, event.replaces])).toEqual([
      ['a', 1, undefined], ['a', 2, 1], ['b', 2, 1],
    ]);
  });

  it('are one pulse of just maxOn', async () => {
    const board = new VirtualBoard({ ...at1000, actuators: twoJets({ maxOnMs: 45 }) });
    board.submit('a', 'metal', 425);
    board.submit('b', 'metal', 400);
    await board.clock.advanceMs(2000);
    expect([board.ending('a'), board.ending('b'), board.fired.map(({ command }) => command.holdMs)]).toEqual(['sorted fired', 'sorted fired', [45]]);
  });

  it('inhibit the later one where one pulse would be longer than maxOn', async () => {
    const board = new VirtualBoard({ ...at1000, actuators: twoJets({ maxOnMs: 40 }) });
    board.submit('a', 'metal', 425);
    board.submit('b', 'metal', 400);
    await board.clock.advanceMs(2000);
    expect([board.ending('a'), board.ending('b')]).toEqual(['sorted fired', 'inhibited neighbour']);
  });

  it('inhibit the later one where the sent command can no longer be replaced', async () => {
    const board = new VirtualBoard(at1000);
    board.submit('a', 'metal', 400);
    // 740 ms on, the first is due in 40 ms: time for one message, not for two.
    await board.clock.advanceMs(740);
    board.submit('b', 'metal', 1120);
    await board.clock.advanceMs(2000);
    expect([board.ending('a'), board.ending('b')]).toEqual(['sorted fired', 'inhibited neighbour']);
  });

  it('inhibit the later one where the first has just fired and the output could not recover, and only then', async () => {
    for (const [bin, offsetMm, expected] of [['metal', 1200, 'inhibited neighbour'], ['glass', 1500, 'sorted fired']] as const) {
      const board = new VirtualBoard(at1000);
      board.submit('a', 'metal', 400);
      await board.clock.advanceMs(783);
      // Due 46.5 mm before the jet, 26.5 ms from now: the first is off since 3 ms by then, and wants 10.
      board.submit('b', bin, offsetMm - 46.5, 10);
      await board.clock.advanceMs(2000);
      expect([board.ending('a'), board.ending('b')]).toEqual(['sorted fired', expected]);
    }
  });

  it('are strangers to each other where the board has counted anew in between', async () => {
    const board = new VirtualBoard(at1000);
    board.submit('a', 'metal', 400);
    await board.clock.advanceMs(790);
    board.scheduler.abandonAll('link-down');
    board.belt.reset();
    board.belt.add({ atNs: board.clock.nowNs(), counts: 3000, countsPerSecond: board.speed });
    board.submit('b', 'metal', 990);
    expect([board.ending('a'), board.ending('b'), board.sent.at(-1)!.command.fireAtCounts]).toEqual(['sorted fired', 'open', 3950]);
  });

  it('keep the first one where the board refuses to give it back', async () => {
    const weather: Weather = (index) => (index === 1 ? { delayMs: 2, fate: 'command-lost' } : { delayMs: 2, fate: 'ok' });
    const board = new VirtualBoard({ ...at1000, weather });
    board.submit('a', 'metal', 425);
    board.submit('b', 'metal', 405);
    await board.clock.advanceMs(2000);
    expect([board.ending('a'), board.ending('b')]).toEqual(['sorted fired', 'inhibited neighbour']);
  });

  it('trust the board\'s own report of the cancel when its acknowledgement is lost', async () => {
    const weather: Weather = (index) => (index === 1 ? { delayMs: 2, fate: 'ack-lost' } : { delayMs: 2, fate: 'ok' });
    const board = new VirtualBoard({ ...at1000, weather });
    board.submit('a', 'metal', 225);
    board.submit('b', 'metal', 205);
    await board.clock.advanceMs(10);
    board.scheduler.onMissed({ commandId: 1, cause: 'cancelled' });
    expect([board.ending('a'), board.ending('b')]).toEqual(['open', 'open']);
    await board.clock.advanceMs(2000);
    expect([board.ending('a'), board.ending('b'), board.fired.length]).toEqual(['sorted fired', 'sorted fired', 1]);
  });

  it('do not merge over an item that belongs elsewhere', async () => {
    const board = new VirtualBoard({ ...at1000, actuators: twoJets({ recoverMs: 200, maxOnMs: 400 }) });
    board.submit('a', 'metal', 600, 20);
    board.letPass('trash', 500, 20);
    board.submit('b', 'metal', 400, 20);
    await board.clock.advanceMs(3000);
    expect([board.ending('a'), board.ending('b')]).toEqual(['sorted fired', 'inhibited neighbour']);
  });
});

describe('items for different places within one zone', () => {
  it('both go to the residue, even when the first was sent already', async () => {
    const board = new VirtualBoard(at1000);
    board.submit('a', 'metal', 440);
    await board.clock.advanceMs(10);
    board.submit('b', 'glass', 400);
    await board.clock.advanceMs(3000);
    expect([board.ending('a'), board.ending('b'), board.fired.length]).toEqual(['inhibited neighbour', 'inhibited neighbour', 0]);
  });

  it('are both sorted when they are clear of each other', async () => {
    const board = new VirtualBoard(at1000);
    board.submit('a', 'metal', 461);
    board.submit('b', 'glass', 400);
    await board.clock.advanceMs(3000);
    expect([board.ending('a'), board.ending('b')]).toEqual(['sorted fired', 'sorted fired']);
  });

  it('protect an item that passes', async () => {
    const board = new VirtualBoard(at1000);
    board.submit('a', 'metal', 440);
    board.letPass('trash', 400);
    board.submit('b', 'glass', 360);
    await board.clock.advanceMs(3000);
    expect([board.ending('a'), board.ending('b'), board.fired.length]).toEqual(['inhibited neighbour', 'inhibited neighbour', 0]);
  });

  it('do not mind an item that an actuator upstream takes off first', async () => {
    const board = new VirtualBoard({ ...at1000, actuators: [{ ...twoJets()[0]!, zoneMm: 1, holdMs: 1 }, twoJets()[1]!] });
    board.submit('a', 'metal', 440);
    board.submit('b', 'glass', 400);
    await board.clock.advanceMs(3000);
    expect([board.ending('a'), board.ending('b')]).toEqual(['sorted fired', 'sorted fired']);
  });

  it('spare the one whose own pulse failed from being taken downstream', async () => {
    const weather: Weather = (index) => (index === 0 ? { delayMs: 2, fate: 'refused' } : fairWeather(index));
    const board = new VirtualBoard({ ...at1000, weather, actuators: [{ ...twoJets()[0]!, zoneMm: 1, holdMs: 1 }, twoJets()[1]!] });
    board.submit('a', 'metal', 440);
    board.submit('b', 'glass', 400);
    await board.clock.advanceMs(3000);
    expect([board.ending('a'), board.ending('b'), board.fired.length]).toEqual(['missed rejected-by-board', 'inhibited neighbour', 0]);
  });

  it('let the later one go without when the first can no longer be taken back', async () => {
    const board = new VirtualBoard(at1000);
    board.submit('a', 'metal', 400);
    await board.clock.advanceMs(765);
    board.submit('b', 'glass', 1125);
    await board.clock.advanceMs(3000);
    expect([board.ending('a'), board.ending('b'), board.fired.length]).toEqual(['sorted fired', 'inhibited neighbour', 1]);
  });

  it('call off a merge under way', async () => {
    const board = new VirtualBoard(at1000);
    board.submit('a', 'metal', 425);
    board.submit('b', 'metal', 405);
    board.letPass('trash', 365);
    await board.clock.advanceMs(3000);
    expect([board.ending('a'), board.ending('b'), board.fired.length]).toEqual(['inhibited neighbour', 'inhibited neighbour', 0]);
  });
});
