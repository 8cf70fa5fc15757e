// Numbers as reports write them: as many digits as mean something, the same everywhere.
import type { Interval } from '../evaluate/intervals.ts';

/** What stands for a figure that there is none of. */
export const NONE = '–';

/** `0.915`; NONE for null. */
export function share(value: number | null | undefined): string {
  return value === null || value === undefined || !Number.isFinite(value) ? NONE : value.toFixed(3);
}

/** `0.879 to 0.940`. */
export function range(interval: Interval | null): string {
  return interval === null ? NONE : `${share(interval[0])} to ${share(interval[1])}`;
}

/** `91.5 %`. */
export function percent(value: number | null): string {
  return value === null ? NONE : `${(100 * value).toFixed(1)} %`;
}

/** `+0.012`, with a real minus sign. */
export function signed(value: number): string {
  return `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(3)}`;
}

/** Four significant digits, powers of ten where that is shorter: `0.0012`, `1e-7`, `12 000`. */
export function brief(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  const size = Math.abs(value);
  const text = size !== 0 && (size < 1e-4 || size >= 1e7) ? value.toExponential(2).replace(/\.?0+e/, 'e').replace('e+', 'e') : String(Number(value.toPrecision(4)));
  return (size >= 10_000 && size < 1e7 ? text.replace(/\B(?=(\d{3})+$)/g, '\u202f') : text).replace(/^-/, '−');
}

/** `3 h 20 min`, `4 min 5 s`, `12.3 s`. */
export function duration(ms: number): string {
  const seconds = ms / 1000;
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
  return `${Math.floor(seconds / 3600)} h ${Math.round((seconds % 3600) / 60)} min`;
}

/** `2026-11-24 15:46` of an ISO time, UTC. */
export function moment(iso: string): string {
  return iso.slice(0, 16).replace('T', ' ');
}
