// Pictures that are the same: to the byte, or to the eye. Neither may be on both sides of a split, and neither may carry two
// labels.
//
//   all pictures ─ SHA-256 ─▶ exact sets ─ one of each ─▶ hashes within 10 bits ─ colour layout ≥ 0.95 ─▶ near pairs
//
// The two thresholds were chosen by looking at TrashNet's 2,096 photographs. 118 pairs of different files are within 10 bits, most of
// them small things in the middle of white board; re-encoding, halving, brightening and cutting off 2 % of a picture moves it by
// at most 7. Of these, 17 have layouts alike to 0.95 or more: 16 are two shots of one scene (the last, 0.955, a letter moved by
// a finger's breadth), one is two dented cans of one brand in one place. Below come the first wrong ones: 0.946 is a green bottle and a tin seen from above
// (glass344, metal272), 0.945 a brown and a green bottle. The same copies stay above 0.96. Layout alone is no judge either:
// ten different sheets of paper under one lamp reach 0.95, at 14 bits and more.
import { readImage } from '../../image/decode.ts';
import { byName } from '../../image/labelled-pictures.ts';
import type { CheckedPicture } from './check-picture.ts';
import type { ColourLayout } from './colour-layout.ts';
import { colourLayout, layoutSimilarity } from './colour-layout.ts';
import { DisjointSets } from './disjoint-sets.ts';
import { nearPairs } from './near-hashes.ts';

export interface DuplicateOptions {
  /** Largest distance of two hashes, bits. */
  readonly maxDistance: number;
  /** Least similarity of two layouts, 0 … 1. */
  readonly minSimilarity: number;
  /** Whether a mirrored or turned picture is the same. */
  readonly isTurnedSame: boolean;
}

export const DEFAULT_DUPLICATES: DuplicateOptions = { maxDistance: 10, minSimilarity: 0.95, isTurnedSame: false };
/** Above, nearly everything is near, and looking for it takes long. */
export const MAX_DISTANCE = 15;

export interface NearDuplicate {
  readonly pictures: readonly [CheckedPicture, CheckedPicture];
  readonly distance: number;
  readonly similarity: number;
  readonly isTurned: boolean;
}

/** The same picture under two labels. */
export interface LabelConflict {
  readonly kind: 'exact' | 'near';
  readonly pictures: readonly CheckedPicture[];
}

export interface Duplicates {
  /** Two and more files each, byte for byte the same. */
  readonly exact: readonly (readonly CheckedPicture[])[];
  /** Of byte-identical files one stands for all. Pairs that follow from others of the same material are not listed. */
  readonly near: readonly NearDuplicate[];
  readonly conflicts: readonly LabelConflict[];
  /** Two and more pictures each, linked by the above within one material. */
  readonly groups: readonly (readonly CheckedPicture[])[];
}

/** `pictures` ordered by name, which is then the order of all that is found. Reads the files of near pairs; throws IMAGE_UNREADABLE where one is gone. */
export async function findDuplicates(pictures: readonly CheckedPicture[], options: DuplicateOptions = DEFAULT_DUPLICATES): Promise<Duplicates> {
  const sets = [...Map.groupBy(pictures, ({ sha256 }) => sha256).values()];
  const exact = sets.filter((set) => set.length > 1);
  const links = new DisjointSets<CheckedPicture>();
  for (const set of exact) linkWithin(set, links);
  const near: NearDuplicate[] = [];
  const conflicts: LabelConflict[] = exact.filter(hasTwoLabels).map((set) => ({ kind: 'exact', pictures: set }));
  const layoutOf = createLayouts();
  for (const { first, second, distance, turn } of nearPairs(sets.map(([one]) => one!.hash), { maxDistance: options.maxDistance, isTurnedNear: options.isTurnedSame })) {
    const both = [...sets[first]!, ...sets[second]!];
    const pair = [sets[first]![0]!, sets[second]![0]!] as const;
    const isConflict = hasTwoLabels(both);
    if (!isConflict && links.areLinked(...pair)) continue;
    const similarity = layoutSimilarity(await layoutOf(pair[0]), await layoutOf(pair[1]), turn);
    if (similarity < options.minSimilarity) continue;
    near.push({ pictures: pair, distance, similarity, isTurned: turn !== 0 });
    linkWithin(both, links);
    if (isConflict) conflicts.push({ kind: 'near', pictures: both });
  }
  const groups = links.sets().map((group) => group.sort(byName)).sort(([a], [b]) => byName(a!, b!));
  return { exact, near, conflicts, groups };
}

function hasTwoLabels(pictures: readonly CheckedPicture[]): boolean {
  return pictures.some(({ material }) => material !== pictures[0]!.material);
}

/** Links those of the same material. */
function linkWithin(pictures: readonly CheckedPicture[], links: DisjointSets<CheckedPicture>): void {
  for (const [first, ...others] of Map.groupBy(pictures, ({ material }) => material).values()) {
    for (const other of others) links.link(first!, other);
  }
}

/** Layouts, each computed once, on demand: few pictures have a near one. */
function createLayouts(): (picture: CheckedPicture) => Promise<ColourLayout> {
  const layouts = new Map<CheckedPicture, ColourLayout>();
  return async (picture) => {
    const known = layouts.get(picture);
    if (known !== undefined) return known;
    const image = readImage(picture.file);
    try {
      const layout = colourLayout(image);
      layouts.set(picture, layout);
      return layout;
    } finally {
      image.release();
    }
  };
}
