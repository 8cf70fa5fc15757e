// The belt as a real board counts it, for a camera that must show where it is: between two samples it moves as fast as it did, and is told
// anew only where that would be wrong by more than a picture could show.
import { NS_PER_S } from '../base/units.ts';
import type { BeltSample } from '../domain/frame.ts';
import { BeltMotion } from '../sim/belt-motion.ts';

/** Less than a millimetre of belt; more than clock mapping and rounding move a sample. */
const SLACK_COUNTS = 4;
/** A belt that changed its speed by so much is told at once. */
const SLACK_SPEED = 0.05;

export class BoardMotion extends BeltMotion {
  /** Takes a sample of the board. */
  follow({ atNs, counts, countsPerSecond }: BeltSample): void {
    const last = this.segments.at(-1)!;
    // A sample tells of the past; a change of plan cannot reach before the last one.
    if (atNs <= last.atNs) return;
    const isOff = Math.abs(this.countsAt(atNs) - counts) > SLACK_COUNTS;
    const isOtherSpeed = Math.abs(last.countsPerSecond - countsPerSecond) > SLACK_SPEED * Math.max(last.countsPerSecond, 20);
    if (!isOff && !isOtherSpeed) return;
    // The measured speed is that of the last moments: over a longer stretch the counts themselves say it better.
    const seconds = (atNs - last.atNs) / NS_PER_S;
    const mean = (counts - last.counts) / seconds;
    const isSteady = !isOtherSpeed && seconds > 1 && mean > 0;
    this.apply([{ atNs, counts, countsPerSecond: isSteady ? mean : Math.max(0, countsPerSecond), acceleration: 0 }]);
  }
}
