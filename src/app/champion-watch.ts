// Watches champion.json of a running line. The folder is watched, because the registry replaces the file; and looked at again and
// again besides, because a watch misses network shares, and a store that does not exist yet.
import type { FSWatcher } from 'node:fs';
import { watch } from 'node:fs';
import type { Clock, Timer } from '../base/clock.ts';
import type { ModelChoice } from '../classify/champion.ts';
import { chooseModels } from '../classify/champion.ts';
import { CHAMPION_FILE } from '../classify/champion-pointer.ts';
import type { ClassifyOptions } from '../classify/options.ts';
import { storeFolder } from '../classify/store-folder.ts';

export interface ChampionWatch {
  close(): void;
}

const POLL_MS = 5000;
/** The file is read when it has been quiet for this long, and a faulty one a second time: whoever wrote it may not have finished. */
const QUIET_MS = 150;

/** Calls `onChoice` whenever another choice is to be made than the one of `from`, the key of the choice that was acted on last. */
export function watchChampion(
  options: Pick<ClassifyOptions, 'model' | 'store'>, onChoice: (choice: ModelChoice) => void, { clock, from }: { clock: Clock; from: string },
): ChampionWatch {
  const folder = storeFolder(options.store);
  let acted = from;
  let suspect: string | undefined;
  let quiet: Timer | undefined;
  let watcher: FSWatcher | undefined;
  const readSoon = (): void => {
    quiet?.cancel();
    quiet = clock.after(QUIET_MS, read);
  };
  const read = (): void => {
    const choice = chooseModels(options);
    if (choice.key === acted) return;
    if (choice.problem !== undefined && choice.key !== suspect) {
      suspect = choice.key;
      return readSoon();
    }
    suspect = undefined;
    acted = choice.key;
    onChoice(choice);
  };
  const unwatch = (): void => {
    watcher?.close();
    watcher = undefined;
  };
  const rewatch = (): void => {
    if (watcher !== undefined) return;
    try {
      watcher = watch(folder, (_event, name) => { if (name === null || name === CHAMPION_FILE) readSoon(); });
      // The folder vanished: the poll goes on, and watches again once there is one.
      watcher.on('error', unwatch);
      watcher.unref();
    } catch {
      // There is no such folder yet; the poll says when there is.
    }
  };
  rewatch();
  readSoon();
  const poll = clock.every(POLL_MS, () => {
    rewatch();
    read();
  });
  return {
    close: () => {
      quiet?.cancel();
      poll.cancel();
      unwatch();
    },
  };
}
