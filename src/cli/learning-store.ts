// What every command on the learning store has in common: the flag that says where the store is, and its opening and closing.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { systemClock } from '../base/clock.ts';
import { SortlineError } from '../base/errors.ts';
import { DEFAULT_STORE_FOLDER, storeFolder } from '../classify/store-folder.ts';
import type { LearningStore } from '../learning/store/learning-store.ts';

export interface StoreFlags {
  readonly store?: string;
}

export function withStoreOption(command: Command): Command {
  return command.option('--store <dir>', `folder of the learning store (default: SORTLINE_STORE, else ${DEFAULT_STORE_FOLDER} below the working directory)`);
}

/**
 * Does `work` with the store that the flags name, and closes it. `isReading`: a store that is not there is no empty one but a
 * wrong folder, STORE_NOT_FOUND. Throws what opening throws.
 */
export async function withStore<T>(flags: StoreFlags, work: (store: LearningStore) => T | Promise<T>, options: { isReading?: boolean } = {}): Promise<T> {
  const { DATABASE_FILE } = await import('../learning/store/store-database.ts');
  const { openLearningStore } = await import('../learning/store/open-learning-store.ts');
  const { createLog } = await import('../app/log.ts');
  const folder = storeFolder(flags.store);
  if (options.isReading === true && !existsSync(join(folder, DATABASE_FILE))) {
    throw new SortlineError('STORE_NOT_FOUND', `there is no learning store in ${folder} yet: name its folder with --store or SORTLINE_STORE, or fill one with \`sortline dataset import\` or \`sortline train\``, { context: { folder } });
  }
  const store = openLearningStore(folder, { clock: systemClock, log: createLog({ level: 'warn', format: 'auto', to: 'stderr' }) });
  try {
    return await work(store);
  } finally {
    store.close();
  }
}
