// A service with a pseudo-terminal pair that waits to be killed: run by cables.test.ts.
import { systemClock } from '../../src/base/clock.ts';
import { createPtyCable } from '../../src/sim/pty-cable.ts';

const cable = createPtyCable({ clock: systemClock });
await cable.plug();
process.stdout.write(`${cable.hostPath}\n`);
systemClock.every(1000, () => undefined);
