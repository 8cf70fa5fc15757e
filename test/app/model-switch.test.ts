import { describe, expect, it } from 'vitest';
import { DeadlyModels } from '../../src/app/deadly-models.ts';
import { ModelSwitch } from '../../src/app/model-switch.ts';
import { SortlineError } from '../../src/base/errors.ts';
import { silentLogger } from '../../src/base/logger.ts';
import { ManualClock } from '../../src/base/manual-clock.ts';
import type { ModelChoice } from '../../src/classify/champion.ts';
import type { Classifier } from '../../src/classify/classifier.ts';
import { classifyOptions } from '../../src/classify/options.ts';
import type { VisionEvent } from '../../src/vision/vision.ts';

const LIMIT_MS = 60_000;

function choiceOf(version: number, fields: Partial<ModelChoice> = {}): ModelChoice {
  const key = `v${version}`;
  return { key, candidates: [{ role: 'champion', folder: `/store/${key}`, name: `tiny:${key}`, sha256: key, key }], problem: undefined, emptyStore: undefined, ...fields };
}

function harness(avoid = new Map<string, string>()) {
  const clock = new ManualClock();
  const events: VisionEvent[] = [];
  const closed: string[] = [];
  /** By folder: what opening it is waiting for. */
  const openings = new Map<string, { sha256: string | undefined; done(error?: unknown): void }>();
  const classifierOf = (model: string): Classifier => ({
    cropShape: { height: 2, width: 2 }, concurrency: 1, description: { model, sha256: model, provider: 'cpu', unavailable: [], warmUpMs: 1 },
    classify: () => Promise.reject(new Error('not asked here')), close: async () => { closed.push(model); },
  });
  const left: (() => void)[] = [];
  const runner = {
    classifier: classifierOf('v0'),
    useClassifier(next: Classifier): Promise<void> {
      runner.classifier = next;
      return new Promise((resolve) => { left.push(resolve); });
    },
  };
  const models = new ModelSwitch({
    clock, log: silentLogger, options: classifyOptions.parse({ model: 'champion' }), limitMs: LIMIT_MS, avoid, runner, sink: (event) => events.push(event),
    open: ({ model }, _log, { sha256 } = {}) => new Promise((resolve, reject) => {
      const name = model.split('/').at(-1)!;
      openings.set(name, { sha256, done: (error) => (error === undefined ? resolve(classifierOf(name)) : reject(error)) });
    }),
  });
  return {
    clock, models, events, closed, runner, openings,
    /** Lets the opening of a model end, and what follows from it. */
    async opened(name: string, error?: unknown) { openings.get(name)!.done(error); await clock.advanceMs(1); },
    /** The former model has classified its last picture. */
    async formerLeft() { left.shift()!(); await clock.advanceMs(1); },
    inUse: () => events.filter((event) => event.kind === 'model.in-use').map(({ classifier: { model, insteadOf } }) => (insteadOf === undefined ? model : `${model} for ${insteadOf}`)),
    refused: () => events.filter((event) => event.kind === 'model.refused').map(({ role, name, code }) => `${role} ${name} ${code}`),
  };
}

