// Warns while the line runs that its calibration can no longer be trusted: it is old, or the belt looks unlike when its colours
// were measured. Nothing stops for it; a person verifies.
import type { Clock, Timer } from '../base/clock.ts';
import { wallIso } from '../base/clock.ts';
import type { Ratio } from '../base/units.ts';
import type { Calibration } from '../domain/calibration.ts';
import type { AlarmBoard } from './alarms.ts';

const PERIOD_MS = 3_600_000;
/** Lamps age and lenses gather dust by less than this in months; a wiped lens or a lost lamp is more. */
const DRIFT_SHARE = 0.15;
/** Of that, so that the alarm does not flicker. */
const CLEARED_SHARE = 0.8;

export class CalibrationWatch {
  readonly #clock: Clock;
  readonly #calibration: Calibration;
  readonly #alarms: AlarmBoard;
  #timer: Timer | undefined;

  constructor(deps: { readonly clock: Clock; readonly calibration: Calibration; readonly alarms: AlarmBoard }) {
    this.#clock = deps.clock;
    this.#calibration = deps.calibration;
    this.#alarms = deps.alarms;
  }

  start(): void {
    this.#checkAge();
    this.#timer = this.#clock.every(PERIOD_MS, () => this.#checkAge());
  }

  stop(): void {
    this.#timer?.cancel();
  }

  /** The belt's change of colour, as vision measures it; undefined where there is nothing to compare with. */
  colour(drift: Ratio | undefined): void {
    if (drift === undefined) return;
    if (drift > DRIFT_SHARE) this.#alarms.raise('colour-drift', 'camera', `the empty belt looks ${(100 * drift).toFixed(0)} % brighter or darker in one of its colours than when it was measured`);
    else if (drift < CLEARED_SHARE * DRIFT_SHARE) this.#alarms.clear('colour-drift', 'camera');
  }

  #checkAge(): void {
    const { expiresOn, measuredOn, line } = this.#calibration;
    if (expiresOn === undefined || wallIso(this.#clock).slice(0, 10) <= expiresOn) return;
    this.#alarms.raise('calibration-old', 'calibration', `the calibration of ${line} was measured on ${measuredOn} and was to be trusted until ${expiresOn}`);
  }
}
