// Where the learning store is. A file of its own, as every command needs it and few need what lies in that folder.
import { resolve } from 'node:path';

/** Where the learning store is if neither flag nor SORTLINE_STORE says otherwise; starts at the working directory. */
export const DEFAULT_STORE_FOLDER = '.sortline/learning';

/** Absolute folder of the learning store: the flag, else SORTLINE_STORE, else the default below the working directory. */
export function storeFolder(flag: string | undefined, env: Readonly<Record<string, string | undefined>> = process.env): string {
  return resolve(flag ?? (env.SORTLINE_STORE || DEFAULT_STORE_FOLDER));
}