describe('ModelSwitch', () => {
  it('hands over once the new model is warm, and closes the old one after its last batch', async () => {
    const { models, runner, openings, opened, formerLeft, inUse, closed, events } = harness();
    models.choose(choiceOf(1));
    expect([runner.classifier.description.model, openings.get('v1')!.sha256]).toEqual(['v0', 'v1']);
    expect(events).toEqual([{ kind: 'model.loading', key: 'v1', name: 'tiny:v1' }]);
    await opened('v1');
    expect([runner.classifier.description.model, inUse(), closed]).toEqual(['v1', ['v1'], []]);
    await formerLeft();
    expect(closed).toEqual(['v0']);
  });

  it('goes on with the old one where the new one is refused, says why, and takes the next', async () => {
    const { models, runner, opened, inUse, refused, closed } = harness();
    models.choose(choiceOf(1));
    await opened('v1', new SortlineError('MODEL_HASH_MISMATCH', 'other bytes'));
    expect([runner.classifier.description.model, inUse(), refused(), closed]).toEqual(['v0', ['v0 for tiny:v1'], ['champion tiny:v1 MODEL_HASH_MISMATCH'], []]);
    models.choose(choiceOf(2));
    await opened('v2', new TypeError('nobody foresaw this'));
    expect(refused().at(-1)).toBe('champion tiny:v2 INTERNAL');
    models.choose(choiceOf(3));
    await opened('v3');
    expect(inUse().at(-1)).toBe('v3');
  });

  it('takes only the newest of what was chosen while another was loading', async () => {
    const { models, opened, openings, inUse, closed } = harness();
    for (const version of [1, 2, 3]) models.choose(choiceOf(version));
    await opened('v1');
    expect([closed, inUse(), openings.has('v2')]).toEqual([['v1'], [], false]);
    await opened('v3');
    expect(inUse()).toEqual(['v3']);
  });

  it('does not load what is in use already', async () => {
    const { models, opened, openings, inUse, clock } = harness();
    models.choose(choiceOf(1));
    await opened('v1', new SortlineError('MODEL_UNREADABLE', 'gone'));
    models.choose(choiceOf(0));
    await clock.advanceMs(1);
    expect([inUse(), openings.has('v0')]).toEqual([['v0 for tiny:v1', 'v0'], false]);
  });

  it('gives one up that does not get warm, and closes it should it come after all', async () => {
    const { models, clock, opened, inUse, refused, closed } = harness();
    models.choose(choiceOf(1));
    await clock.advanceMs(LIMIT_MS);
    expect([refused(), inUse()]).toEqual([['champion tiny:v1 MODEL_RUN_FAILED'], ['v0 for tiny:v1']]);
    await opened('v1');
    expect([closed, inUse()]).toEqual([['v1'], ['v0 for tiny:v1']]);
  });

  it('keeps what it has where champion.json is faulty or gone', async () => {
    const { models, clock, inUse, refused } = harness();
    models.choose(choiceOf(1, { problem: new SortlineError('MODEL_CHAMPION_INVALID', 'is not JSON') }));
    await clock.advanceMs(1);
    expect([refused(), inUse()]).toEqual([['pointer champion MODEL_CHAMPION_INVALID'], ['v0 for champion']]);
    models.choose(choiceOf(1, { emptyStore: '/store' }));
    await clock.advanceMs(1);
    expect(inUse()).toHaveLength(1);
  });

  it('does not load a model again that took the process down', async () => {
    const { models, clock, openings, refused } = harness(new Map([['v1', 'SIGSEGV']]));
    models.choose(choiceOf(1));
    await clock.advanceMs(1);
    expect([refused(), openings.size]).toEqual([['champion tiny:v1 MODEL_RUN_FAILED'], 0]);
  });
});

describe('DeadlyModels', () => {
  const loading: VisionEvent = { kind: 'model.loading', key: 'v1', name: 'tiny:v1' };
  const down: VisionEvent = { kind: 'vision.down', reason: 'SIGSEGV', restartInMs: 1 };
  const inUse: VisionEvent = { kind: 'model.in-use', classifier: { model: 'v1', sha256: '', provider: 'cpu', unavailable: [], warmUpMs: 1 } };
  const refused: VisionEvent = { kind: 'model.refused', role: 'champion', name: 'tiny:v1', code: 'MODEL_MISMATCH', message: '' };

  it.each<[string, VisionEvent[], [string, string][]]>([
    ['dies of loading a model', [loading, down], [['v1', 'SIGSEGV']]],
    ['dies after it has taken the model over', [loading, inUse, down], []],
    ['dies after it has refused the model', [loading, refused, down], []],
    ['dies of nothing of the kind', [down], []],
  ])('remembers when the vision process %s', (_how, events, remembered) => {
    const deadly = new DeadlyModels();
    const heard: VisionEvent[] = [];
    const sink = deadly.listening((event) => heard.push(event));
    for (const event of events) sink(event);
    expect([...deadly.reasonByKey]).toEqual(remembered);
    expect(heard).toEqual(events);
  });
});
