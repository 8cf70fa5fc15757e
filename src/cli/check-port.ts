// Opens the board's cable, waits for its hello and configuration, and closes it again. The board is never armed.
import { outputsOf } from '../app/outputs.ts';
import { systemClock } from '../base/clock.ts';
import { SortlineError } from '../base/errors.ts';
import { silentLogger } from '../base/logger.ts';
import { createRandom } from '../base/random.ts';
import type { Config } from '../config/schema.ts';
import { createLink } from '../link/host-link.ts';
import type { LinkEvent } from '../link/link.ts';
import { createSerialTransport } from '../link/serial-transport.ts';
import { createTcpTransport } from '../link/tcp-transport.ts';
import type { Transport } from '../link/transport.ts';

/** Beyond the link's own patience for a hello. */
const EXTRA_WAIT_MS = 1000;

/** What answered. Throws LINK_OPEN_FAILED, LINK_VERSION, LINK_OUTPUTS or LINK_PROTOCOL. */
export async function checkPort(config: Config): Promise<string> {
  const { connection, timing } = config.link;
  if (connection.kind === 'twin') return `simulated board over ${connection.via}, nothing to open`;
  const transport: Transport = connection.kind === 'serial' ? createSerialTransport(connection) : createTcpTransport({ ...connection, clock: systemClock });
  const event = await firstWord(config, transport, timing.helloTimeoutMs + EXTRA_WAIT_MS);
  if (event?.kind === 'link.up') {
    const { firmware, protocolVersion, outputCount } = event.hello;
    return `${transport.description}: firmware ${firmware}, protocol version ${protocolVersion}, ${outputCount} outputs`;
  }
  if (event?.kind === 'link.refused') throw new SortlineError(event.code, event.message);
  // The transport's own reasons name the device already.
  if (event?.kind === 'link.down') throw new SortlineError('LINK_OPEN_FAILED', event.reason);
  const reason = `no hello within ${timing.helloTimeoutMs} ms: check that this is the controller board and that its baud rate is the configured one`;
  throw new SortlineError('LINK_OPEN_FAILED', `${transport.description}: ${reason}`);
}

/** The first event that settles the question; undefined when none came in time. */
async function firstWord(config: Config, transport: Transport, timeoutMs: number): Promise<LinkEvent | undefined> {
  const { promise, resolve } = Promise.withResolvers<LinkEvent | undefined>();
  const link = createLink({
    clock: systemClock, log: silentLogger, random: createRandom(1), transport, options: config.link.timing,
    outputs: outputsOf(config.actuators),
    sink: (event) => {
      if (event.kind === 'link.up' || event.kind === 'link.refused' || event.kind === 'link.down') resolve(event);
    },
  });
  const timer = systemClock.after(timeoutMs, () => resolve(undefined));
  link.start();
  const event = await promise;
  timer.cancel();
  await link.stop();
  return event;
}
