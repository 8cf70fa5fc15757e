// The one place that loads OpenCV. Images are 8-bit BGR unless a name says otherwise.
//
// The add-on's own JavaScript front (which locates a build and logs while doing so) is bypassed: the binary is where
// set-up built it, and loading it directly takes 0.2 s instead of 0.8 s. Functions are therefore the synchronous ones.
//
// Ownership: a Mat left to the garbage collector aborted V8 on Node 20 within 600 frames. Every Mat is released by its
// owner: create them through a MatScope held with `using`, and `keep` the one that outlives the scope.
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type * as OpenCv from '@u4/opencv4nodejs';
import { reasonOf, SortlineError } from '../base/errors.ts';

export type { Mat, VideoCapture, Rect, Contour, BackgroundSubtractorMOG2 } from '@u4/opencv4nodejs';

function loadOpenCv(): typeof OpenCv {
  const require = createRequire(import.meta.url);
  const packageDir = join(dirname(require.resolve('@u4/opencv4nodejs')), '..', '..');
  try {
    return require(join(packageDir, 'build', 'Release', 'opencv4nodejs.node')) as typeof OpenCv;
  } catch (cause) {
    throw new SortlineError('SETUP_INCOMPLETE',
      `OpenCV's add-on could not be loaded (${reasonOf(cause).split('\n')[0]}): run \`npm run setup\`, which builds it and names what is missing`, { cause });
  }
}

export const cv = loadOpenCv();

/** Owns every Mat handed to it and releases them, last first, at the end of its `using` block. */
export class MatScope implements Disposable {
  readonly #owned: OpenCv.Mat[] = [];

  own<T extends OpenCv.Mat>(mat: T): T {
    this.#owned.push(mat);
    return mat;
  }

  /** Takes `mat` out of the scope: the caller releases it. */
  keep<T extends OpenCv.Mat>(mat: T): T {
    const index = this.#owned.indexOf(mat);
    if (index >= 0) this.#owned.splice(index, 1);
    return mat;
  }

  [Symbol.dispose](): void {
    for (let mat = this.#owned.pop(); mat !== undefined; mat = this.#owned.pop()) mat.release();
  }
}
