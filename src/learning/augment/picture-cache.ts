// Training pictures decoded and scaled once, as they begin every preprocessing: decoding takes three times as long as all that
// augmentation does. What does not fit into the bound is decoded anew each time, which changes the speed and nothing else.
import { readImage } from '../../image/decode.ts';
import type { Mat } from '../../image/opencv.ts';
import { MatScope } from '../../image/opencv.ts';
import { atCentreHeight } from '../../vision/preprocess.ts';

export class PictureCache {
  readonly #bound: number;
  readonly #scaledByFile = new Map<string, Mat>();
  #bytes = 0;

  /** Holds at most `bound` bytes of pixels. */
  constructor(bound: number) {
    this.#bound = bound;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Calls `look` with the picture at height 256 (8-bit BGR), which stays the cache's. Throws IMAGE_UNREADABLE. */
  with<T>(file: string, look: (scaled: Mat) => T): T {
    const kept = this.#scaledByFile.get(file);
    if (kept !== undefined) return look(kept);
    using scope = new MatScope();
    const scaled = atCentreHeight(scope.own(readImage(file)), scope);
    const result = look(scaled);
    const bytes = scaled.rows * scaled.cols * scaled.elemSize;
    if (this.#bytes + bytes <= this.#bound) {
      this.#scaledByFile.set(file, scope.keep(scaled));
      this.#bytes += bytes;
    }
    return result;
  }

  release(): void {
    for (const scaled of this.#scaledByFile.values()) scaled.release();
    this.#scaledByFile.clear();
    this.#bytes = 0;
  }
}
