// Entry of a process that prepares pictures while the model trains. A process and not a thread: OpenCV's add-on keeps state per
// process and crashes where two threads load it. Ends when its parent does, in whichever way; signals are the parent's to act on.
import { flushCompileCache } from 'node:module';
import { isSortlineError, reasonOf } from '../../base/errors.ts';
import { STOP_SIGNALS } from '../../base/stop-signals.ts';
import { cv } from '../../image/opencv.ts';
import type { FromLoader, LoaderSetup, ToLoader } from './loader-messages.ts';
import { PictureCache } from './picture-cache.ts';
import { preparePictures } from './prepare-pictures.ts';

// A terminal's Ctrl-C reaches the whole group; the parent still needs the pictures of the step it is in.
for (const signal of STOP_SIGNALS) process.on(signal, () => undefined);
process.on('disconnect', () => process.exit(0));
// What was compiled is kept for the next process; at its end, which would be too late: this one is killed.
flushCompileCache();
// The process is the unit of parallel work.
cv.setNumThreads(1);

let opened: { readonly setup: LoaderSetup; readonly cache: PictureCache } | undefined;

process.on('message', (message: ToLoader) => {
  if (message.kind === 'open') {
    opened = { setup: message, cache: new PictureCache(message.cacheBytes) };
    return;
  }
  // No callback: where the parent is gone, `disconnect` ends this process.
  process.send?.(replyTo(message));
});

function replyTo(message: Exclude<ToLoader, LoaderSetup>): FromLoader {
  const { id } = message;
  try {
    const { setup, cache } = opened!;
    if (message.kind === 'check') return { kind: 'checked', id, problems: problemsOf(message.files, cache) };
    return { kind: 'prepared', id, images: preparePictures(message.pictures, cache, setup) };
  } catch (error) {
    return isSortlineError(error)
      ? { kind: 'failed', id, code: error.code, message: error.message, context: JSON.parse(JSON.stringify(error.context)) as Record<string, unknown> }
      : { kind: 'failed', id, code: 'INTERNAL', message: `a picture could not be prepared: ${reasonOf(error)}`, context: {} };
  }
}

function problemsOf(files: readonly string[], cache: PictureCache): { file: string; message: string }[] {
  return files.flatMap((file) => {
    try {
      cache.with(file, () => undefined);
      return [];
    } catch (error) {
      if (!isSortlineError(error, 'IMAGE_UNREADABLE')) throw error;
      return [{ file, message: error.message }];
    }
  });
}
