// The outage of outbox-outage.test.ts in real time; a command, not a test: `node test/e2e/outage-minutes.ts [minutes] [items a second]`.
import { runOutage } from './outage.ts';

const [minutes = 12.5, itemsPerSecond = 10] = process.argv.slice(2).map(Number);
// The broker is down for eight tenths of the time.
const report = await runOutage({ items: Math.round(minutes * 60 * itemsPerSecond), itemsPerSecond });
process.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
process.exitCode = report.problems.length === 0 ? 0 : 1;
