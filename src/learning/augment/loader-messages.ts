// What a training process and the processes that prepare its pictures say to each other.
import type { SortlineErrorCode } from '../../base/errors.ts';
import type { CropShape } from '../../classify/classifier.ts';
import type { AugmentOptions } from './augmentation.ts';

/** One picture to prepare. */
export interface WantedPicture {
  readonly file: string;
  /** Its number in the data set; with the epoch it decides how it is augmented. */
  readonly index: number;
  /** Pass over the data; undefined leaves the picture as the line would see it. */
  readonly epoch: number | undefined;
}

/** The first message to a process. */
export interface LoaderSetup {
  readonly kind: 'open';
  readonly seed: number;
  /** Of pictures as the line sees them. */
  readonly shape: CropShape;
  /** Of augmented ones; those of one batch are all the one or all the other where the two differ. */
  readonly augmentedShape: CropShape;
  readonly augment: AugmentOptions;
  /** Bytes of decoded pictures the process may keep. */
  readonly cacheBytes: number;
}

export type ToLoader =
  | LoaderSetup
  | { readonly kind: 'prepare'; readonly id: number; readonly pictures: readonly WantedPicture[] }
  /** Decodes `files`, keeping what fits, and names those that cannot be. */
  | { readonly kind: 'check'; readonly id: number; readonly files: readonly string[] };

export type FromLoader =
  /** (pictures, height, width, 3) uint8 RGB, in the order asked for. */
  | { readonly kind: 'prepared'; readonly id: number; readonly images: Uint8Array }
  | { readonly kind: 'checked'; readonly id: number; readonly problems: readonly { readonly file: string; readonly message: string }[] }
  | { readonly kind: 'failed'; readonly id: number; readonly code: SortlineErrorCode; readonly message: string; readonly context: Readonly<Record<string, unknown>> };
