// The only import of aedes: a broker inside the service, for lines without one of their own. MQTT 3.1.1, in memory, by
// default for this computer only.
import { createHash, timingSafeEqual } from 'node:crypto';
import { createServer } from 'node:net';
import type { Server } from 'node:net';
import { Aedes } from 'aedes';
import { reasonOf, SortlineError } from '../base/errors.ts';
import type { Logger } from '../base/logger.ts';

export interface EmbeddedBroker {
  /** mqtt://host:port */
  readonly url: string;
  readonly port: number;
  close(): Promise<void>;
}

export interface EmbeddedBrokerOptions {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** Asked of every client where set. */
  readonly credentials?: { readonly username: string; readonly password: string } | undefined;
  readonly log: Logger;
}

/** A client that does not read is cut off after this long, so that it cannot hold up the others. */
const DRAIN_TIMEOUT_MS = 10_000;
const CONNECT_TIMEOUT_MS = 10_000;

/** Listens. MQTT_PORT_IN_USE where another program has the port, MQTT_UNAVAILABLE where it cannot listen for another reason. */
export async function openEmbeddedBroker(options: EmbeddedBrokerOptions): Promise<EmbeddedBroker> {
  const broker = await Aedes.createBroker({ drainTimeout: DRAIN_TIMEOUT_MS, connectTimeout: CONNECT_TIMEOUT_MS });
  const { credentials, log, host } = options;
  if (credentials !== undefined) {
    broker.authenticate = (_client, username, password, done) =>
      done(null, equals(username ?? '', credentials.username) && equals(password?.toString() ?? '', credentials.password));
  }
  for (const event of ['clientError', 'connectionError'] as const) {
    broker.on(event, (client, error) => log.debug({ client: client.id, reason: error.message }, `MQTT client ${client.id}: ${error.message}`));
  }
  const server = createServer((socket) => void broker.handle(socket));
  try {
    await listen(server, options);
  } catch (error) {
    await closeBroker(broker);
    throw listenFailure(options, error);
  }
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : options.port;
  return {
    url: `mqtt://${host.includes(':') ? `[${host}]` : host}:${port}`, port,
    close: async () => {
      const stopped = new Promise<void>((resolve) => void server.close(() => resolve()));
      await closeBroker(broker);
      await stopped;
    },
  };
}

function listen(server: Server, { host, port }: EmbeddedBrokerOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

function listenFailure({ host, port }: EmbeddedBrokerOptions, error: unknown): SortlineError {
  const isBusy = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';
  if (isBusy) {
    return new SortlineError('MQTT_PORT_IN_USE',
      `port ${port} on ${host} is taken by another program, so the embedded MQTT broker cannot listen there. If that program is a broker, set \`mqtt.url: mqtt://${host}:${port}\` to use it; else set \`mqtt.embedded.port\` to a free port, or to 0 for any.`,
      { context: { host, port }, cause: error });
  }
  return new SortlineError('MQTT_UNAVAILABLE', `the embedded MQTT broker cannot listen on ${host}:${port}: ${reasonOf(error)}. Set \`mqtt.embedded.host\` and \`mqtt.embedded.port\` to an address of this computer.`, { context: { host, port }, cause: error });
}

function closeBroker(broker: Aedes): Promise<void> {
  return new Promise((resolve) => broker.close(() => resolve()));
}

/** In constant time, whatever the lengths. */
function equals(given: string, expected: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(expected));
}
