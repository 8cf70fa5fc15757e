// Whether a folder that is made where absent can be made and written to, without making it.
import { accessSync, constants, existsSync } from 'node:fs';
import { dirname } from 'node:path';

/** The folder, or the nearest one above it that is there. Throws the system's error where this user may not write to it, or it is none. */
export function writableFolder(path: string): string {
  let folder = path;
  while (!existsSync(folder) && folder !== dirname(folder)) folder = dirname(folder);
  // Of a file there is no such entry.
  accessSync(`${folder}/.`, constants.W_OK | constants.X_OK);
  return folder;
}
