// Watches the config file of a running line. What may change while it runs is handed on, what may not is named, and a file
// with problems changes nothing.
import { watch } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import type { Clock, Timer } from '../base/clock.ts';
import { systemClock } from '../base/clock.ts';
import { compareConfigs, withLiveChanges } from './config-changes.ts';
import type { ConfigProblem } from './load-config.ts';
import { loadConfig } from './load-config.ts';
import type { Config, Section } from './schema.ts';
import type { Environment } from './yaml-source.ts';

export interface WatchHandlers {
  /** The line's configuration from now on; recipe, thresholds or bins' switches differ from before. */
  onChange(config: Config): void;
  /** The file is a configuration, whether or not it says anything new: what was wrong with it no longer is. */
  onValid(): void;
  /** The file has problems: the line keeps its configuration. */
  onProblems(problems: readonly ConfigProblem[]): void;
  /** Changes that wait for a restart; told once per edit. */
  onRestartNeeded(sections: readonly Section[]): void;
}

export interface ConfigWatch {
  close(): void;
}

/** Editors write in several steps; the file is read when it has been quiet for this long. */
const QUIET_MS = 150;

/**
 * Calls the handlers for every edit of the file at `path` that means something. `running` is what the line started with.
 * The folder is watched, not the file: editors replace files, and a watch would follow the old one.
 */
export function watchConfig(
  path: string, handlers: WatchHandlers, options: { running: Config; clock?: Clock; environment?: Environment },
): ConfigWatch {
  const { clock = systemClock, environment = process.env } = options;
  const file = resolve(path);
  let running = options.running;
  let quiet: Timer | undefined;
  const reload = (): void => {
    const loaded = loadConfig(path, environment);
    if (!loaded.ok) return handlers.onProblems(loaded.problems);
    handlers.onValid();
    const { live, restartNeeded } = compareConfigs(running, loaded.config);
    if (restartNeeded.length > 0) handlers.onRestartNeeded(restartNeeded);
    const next = withLiveChanges(running, loaded.config);
    if (!live || next === running) return;
    running = next;
    handlers.onChange(running);
  };
  const watcher = watch(dirname(file), (_event, name) => {
    if (name !== null && name !== basename(file)) return;
    quiet?.cancel();
    quiet = clock.after(QUIET_MS, reload);
  });
  // The folder vanished or the watch broke: the line runs on with what it has.
  watcher.on('error', () => watcher.close());
  watcher.unref();
  return {
    close: () => {
      quiet?.cancel();
      watcher.close();
    },
  };
}
