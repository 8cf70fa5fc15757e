// What `sortline dataset check` says of a data set: plain data, for people and for scripts.
import type { LearningStore } from '../store/learning-store.ts';
import type { LeftOut } from './check-picture.ts';
import type { ClassBalance } from './class-balance.ts';
import { classBalance, countByMaterial } from './class-balance.ts';
import { readSource } from './data-source.ts';
import type { DuplicateOptions } from './find-duplicates.ts';
import { findDuplicates } from './find-duplicates.ts';
import type { OnProgress } from './scan-folder.ts';

export interface DataCheck {
  readonly source: string;
  readonly pictures: number;
  /** Undefined without pictures. */
  readonly balance: ClassBalance | undefined;
  readonly leftOut: readonly LeftOut[];
  readonly otherFolders: readonly string[];
  /** Names of pictures that are the same to the byte, two and more each. */
  readonly exactDuplicates: readonly { readonly sha256: string; readonly pictures: readonly string[] }[];
  /** Names of two pictures that look the same; `distance` in bits of 64, `similarity` up to 1. */
  readonly nearDuplicates: readonly { readonly pictures: readonly [string, string]; readonly distance: number; readonly similarity: number; readonly turned: boolean }[];
  /** Names of one picture under two labels. */
  readonly conflicts: readonly { readonly kind: 'exact' | 'near'; readonly pictures: readonly string[] }[];
  /** Pictures more than there would be without any duplicate. */
  readonly redundant: number;
}

/** Throws what reading the source throws. */
export async function checkData(source: string, options: DuplicateOptions, deps: { store: LearningStore | undefined; onProgress?: OnProgress | undefined }): Promise<DataCheck> {
  const { title, pictures, leftOut, otherFolders } = await readSource(source, deps);
  const { exact, near, conflicts, groups } = await findDuplicates(pictures, options);
  const namesOf = (same: readonly { readonly name: string }[]): string[] => same.map(({ name }) => name);
  return {
    source: title, pictures: pictures.length, balance: classBalance(countByMaterial(pictures)), leftOut, otherFolders,
    exactDuplicates: exact.map((set) => ({ sha256: set[0]!.sha256, pictures: namesOf(set) })),
    nearDuplicates: near.map(({ pictures: [a, b], distance, similarity, isTurned }) => ({ pictures: [a.name, b.name], distance, similarity: Math.round(similarity * 1000) / 1000, turned: isTurned })),
    conflicts: conflicts.map((conflict) => ({ kind: conflict.kind, pictures: namesOf(conflict.pictures) })),
    redundant: groups.reduce((sum, group) => sum + group.length - 1, 0),
  };
}
