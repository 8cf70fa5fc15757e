// Axes: which values to write on them, and where a value lies.

export interface Scale {
  /** Values to label, within the range. */
  readonly ticks: readonly number[];
  /** Place of a value on the axis, 0 at its low end and 1 at its high end; values beyond the ends are clamped. */
  at(value: number): number;
}

/** Evenly spaced, for `isWhole` on whole numbers only; the ends are moved out to the next tick where `isRounded`. A range of nothing is widened around its value. */
export function linearScale(low: number, high: number, options: { readonly ticks?: number; readonly isRounded?: boolean; readonly isWhole?: boolean } = {}): Scale {
  const [from, to] = low < high ? [low, high] : [low - (Math.abs(low) || 1) * 0.1, high + (Math.abs(high) || 1) * 0.1];
  const rough = (to - from) / (options.ticks ?? 4);
  const step = options.isWhole === true ? wholeStep(rough) : niceStep(rough);
  const first = options.isRounded === true ? Math.floor(from / step + 1e-9) : Math.ceil(from / step - 1e-9);
  const last = options.isRounded === true ? Math.ceil(to / step - 1e-9) : Math.floor(to / step + 1e-9);
  // Multiplying whole numbers, rounded to the step's own digits, keeps 0.3 from being 0.30000000000000004.
  const digits = Math.max(0, -Math.floor(Math.log10(step))) + 1;
  const ticks = Array.from({ length: last - first + 1 }, (_, index) => Number(((first + index) * step).toFixed(digits)));
  const [start, end] = options.isRounded === true ? [ticks[0]!, ticks.at(-1)!] : [from, to];
  return { ticks, at: (value) => clamp((value - start) / (end - start)) };
}

/** Powers of ten; for positive values that span more than a decade or two. Values of 0 and less lie at the low end. */
export function logScale(low: number, high: number): Scale {
  const [from, to] = low < high ? [Math.log10(low), Math.log10(high)] : [Math.log10(low) - 0.5, Math.log10(low) + 0.5];
  const first = Math.ceil(from - 1e-9), last = Math.floor(to + 1e-9);
  const every = Math.max(1, Math.ceil((last - first) / 4));
  const powers = Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => first + index).filter((power) => (power - first) % every === 0);
  const ticks = powers.length >= 2 ? powers.map((power) => Number(`1e${power}`)) : [10 ** from, 10 ** to];
  return { ticks, at: (value) => (value <= 0 ? 0 : clamp((Math.log10(value) - from) / (to - from))) };
}

/** The next of 1, 2, 2.5, 5 and 10 times a power of ten. */
function niceStep(rough: number): number {
  const power = 10 ** Math.floor(Math.log10(rough));
  return power * ([1, 2, 2.5, 5, 10].find((step) => step * power >= rough * (1 - 1e-9)) ?? 10);
}

/** The next of 1, 2, 5 and 10 times a power of ten, at least 1. */
function wholeStep(rough: number): number {
  const power = 10 ** Math.floor(Math.log10(Math.max(1, rough)));
  return power * ([1, 2, 5, 10].find((step) => step * power >= rough * (1 - 1e-9)) ?? 10);
}

function clamp(place: number): number {
  return Math.min(1, Math.max(0, place));
}
