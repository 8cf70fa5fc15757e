// Names one life of the service: sortable by time, and unlike any other even where the wall clock was set back.
import { randomBytes } from 'node:crypto';
import type { Clock } from '../base/clock.ts';
import { wallIso } from '../base/clock.ts';

/** For example `20261124T031502-7fa2`. */
export function newRunId(clock: Clock): string {
  const time = wallIso(clock).slice(0, 19).replaceAll(/[-:]/g, '');
  return `${time}-${randomBytes(2).toString('hex')}`;
}
