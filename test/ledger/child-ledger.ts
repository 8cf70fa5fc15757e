// A line that fills a ledger until it is killed; argument: the file. Says so once it has written a few times.
import { systemClock } from '../../src/base/clock.ts';
import { silentLogger } from '../../src/base/logger.ts';
import { openLedger } from '../../src/ledger/ledger.ts';
import { ledgerOptions } from '../../src/ledger/options.ts';
import { seen, wholeLife } from './events.ts';

const ledger = openLedger({
  clock: systemClock, log: silentLogger, options: { ...ledgerOptions.parse(undefined), path: process.argv[2]! }, run: { runId: 'killed', line: 'demo' },
});
let count = 0, writes = 0, pending = 0;
setInterval(() => {
  if (ledger.pendingEvents < pending && ++writes === 5) process.stdout.write('filled\n');
  // Whole items and one that stays open.
  for (let index = 0; index < 5; index++) for (const event of wholeLife(`killed-${count++}`)) ledger.handle(event);
  ledger.handle(seen(`killed-open-${count}`));
  pending = ledger.pendingEvents;
}, 1);
