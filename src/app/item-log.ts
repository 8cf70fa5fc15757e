// The log a person follows: one line per settled item, and one per change of state, alarm, bin, recipe and model. The same facts
// are fields for machines where the log is JSON.
import type { Logger } from '../base/logger.ts';
import type { LineEvent, LineSink } from '../domain/line-event.ts';
import type { ModelInUse } from '../domain/model-in-use.ts';

export function createItemLog(logger: Logger): LineSink {
  const log = logger.child({ room: 'line' });
  return (event) => {
    switch (event.kind) {
      case 'item.settled': {
        const { itemId, material, confidence, bin, outcome, cause, countError } = event;
        log.info({ itemId, material, confidence, bin, outcome, cause, countError }, itemLine(event));
        return;
      }
      case 'line.state':
        log.info({ state: event.state, reason: event.reason, by: event.by }, `line ${event.state}: ${event.reason}${event.by === 'line' ? '' : ` (by ${event.by})`}`);
        return;
      case 'alarm.raised':
        log.warn({ alarm: event.alarm, subject: event.subject }, `ALARM ${event.alarm} (${event.subject}): ${event.message.replace(/\.?$/, '.')} What to do: ${event.whatToDo}`);
        return;
      case 'alarm.cleared':
        log.info({ alarm: event.alarm, subject: event.subject }, `alarm ${event.alarm} (${event.subject}) cleared`);
        return;
      case 'bin.state':
        log.debug({ bin: event.bin, full: event.full, enabled: event.enabled }, `bin ${event.bin}: ${event.enabled ? 'enabled' : 'disabled'}${event.full ? ', full' : ''}`);
        return;
      case 'recipe.changed':
        log.info({ recipe: event.recipe.name, by: event.by }, `recipe ${event.recipe.name} in force (by ${event.by})`);
        return;
      case 'model.in-use':
        log.info({ ...event.model }, modelLine(event.model));
        return;
      default:
    }
  };
}

/** `000042  metal      97 %  -> metal      sorted` with the cause where it is not plain. */
export function itemLine(event: Extract<LineEvent, { kind: 'item.settled' }>): string {
  const number = event.itemId.slice(event.itemId.lastIndexOf('-') + 1);
  const material = (event.material ?? 'unknown').padEnd(9);
  const confidence = event.confidence === undefined ? '   - ' : `${String(Math.round(event.confidence * 100)).padStart(3)} %`;
  const cause = event.cause === 'fired' ? '' : ` (${event.cause})`;
  return `item ${number}  ${material} ${confidence}  -> ${event.bin.padEnd(9)} ${event.outcome}${cause}`;
}

function modelLine({ model, provider, unavailable, warmUpMs, insteadOf }: ModelInUse): string {
  const without = unavailable.map((each) => `; ${each.provider} could not be loaded: ${each.reason}`).join('');
  return `model ${model} runs on ${provider}${insteadOf === undefined ? '' : ` in place of ${insteadOf}`}, warm in ${Math.round(warmUpMs)} ms${without}`;
}
