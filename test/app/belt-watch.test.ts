import { expect, test } from 'vitest';
import { AlarmBoard } from '../../src/app/alarms.ts';
import { BeltWatch } from '../../src/app/belt-watch.ts';
import { ManualClock } from '../../src/base/manual-clock.ts';
import type { LineEvent } from '../../src/domain/line-event.ts';

test('a line that runs without knowing where its belt is says so, until it knows or rests', async () => {
  const clock = new ManualClock();
  const told: string[] = [];
  const watch = new BeltWatch({ clock, alarms: new AlarmBoard(clock, (event: LineEvent) => { if (event.kind === 'alarm.raised' || event.kind === 'alarm.cleared') told.push(`${event.kind} ${event.alarm}`); }) });
  const sample = { atNs: clock.nowNs(), counts: 0, countsPerSecond: 5000 };
  watch.look(true, sample);
  await clock.advanceMs(999);
  watch.look(true, sample);
  expect(told).toEqual([]);
  await clock.advanceMs(1);
  watch.look(true, sample);
  watch.look(true, sample);
  expect(told.splice(0)).toEqual(['alarm.raised belt-unknown']);
  watch.look(true, { ...sample, atNs: clock.nowNs() });
  expect(told.splice(0)).toEqual(['alarm.cleared belt-unknown']);
  watch.look(true, undefined);
  watch.look(false, undefined);
  expect(told).toEqual(['alarm.raised belt-unknown', 'alarm.cleared belt-unknown']);
});
