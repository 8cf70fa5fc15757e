// `calibrate verify`: known items ran past the line; did it see each where and as large as it is, take it for what it is, and bring
// it where it belongs? Arithmetic only.
import type { EncoderCounts, Millimetres } from '../base/units.ts';
import type { Calibration } from '../domain/calibration.ts';
import type { BinId, Outcome } from '../domain/decision.ts';
import type { Material } from '../domain/material.ts';

/** What is known of an item before; only what is given is judged. */
export interface KnownItem {
  readonly lengthMm?: Millimetres | undefined;
  readonly widthMm?: Millimetres | undefined;
  /** Of its middle, across the belt. */
  readonly yMm?: Millimetres | undefined;
  /** From the middle of the item before it to its own, along the belt. */
  readonly pitchMm?: Millimetres | undefined;
  readonly material?: Material | undefined;
  /** Where the recipe sends it. */
  readonly bin?: BinId | undefined;
}

/** What the line saw and did. */
export interface SeenItem {
  readonly positionCounts: EncoderCounts;
  readonly yMm: Millimetres;
  readonly lengthMm: Millimetres;
  readonly widthMm: Millimetres;
  readonly material: Material | undefined;
  readonly bin: BinId | undefined;
  readonly outcome: Outcome | undefined;
}

/** Errors up to which an item passes, mm. */
export interface Tolerances {
  readonly placeMm: Millimetres;
  readonly sizeMm: Millimetres;
}

export interface ItemsVerdict {
  readonly isPassed: boolean;
  readonly known: number;
  readonly seen: number;
  /** One sentence for each thing that is not as it should be. */
  readonly failures: readonly string[];
  /** Root mean square over the items, mm; undefined where nothing known could be compared. */
  readonly pitchRmsMm: Millimetres | undefined;
  readonly yRmsMm: Millimetres | undefined;
  readonly sizeRmsMm: Millimetres | undefined;
}

/** Items in the order in which they lie on the belt, the first to pass the camera first. */
export function judgeItems(known: readonly KnownItem[], items: readonly SeenItem[], { placeMm, sizeMm }: Tolerances, { countsPerMm }: Pick<Calibration, 'countsPerMm'>): ItemsVerdict {
  const seen = items.toSorted((a, b) => a.positionCounts - b.positionCounts);
  const failures: string[] = [];
  const errors = { pitch: [] as number[], y: [] as number[], size: [] as number[] };
  // Without knowing which one is missing every further comparison would be with a neighbour.
  if (seen.length !== known.length) failures.push(`${known.length} items were laid on the belt, ${seen.length} were seen`);
  else known.forEach((item, index) => {
    const found = seen[index]!;
    const say = (what: string, is: number | string, wanted: number | string): void => void failures.push(`item ${index + 1}: ${what} ${text(is)}, should be ${text(wanted)}`);
    const measure = (list: number[], what: string, is: Millimetres, wanted: Millimetres | undefined, tolerance: Millimetres): void => {
      if (wanted === undefined) return;
      list.push(is - wanted);
      if (Math.abs(is - wanted) > tolerance) say(what, is, wanted);
    };
    measure(errors.size, 'length', found.lengthMm, item.lengthMm, sizeMm);
    measure(errors.size, 'width', found.widthMm, item.widthMm, sizeMm);
    measure(errors.y, 'place across the belt', found.yMm, item.yMm, placeMm);
    if (index > 0) measure(errors.pitch, 'distance from the item before', (found.positionCounts - seen[index - 1]!.positionCounts) / countsPerMm, item.pitchMm, placeMm);
    if (item.material !== undefined && found.material !== item.material) say('taken for', found.material ?? 'nothing', item.material);
    if (item.bin !== undefined && (found.bin ?? 'nowhere') !== item.bin) say(`sent to (${found.outcome ?? 'not settled'})`, found.bin ?? 'nowhere', item.bin);
  });
  return { isPassed: failures.length === 0, known: known.length, seen: seen.length, failures, pitchRmsMm: rms(errors.pitch), yRmsMm: rms(errors.y), sizeRmsMm: rms(errors.size) };
}

function text(value: number | string): string {
  return typeof value === 'number' ? `${value.toFixed(1)} mm` : value;
}

/** Root mean square; undefined of nothing. */
export function rms(values: readonly number[]): number | undefined {
  return values.length === 0 ? undefined : Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / values.length);
}
