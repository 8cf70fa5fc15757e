// Batches of prepared pictures, made ahead of the step that wants them by processes of their own. Which process prepares a
// picture follows from its number, so that each keeps its own share decoded; what comes out does not depend on how many there are.
//
//   batches wanted ─▶ split by picture number ─▶ process 0 … n-1 ─▶ put together in order ─▶ at most `ahead` ready
import { SortlineError } from '../../base/errors.ts';
import type { CropShape } from '../../classify/classifier.ts';
import type { AugmentOptions } from './augmentation.ts';
import { LoaderClient } from './loader-client.ts';
import type { WantedPicture } from './loader-messages.ts';
import { preparedBytes } from './prepare-pictures.ts';

export interface LoaderOptions {
  readonly seed: number;
  /** Of pictures as the line sees them. */
  readonly shape: CropShape;
  /** Of augmented ones. */
  readonly augmentedShape: CropShape;
  readonly augment: AugmentOptions;
  /** At least 1. */
  readonly processes: number;
  /** Bytes of decoded pictures that all processes together may keep. */
  readonly cacheBytes: number;
  /** Batches prepared before they are asked for; at least 1. */
  readonly ahead: number;
}

/** Unreadable pictures that one error names. */
const FILES_NAMED = 10;

export class PictureLoader {
  readonly #options: LoaderOptions;
  readonly #clients: readonly LoaderClient[];

  constructor(options: LoaderOptions) {
    const { seed, shape, augmentedShape, augment, processes, cacheBytes } = options;
    this.#options = options;
    this.#clients = Array.from({ length: processes }, () => new LoaderClient({ kind: 'open', seed, shape, augmentedShape, augment, cacheBytes: Math.floor(cacheBytes / processes) }));
  }

  /** Process ids, for tests. */
  get pids(): readonly (number | undefined)[] {
    return this.#clients.map(({ pid }) => pid);
  }

  /** Decodes every picture once, so that a bad one is not found an hour later. Throws IMAGE_UNREADABLE naming all that cannot be. */
  async check(pictures: readonly Pick<WantedPicture, 'file' | 'index'>[]): Promise<void> {
    const replies = await Promise.all(this.#clients.map((client, at) =>
      client.ask({ kind: 'check', files: this.#shareOf(at, pictures).map(({ picture }) => picture.file) })));
    const problems = replies.flatMap((reply) => (reply.kind === 'checked' ? reply.problems : [])).sort((a, b) => (a.file < b.file ? -1 : 1));
    if (problems.length === 0) return;
    const rest = problems.length > FILES_NAMED ? `; and ${problems.length - FILES_NAMED} more` : '';
    throw new SortlineError('IMAGE_UNREADABLE',
      `${problems.length} of ${pictures.length} pictures cannot be read: ${problems.slice(0, FILES_NAMED).map(({ message }) => message).join('; ')}${rest}. Replace them or take them out of the data set`,
      { context: { files: problems.map(({ file }) => file) } });
  }

  /**
   * The batches in order: (pictures, height, width, 3) uint8 RGB each, every picture in its own shape; the caller's. Throws what preparing a batch threw when
   * its turn comes: IMAGE_UNREADABLE, TRAIN_LOADER_FAILED. Leaving the loop early drops what was made ahead.
   */
  async *batches(wanted: Iterable<readonly WantedPicture[]>): AsyncGenerator<Uint8Array> {
    const ready: Promise<Uint8Array>[] = [];
    for (const pictures of wanted) {
      const batch = this.#prepare(pictures);
      // Reported when its turn comes, or never, where an earlier one ends it all.
      batch.catch(() => undefined);
      ready.push(batch);
      if (ready.length > this.#options.ahead) yield await ready.shift()!;
    }
    for (const batch of ready) yield await batch;
  }

  async close(): Promise<void> {
    await Promise.all(this.#clients.map((client) => client.close()));
  }

  async #prepare(pictures: readonly WantedPicture[]): Promise<Uint8Array> {
    const parts = await Promise.all(this.#clients.map(async (client, at) => {
      const share = this.#shareOf(at, pictures);
      if (share.length === 0) return { share, images: new Uint8Array(0) };
      const reply = await client.ask({ kind: 'prepare', pictures: share.map(({ picture }) => picture) });
      if (reply.kind !== 'prepared') throw new SortlineError('INTERNAL', `a loader answered pictures with "${reply.kind}"`);
      return { share, images: reply.images };
    }));
    const only = parts.length === 1 ? parts[0] : undefined;
    if (only !== undefined) return only.images;
    const starts = [0];
    for (const picture of pictures) starts.push(starts.at(-1)! + preparedBytes(picture, this.#options));
    const batch = new Uint8Array(starts.at(-1)!);
    for (const { share, images } of parts) {
      let from = 0;
      for (const { place } of share) {
        const bytes = starts[place + 1]! - starts[place]!;
        batch.set(images.subarray(from, from + bytes), starts[place]);
        from += bytes;
      }
    }
    return batch;
  }

  #shareOf<T extends { readonly index: number }>(at: number, pictures: readonly T[]): { picture: T; place: number }[] {
    return pictures.map((picture, place) => ({ picture, place })).filter(({ picture }) => picture.index % this.#clients.length === at);
  }
}
