// A line that publishes items until it is killed, or has published as many as were asked for and ends in order. Arguments:
// broker address, ledger file, run id, items, items a second. Says how many items it has made.
import { systemClock } from '../../src/base/clock.ts';
import { decided, recipeChanged, seen, settled } from '../ledger/events.ts';
import { createPublisher, stateEvent } from './publishers.ts';

const [url, ledgerPath, runId, itemText, rateText] = process.argv.slice(2);
const items = Number(itemText), itemsPerSecond = Number(rateText);
/** From decision to outcome; an item that is killed in between is lost, and told so by the next run. */
const ON_BELT_MS = 200;

const line = createPublisher({ url: url!, ledgerPath: ledgerPath!, runId: runId!, flushes: false });
line.start();
for (const event of [recipeChanged(), stateEvent('running')]) line.handle(event);
const startedNs = systemClock.nowNs();
let made = 0, ended = 0;
const timer = systemClock.every(5, () => {
  const due = Math.min(items, Math.floor(((systemClock.nowNs() - startedNs) / 1e9) * itemsPerSecond));
  while (made < due) {
    const itemId = `${runId}-${String(++made).padStart(6, '0')}`;
    for (const event of [seen(itemId), decided(itemId)]) line.handle({ ...event, atNs: systemClock.nowNs() });
    systemClock.after(ON_BELT_MS, () => {
      line.handle({ ...settled(itemId), atNs: systemClock.nowNs() });
      if (++ended % 50 === 0 || ended === items) process.stdout.write(`${ended}\n`);
      if (ended === items) timer.cancel();
    });
  }
});
process.on('SIGTERM', () => void line.stop().then(() => process.exit(0)));
