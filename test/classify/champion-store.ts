// A learning store's folder as the line sees it: model folders below champion/, and champion.json, put in place as the registry does.
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { ChampionPointer } from '../../src/classify/champion-pointer.ts';
import type { TinyFolder } from './tiny-model.ts';
import { writeTinyModel } from './tiny-model.ts';

/** Removed when the test ends. */
export class ChampionStore {
  readonly folder = mkdtempSync(join(tmpdir(), 'sortline-store-'));
  #version = 0;
  #previous: string | null = null;

  constructor() {
    onTestFinished(() => rmSync(this.folder, { recursive: true, force: true }));
  }

  /** Makes a tiny model the champion, and the champion before it the previous one; its pointer. */
  promote(model: TinyFolder = {}, fields: Partial<ChampionPointer> = {}): ChampionPointer {
    const version = ++this.#version;
    const place = `champion/tiny-v${version}`;
    mkdirSync(join(this.folder, place), { recursive: true });
    const sha256 = writeTinyModel(join(this.folder, place), model);
    const pointer = { model: place, previous: this.#previous, name: 'tiny', version, sha256, promotedAtIso: `2026-01-01T00:00:${String(version).padStart(2, '0')}.000Z`, ...fields };
    this.#previous = place;
    this.point(JSON.stringify(pointer));
    return pointer;
  }

  /** Replaces champion.json in one step. */
  point(text: string): void {
    writeFileSync(join(this.folder, 'champion.json.new'), text);
    renameSync(join(this.folder, 'champion.json.new'), join(this.folder, 'champion.json'));
  }

  /** Takes a model's folder away. */
  lose(place: string): void {
    rmSync(join(this.folder, place), { recursive: true });
  }
}
