import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AlarmBoard } from '../../src/app/alarms.ts';
import { LineStateMachine } from '../../src/app/line-state.ts';
import { ManualClock } from '../../src/base/manual-clock.ts';
import type { LineEvent } from '../../src/domain/line-event.ts';

function machine() {
  const clock = new ManualClock();
  const events: LineEvent[] = [];
  const alarms = new AlarmBoard(clock, (event) => events.push(event));
  const line = new LineStateMachine({ clock, sink: (event) => events.push(event), blockingAlarms: () => alarms.blocking() });
  return { line, alarms, events };
}

describe('the line state machine', () => {
  it('becomes ready only when both vision and link are, and only once', () => {
    const { line } = machine();
    expect(line.note('visionReady', true)).toBe(false);
    expect(line.state).toBe('starting');
    expect(line.note('linkUp', true)).toBe(true);
    expect(line.state).toBe('ready');
    line.note('linkUp', false);
    expect(line.note('linkUp', true)).toBe(false);
  });

  it('names what forbids a start', () => {
    const { line, alarms } = machine();
    expect(line.obstacle()).toMatch(/board is not connected/);
    line.note('linkUp', true);
    expect(line.obstacle()).toMatch(/camera or model is not ready/);
    line.note('visionReady', true);
    alarms.raise('e-stop', 'board', 'pressed');
    expect(line.obstacle()).toBe('active alarm: e-stop');
    alarms.clear('e-stop', 'board');
    expect(line.obstacle()).toBeUndefined();
  });

  it('latches a fault until an operator starts again', () => {
    const { line } = machine();
    line.note('linkUp', true);
    line.note('visionReady', true);
    line.started('operator');
    line.faulted('cable pulled');
    line.note('linkUp', false);
    line.note('linkUp', true);
    expect(line.state).toBe('safe');
    expect(line.reason).toBe('cable pulled');
    expect(line.obstacle()).toBeUndefined();
  });

  it('tells every change of state or reason, once', () => {
    const { line, events } = machine();
    line.note('linkUp', true);
    line.note('visionReady', true);
    line.faulted('cable pulled');
    line.faulted('cable pulled');
    line.faulted('jam');
    line.paused('operator', 'jam');
    expect(events.map((event) => event.kind === 'line.state' && [event.state, event.reason, event.by])).toEqual([
      ['ready', 'camera, model and board are ready', 'line'], ['safe', 'cable pulled', 'line'], ['safe', 'jam', 'line'], ['paused', 'jam', 'operator'],
    ]);
  });

  it('never runs without a start, whatever happens in whatever order', () => {
    const step = fc.constantFrom('vision', 'no-vision', 'link', 'no-link', 'fault', 'pause');
    fc.assert(fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const { line } = machine();
      for (const what of steps) {
        if (what === 'vision' || what === 'no-vision') line.note('visionReady', what === 'vision');
        if (what === 'link' || what === 'no-link') line.note('linkUp', what === 'link');
        if (what === 'fault') line.faulted('test');
        if (what === 'pause' && line.state === 'running') line.paused('test');
        expect(line.state).not.toBe('running');
      }
    }));
  });
});

describe('the alarm board', () => {
  it('raises once per code and subject, clears once, and tells what to do', () => {
    const { alarms, events } = machine();
    expect(alarms.raise('bin-full', 'metal', 'full')).toBe(true);
    expect(alarms.raise('bin-full', 'metal', 'full')).toBe(false);
    expect(alarms.raise('bin-full', 'glass', 'full')).toBe(true);
    alarms.clear('bin-full', 'metal');
    alarms.clear('bin-full', 'metal');
    expect(events.map((event) => event.kind)).toEqual(['alarm.raised', 'alarm.raised', 'alarm.cleared']);
    expect(events[0]).toMatchObject({ whatToDo: expect.stringMatching(/Empty the bin/) });
    expect(alarms.blocking()).toEqual([]);
  });
});
