// What each event makes of the retained topics, held to the contract.
import { beforeEach, expect, test } from 'vitest';
import { ManualClock } from '../../src/base/manual-clock.ts';
import type { LineEvent } from '../../src/domain/line-event.ts';
import { recipeDigest } from '../../src/publish/digests.ts';
import type { Retained } from '../../src/publish/state-topics.ts';
import { StateTopics } from '../../src/publish/state-topics.ts';
import { TOPICS } from '../../src/publish/topics.ts';
import type { TopicKey } from '../../src/publish/topics.ts';
import { commanded, recipe, recipeChanged, seen, settled, truth } from '../ledger/events.ts';
import { FACTS, IDENTITY, statsEvent } from './publishers.ts';

let clock: ManualClock;
let topics: StateTopics;
beforeEach(() => {
  clock = new ManualClock();
  topics = new StateTopics(clock, IDENTITY, FACTS);
});

function hear(...events: LineEvent[]): Retained[] {
  return events.flatMap((event) => topics.of(event, { stream: 'run1', size: 7 }));
}

/** The payload on the topic, valid by the schema of `key`. */
function payloadOn(retained: readonly Retained[], topic: string, key: TopicKey): Record<string, unknown> {
  const payload = retained.findLast((each) => each.topic === topic)?.payload;
  expect(TOPICS[key].payload.safeParse(payload).error).toBeUndefined();
  return payload as Record<string, unknown>;
}

test('stats say how many items a second came over the last minute', async () => {
  const at = async (seconds: number, items: number): Promise<unknown> => {
    await clock.advanceMs(seconds * 1000);
    return payloadOn(hear({ ...statsEvent(items), atNs: clock.nowNs() }), 'stats', 'stats')['itemsPerSecond'];
  };
  expect(await at(0, 0)).toBe(0);
  expect(await at(10, 50)).toBe(5);
  expect(await at(50, 50)).toBeCloseTo(50 / 60);
  expect(await at(30, 50)).toBe(0);
});

test('bins: from the model\'s confidence on a real line, from the truth on a simulated one', () => {
  hear(recipeChanged(), seen('a'), settled('a'), settled('b', { material: 'metal', outcome: 'passed', cause: 'residue-policy', bin: 'residue' }));
  const binsOf = (): Record<string, unknown>[] => payloadOn(hear(statsEvent()), 'stats', 'stats')['bins'] as Record<string, unknown>[];
  expect(binsOf().find(({ bin }) => bin === 'glass')).toEqual({ bin: 'glass', items: 1, purity: 0.9, recovery: 1, from: 'confidence' });
  expect(binsOf().find(({ bin }) => bin === 'residue')).toEqual({ bin: 'residue', items: 1, purity: null, recovery: null, from: 'confidence' });
  hear(truth('a', 'plastic', 'glass'));
  expect(binsOf().find(({ bin }) => bin === 'glass')).toMatchObject({ items: 1, purity: 0, from: 'truth' });
  expect(payloadOn(hear(statsEvent()), 'stats', 'stats')['queued']).toBe(7);
});

test('an actuator that did something is told with the next stats, and only then', () => {
  expect(hear(statsEvent()).map(({ topic }) => topic)).toEqual(['stats']);
  hear(commanded('a'), settled('a', { countError: 2 }), commanded('b'), settled('b', { outcome: 'missed', cause: 'late-on-board', bin: 'residue' }));
  expect(payloadOn(hear(statsEvent()), 'actuator/jet-glass', 'actuator')).toMatchObject({ actuator: 'jet-glass', bin: 'glass', output: 1, commanded: 2, fired: 1, missed: 1, lastCountError: 2 });
  expect(hear(statsEvent()).map(({ topic }) => topic)).toEqual(['stats']);
});

test('an alarm says who has seen it, and is cleared with its last subject', () => {
  const raised = (subject: string): LineEvent => ({ kind: 'alarm.raised', atNs: 1, alarm: 'bin-full', subject, message: 'full', whatToDo: 'Empty it.' });
  const acknowledged: LineEvent = { kind: 'alarm.acknowledged', atNs: 2, alarm: 'bin-full', subject: 'glass', by: 'anna (dashboard)' };
  expect(payloadOn(hear(raised('glass'), raised('metal'), acknowledged), 'alarm/bin-full', 'alarm')['active'])
    .toMatchObject([{ subject: 'glass', acknowledgedBy: 'anna (dashboard)' }, { subject: 'metal', acknowledgedBy: null }]);
  const cleared = (subject: string): LineEvent => ({ kind: 'alarm.cleared', atNs: 3, alarm: 'bin-full', subject });
  expect(hear(cleared('glass'), cleared('metal')).at(-1)).toEqual({ topic: 'alarm/bin-full', payload: '' });
});

test('info and recipe carry what events refer to', () => {
  const model = { model: 'resnet', sha256: 'ab12', provider: 'cpu', unavailable: [], warmUpMs: 1 };
  expect(payloadOn(hear({ kind: 'model.in-use', atNs: 1, model }), 'info', 'info'))
    .toMatchObject({ stream: 'run1', calibrationSha256: 'ca11', model: { sha256: 'ab12' }, capabilities: { commands: ['pause', 'ping'] }, configSchema: { type: 'object' } });
  expect(payloadOn(hear(recipeChanged()), 'recipe', 'recipe')['sha256']).toBe(recipeDigest(recipe));
  expect(recipeDigest({ ...recipe, binByMaterial: Object.fromEntries(Object.entries(recipe.binByMaterial).reverse()) as never })).toBe(recipeDigest(recipe));
  expect(recipeDigest({ ...recipe, name: 'other' })).not.toBe(recipeDigest(recipe));
});
