// What held when a recording began: the last word on state, recipe, bins, model, alarms, board and its sensors. Each file repeats it, so that a
// part, or a piece cut out, can be read and replayed alone. The entries keep the times of what they tell.
import type { LineEvent } from '../domain/line-event.ts';
import type { LinkEvent } from '../link/link.ts';
import type { RecordEntry } from './record-entry.ts';

export class OpeningState {
  readonly #lastByKey = new Map<string, RecordEntry>();

  /** Takes note of an entry, where it says what holds from now on. */
  observe(entry: RecordEntry): void {
    if (entry.kind === 'event' && entry.event.kind === 'alarm.cleared') {
      this.#lastByKey.delete(alarmKey(entry.event));
      return;
    }
    const key = entry.kind === 'event' ? keyOfEvent(entry.event) : entry.kind === 'board' ? keyOfBoard(entry.event) : undefined;
    if (key === undefined) return;
    // Anew at the end, so that the order is that of the last words.
    this.#lastByKey.delete(key);
    this.#lastByKey.set(key, entry);
  }

  /** In the order in which they were told. */
  entries(): RecordEntry[] {
    return [...this.#lastByKey.values()];
  }
}

function keyOfEvent(event: LineEvent): string | undefined {
  switch (event.kind) {
    case 'line.state':
    case 'recipe.changed':
    case 'model.in-use': return event.kind;
    case 'bin.state': return `bin/${event.bin}`;
    case 'alarm.raised': return alarmKey(event);
    default: return undefined;
  }
}

function alarmKey({ alarm, subject }: { readonly alarm: string; readonly subject: string }): string {
  return `alarm/${alarm}/${subject}`;
}

function keyOfBoard(event: LinkEvent): string | undefined {
  switch (event.kind) {
    case 'link.up':
    case 'link.down':
    case 'link.refused': return 'link';
    case 'board.state': return event.kind;
    case 'board.sensor': return event.event.sensor === 'bin-full' ? `sensor/bin-full/${event.event.output}` : `sensor/${event.event.sensor}`;
    default: return undefined;
  }
}
