// The real vision process on a full belt: champions come and go while pictures flow. Real models, small ones; every wait is for
// an event.
import { describe, expect, it } from 'vitest';
import type { VisionEvent } from '../../src/vision/vision.ts';
import { ChampionStore } from '../classify/champion-store.ts';
import type { Told } from './vision-child.ts';
import { VisionChild } from './vision-child.ts';

const TIMEOUT_MS = 60_000;

type EventOf<K extends VisionEvent['kind']> = Extract<VisionEvent, { kind: K }>;

function eventIn<K extends VisionEvent['kind']>(told: Told, kind: K): EventOf<K> | undefined {
  return told.kind === kind ? told as EventOf<K> : undefined;
}

function eventsOf<K extends VisionEvent['kind']>(child: VisionChild, kind: K): EventOf<K>[] {
  return child.heard.map((message) => eventIn(message, kind)).filter((event) => event !== undefined);
}

/** Gives the next event of a kind that fits, after the one it gave last. */
function reader(child: VisionChild) {
  let last: Told | undefined;
  return async <K extends VisionEvent['kind']>(kind: K, fits: (event: EventOf<K>) => boolean = () => true): Promise<EventOf<K>> => {
    const found = await child.hear((message) => {
      const event = eventIn(message, kind);
      return event !== undefined && fits(event);
    }, last === undefined ? 0 : child.heard.indexOf(last) + 1);
    last = found;
    return eventIn(found, kind)!;
  };
}

describe('a vision process that follows the champion', () => {
  it('takes over what is promoted, keeps what it has where that cannot be used, and loses no item', async () => {
    const store = new ChampionStore();
    const first = store.promote();
    const child = new VisionChild();
    const next = reader(child);
    child.start({ classifier: { model: 'champion', store: store.folder, batch: { size: 2 } } });
    expect((await next('vision.ready')).classifier).toMatchObject({ model: 'tiny-v1', sha256: first.sha256, insteadOf: undefined });
    await next('item.look', ({ look }) => look.modelSha256 === first.sha256);

    const second = store.promote({ shape: { height: 32, width: 24, gain: 2 } });
    expect((await next('model.in-use')).classifier).toMatchObject({ model: 'tiny-v2', sha256: second.sha256, insteadOf: undefined });
    await next('item.look', ({ look }) => look.modelSha256 === second.sha256);

    store.promote({ shape: { gain: Number.NaN } });
    expect(await next('model.refused')).toMatchObject({ role: 'champion', name: 'tiny:v3', code: 'MODEL_RUN_FAILED', message: expect.stringContaining('not finite') });
    expect((await next('model.in-use')).classifier).toMatchObject({ model: 'tiny-v2', insteadOf: 'tiny:v3' });
    await next('item.look', ({ look }) => look.modelSha256 === second.sha256);

    store.point('{"model": "champion/tiny-v9", "prev');
    expect(await next('model.refused')).toMatchObject({ role: 'pointer', code: 'MODEL_CHAMPION_INVALID' });
    await next('item.look', ({ look }) => look.modelSha256 === second.sha256);

    const fourth = store.promote({ shape: { gain: 3 } });
    expect((await next('model.in-use')).classifier).toMatchObject({ model: 'tiny-v4', insteadOf: undefined });
    await next('item.look', ({ look }) => look.modelSha256 === fourth.sha256);

    // Whoever left the view was looked at, and no run of any model failed.
    const looked = new Set(eventsOf(child, 'item.look').map(({ look }) => look.trackId));
    const gone = eventsOf(child, 'item.gone').map(({ trackId }) => trackId);
    expect(gone.filter((trackId) => !looked.has(trackId))).toEqual([]);
    expect(eventsOf(child, 'vision.warning')).toEqual([]);

    // Stopped in the middle of the next change.
    store.promote({ shape: { height: 512, width: 512 } });
    await next('model.loading');
    child.send({ kind: 'stop' });
    const { code, signal, stderr } = await child.ended();
    expect([code, signal]).toEqual([0, null]);
    expect(stderr.split('\n').filter((line) => line !== '').map((line) => (JSON.parse(line) as { code: string }).code)).toEqual(['MODEL_RUN_FAILED', 'MODEL_CHAMPION_INVALID']);
  }, TIMEOUT_MS);

  it('begins with the champion before, where the champion cannot be used, and takes the next one over', async () => {
    const store = new ChampionStore();
    store.promote();
    store.promote({ bytes: new Uint8Array(100) });
    const child = new VisionChild();
    const next = reader(child);
    child.start({ classifier: { model: 'champion', store: store.folder, batch: { size: 2 } } });
    expect((await next('vision.ready')).classifier).toMatchObject({ model: 'tiny-v1', insteadOf: 'tiny:v2' });
    expect(eventsOf(child, 'model.refused')).toMatchObject([{ role: 'champion', name: 'tiny:v2', code: 'MODEL_HASH_MISMATCH' }]);
    store.promote({ shape: { gain: 2 } });
    expect((await next('model.in-use')).classifier).toMatchObject({ model: 'tiny-v3', insteadOf: undefined });
  }, TIMEOUT_MS);
});
