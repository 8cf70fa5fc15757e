// Sizes, durations and moments as a person reads them in a table.

/** `0 B`, `812 kB`, `44.8 MB`: three digits. */
export function sizeText(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let value = bytes, unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${unit === 0 || value >= 99.95 ? value.toFixed(0) : value.toFixed(1)} ${units[unit]}`;
}

/** `91.5 %` of a share from 0 to 1. */
export function percentText(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

/** `4 s`, `3 min 12 s`, `2 h 05 min`. */
export function durationText(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  return minutes < 60 ? `${minutes} min ${twoDigits(seconds % 60)} s` : `${Math.floor(minutes / 60)} h ${twoDigits(minutes % 60)} min`;
}

/** `2026-11-24 03:15`, UTC as stored. */
export function momentText(iso: string): string {
  return iso.slice(0, 16).replace('T', ' ');
}

/** Numbers of unknown size with five digits, everything else as JSON; lists and mappings on one line. */
export function valueText(value: unknown): string {
  if (typeof value === 'string') return value;
  return typeof value === 'number' ? String(Number(value.toPrecision(5))) : JSON.stringify(value) ?? '';
}

function twoDigits(value: number): string {
  return String(value).padStart(2, '0');
}
