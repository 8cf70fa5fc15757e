// A learning store in a folder of its own, in virtual time, for one test.
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLogger } from '../../../src/base/logger.ts';
import { ManualClock } from '../../../src/base/manual-clock.ts';
import type { LearningStore, NewArtifact } from '../../../src/learning/store/learning-store.ts';
import type { LearningStoreDeps } from '../../../src/learning/store/open-learning-store.ts';
import { openLearningStore } from '../../../src/learning/store/open-learning-store.ts';

export interface StoreRig extends Disposable {
  readonly folder: string;
  readonly clock: ManualClock;
  readonly store: LearningStore;
  /** Another opening of the same store. */
  open(deps?: Partial<LearningStoreDeps>): LearningStore;
}

/** A new folder, on a file system in memory where there is one: flushing to a busy disk takes seconds at times. */
export function scratchFolder(name: string): string {
  return mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), `sortline-${name}-`));
}

export function storeRig(): StoreRig {
  const folder = scratchFolder('store');
  const clock = new ManualClock();
  const opened: LearningStore[] = [];
  const open = (deps: Partial<LearningStoreDeps> = {}): LearningStore => {
    const store = openLearningStore(join(folder, 'store'), { clock, log: silentLogger, codeRevision: 'test', ...deps });
    opened.push(store);
    return store;
  };
  return {
    folder, clock, store: open(), open,
    [Symbol.dispose]: () => {
      for (const store of opened) store.close();
      rmSync(folder, { recursive: true });
    },
  };
}

export function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** An artifact of small text files. */
export function pictures(name: string, files: Readonly<Record<string, string>>, rest: Partial<NewArtifact> = {}): NewArtifact {
  return { type: 'raw_data', name, files: Object.entries(files).map(([path, text]) => ({ path, content: bytes(text) })), ...rest };
}
