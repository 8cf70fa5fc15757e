// Small pictures of the most confident mistakes, to be kept with a run and shown in reports.
import { isSortlineError } from '../../base/errors.ts';
import type { LabelledPicture } from '../../image/labelled-pictures.ts';
import { confidentMistakes } from './evaluate-verdicts.ts';
import type { Verdict } from './evaluation.ts';
import type { MistakePicture } from './kept-evaluation.ts';
import { thumbnail } from './thumbnail.ts';

/** A sheet that a person looks through; 24 pictures are about 200 kB. */
export const SHEET_SIZE = 24;

/** Of at most {@link SHEET_SIZE}; one that is gone meanwhile is left out: a long training must not fail on it. */
export function mistakePictures(verdicts: readonly Verdict[], pictures: readonly LabelledPicture[]): MistakePicture[] {
  const fileByName = new Map(pictures.map(({ name, file }) => [name, file]));
  return confidentMistakes(verdicts).slice(0, SHEET_SIZE).flatMap(({ file }) => {
    const path = fileByName.get(file);
    if (path === undefined) return [];
    try {
      return [{ file, jpeg: thumbnail(path) }];
    } catch (error) {
      if (isSortlineError(error, 'IMAGE_UNREADABLE')) return [];
      throw error;
    }
  });
}
