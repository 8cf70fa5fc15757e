// Which alarms are active. One row per code says what a person does about it and what the line does by itself, so that no
// code path decides ad hoc.
import type { Clock } from '../base/clock.ts';
import type { AlarmCode, LineSink } from '../domain/line-event.ts';

/** `warn`: go on. `safe`: safe state at once, latched until an operator's start; start is refused while it is active. */
export type AlarmReaction = 'warn' | 'safe';

interface AlarmRow {
  readonly reaction: AlarmReaction;
  readonly whatToDo: string;
}

export const ALARM_TABLE: Readonly<Record<AlarmCode, AlarmRow>> = {
  'camera-stalled': { reaction: 'safe', whatToDo: 'Check the camera cable, power and lens; the line reconnects by itself, then press start. A file or folder at its end needs `loop: true` or a restart.' },
  'vision-down': { reaction: 'warn', whatToDo: 'Nothing: vision restarts by itself and items meanwhile go to residue. If it repeats, read the log above the restart.' },
  'classifier-fallback': { reaction: 'warn', whatToDo: 'The line runs on a slower provider than configured. Check the GPU driver, then restart the service.' },
  'model-refused': { reaction: 'warn', whatToDo: 'The line goes on with the model it has. Promote another one, or mend this one and promote it again.' },
  'link-down': { reaction: 'safe', whatToDo: 'Check the cable and power of the controller board; the line reconnects by itself, then press start.' },
  'link-refused': { reaction: 'safe', whatToDo: 'The board speaks another protocol version or has too few outputs: flash matching firmware or correct the config.' },
  'belt-unknown': { reaction: 'warn', whatToDo: 'Look for what delays the cable: a hub, a long or loose cable, another program on its port; use a shorter cable or another port.' },
  'e-stop': { reaction: 'safe', whatToDo: 'Make the line safe, release the E-stop, then press start.' },
  'jam': { reaction: 'safe', whatToDo: 'Clear the jam, then press start.' },
  'bin-full': { reaction: 'warn', whatToDo: 'Empty the bin; its items go to residue meanwhile.' },
  'board-safe': { reaction: 'safe', whatToDo: 'The board went to its safe state by itself: read the cause, mend it, then press start.' },
  'heartbeat-lost': { reaction: 'safe', whatToDo: 'The board missed the host: check the machine load and the cable, then press start.' },
  'ledger-failing': { reaction: 'warn', whatToDo: 'Free disk space; sorting goes on, records are kept in memory until they can be written.' },
  'mqtt-down': { reaction: 'warn', whatToDo: 'Check the broker and network; sorting goes on, events are published when it is back.' },
  'config-rejected': { reaction: 'warn', whatToDo: 'Correct the config file; the line keeps the last good one.' },
  'calibration-mismatch': { reaction: 'safe', whatToDo: 'Calibrate the camera for its frame size, or set the frame size the calibration was made for.' },
  'calibration-old': { reaction: 'warn', whatToDo: 'Sorting goes on. Verify the calibration with known items (`sortline calibrate verify`), and calibrate again where that fails.' },
  'colour-drift': { reaction: 'warn', whatToDo: 'Clean lens and lamps, check the lamps and the camera\'s exposure; then measure the colours again (`sortline calibrate colour`).' },
};

/** The set of active alarms, by code and subject (a bin, a device); raising twice is once. */
export class AlarmBoard {
  readonly #active = new Map<string, AlarmCode>();
  readonly #acknowledged = new Set<string>();
  readonly #clock: Clock;
  readonly #sink: LineSink;

  constructor(clock: Clock, sink: LineSink) {
    this.#clock = clock;
    this.#sink = sink;
  }

  /** True when it was not active before. */
  raise(alarm: AlarmCode, subject: string, message: string): boolean {
    const key = `${alarm}/${subject}`;
    if (this.#active.has(key)) return false;
    this.#active.set(key, alarm);
    this.#sink({ kind: 'alarm.raised', atNs: this.#clock.nowNs(), alarm, subject, message, whatToDo: ALARM_TABLE[alarm].whatToDo });
    return true;
  }

  clear(alarm: AlarmCode, subject: string): void {
    if (this.#active.delete(`${alarm}/${subject}`)) {
      this.#acknowledged.delete(`${alarm}/${subject}`);
      this.#sink({ kind: 'alarm.cleared', atNs: this.#clock.nowNs(), alarm, subject });
    }
  }

  /** Clears every subject of a code. */
  clearAll(alarm: AlarmCode): void {
    for (const [key, code] of [...this.#active]) if (code === alarm) this.clear(alarm, key.slice(alarm.length + 1));
  }

  /** Notes that a person has seen it, for one subject or all; true where an active alarm was not yet acknowledged. */
  acknowledge(alarm: AlarmCode, subject: string | undefined, by: string): boolean {
    let isNews = false;
    for (const [key, code] of this.#active) {
      const about = key.slice(code.length + 1);
      if (code !== alarm || (subject !== undefined && subject !== about) || this.#acknowledged.has(key)) continue;
      this.#acknowledged.add(key);
      this.#sink({ kind: 'alarm.acknowledged', atNs: this.#clock.nowNs(), alarm, subject: about, by });
      isNews = true;
    }
    return isNews;
  }

  /** Active alarms that forbid motion. */
  blocking(): AlarmCode[] {
    return [...new Set(this.#active.values())].filter((code) => ALARM_TABLE[code].reaction === 'safe');
  }
}
