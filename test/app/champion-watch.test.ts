import { renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { watchChampion } from '../../src/app/champion-watch.ts';
import type { Clock } from '../../src/base/clock.ts';
import { systemClock } from '../../src/base/clock.ts';
import { ManualClock } from '../../src/base/manual-clock.ts';
import type { ModelChoice } from '../../src/classify/champion.ts';
import { chooseModels } from '../../src/classify/champion.ts';
import { ChampionStore } from '../classify/champion-store.ts';

/** Longer than the poll and the quiet time together. */
const POLL_MS = 6000;

function watching(store: string, clock: Clock): { heard: string[]; next(): Promise<string> } {
  const heard: string[] = [];
  let wake: () => void = () => undefined;
  const name = ({ problem, emptyStore, candidates }: ModelChoice): string => (problem !== undefined ? problem.code : emptyStore !== undefined ? 'none' : candidates[0]!.name);
  const options = { model: 'champion', store };
  const watch = watchChampion(options, (choice) => { heard.push(name(choice)); wake(); }, { clock, from: chooseModels(options).key });
  onTestFinished(() => watch.close());
  return { heard, next: () => new Promise((resolve) => { wake = () => resolve(heard.at(-1)!); }) };
}

describe('watchChampion', () => {
  it('tells a promotion at once', async () => {
    const store = new ChampionStore();
    store.promote();
    const { next } = watching(store.folder, systemClock);
    store.promote({ shape: { gain: 2 } });
    expect(await next()).toBe('tiny:v2');
  });

  it('finds by looking again what no watch told: a store that did not exist', async () => {
    const clock = new ManualClock();
    const store = new ChampionStore();
    const elsewhere = `${store.folder}-later`;
    const { heard } = watching(elsewhere, clock);
    await clock.advanceMs(POLL_MS);
    store.promote();
    renameSync(store.folder, elsewhere);
    onTestFinished(() => rmSync(elsewhere, { recursive: true }));
    await clock.advanceMs(POLL_MS);
    expect(heard).toEqual(['tiny:v1']);
  });

  it('says once that champion.json is faulty, and only where it stays so', async () => {
    const clock = new ManualClock();
    const store = new ChampionStore();
    store.promote();
    const { heard } = watching(store.folder, clock);
    store.point('{"model": "champ');
    // Read once by now, and not yet a second time.
    await clock.advanceMs(200);
    expect(heard).toEqual([]);
    store.promote({ shape: { gain: 2 } });
    await clock.advanceMs(POLL_MS);
    expect(heard).toEqual(['tiny:v2']);
    store.point('{"model": "champ');
    await clock.advanceMs(4 * POLL_MS);
    expect(heard).toEqual(['tiny:v2', 'MODEL_CHAMPION_INVALID']);
    store.promote();
    await clock.advanceMs(POLL_MS);
    expect(heard).toEqual(['tiny:v2', 'MODEL_CHAMPION_INVALID', 'tiny:v3']);
  });

  it('tells a change that came before it began to watch', async () => {
    const clock = new ManualClock();
    const store = new ChampionStore();
    store.promote();
    const { heard } = watching(store.folder, clock);
    store.promote({ shape: { gain: 2 } });
    await clock.advanceMs(200);
    expect(heard).toEqual(['tiny:v2']);
  });

  it('says when no model is champion any more', async () => {
    const clock = new ManualClock();
    const store = new ChampionStore();
    store.promote();
    const { heard } = watching(store.folder, clock);
    rmSync(join(store.folder, 'champion.json'));
    await clock.advanceMs(POLL_MS);
    expect(heard).toEqual(['none']);
  });
});
