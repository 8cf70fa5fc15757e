// From options to what a session needs: the address, and secrets read from their files once, at the start.
import { readFileSync } from 'node:fs';
import { reasonOf, SortlineError } from '../base/errors.ts';
import type { SessionSettings } from './broker-session.ts';
import type { MqttOptions } from './options.ts';

export type BrokerSettings = Omit<SessionSettings, 'will' | 'protocolVersion'>;

/** `url`: where the broker is, the embedded one's included. Throws CONFIG_UNREADABLE for a secret or certificate file. */
export function brokerSettings(options: MqttOptions, url: string, identity: { site: string; line: string }): BrokerSettings {
  const { username, clientId, qos, tls } = options;
  const file = (path: string | undefined, what: string): Buffer | undefined => (path === undefined ? undefined : readSecret(path, what));
  const ca = file(tls.caFile, 'the authority\'s certificate');
  const cert = file(tls.certFile, 'the line\'s certificate');
  const key = file(tls.keyFile, 'the certificate\'s key');
  return {
    url, username, password: passwordOf(options), qos, clientId: clientId ?? `sortline-${identity.site}-${identity.line}`,
    tls: { verify: tls.verify, ...(tls.serverName !== undefined && { serverName: tls.serverName }), ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }) },
  };
}

/** The password, from the option or its file's first line. Throws CONFIG_UNREADABLE. */
export function passwordOf({ password, passwordFile }: Pick<MqttOptions, 'password' | 'passwordFile'>): string | undefined {
  if (passwordFile === undefined) return password;
  return readSecret(passwordFile, 'the MQTT password').toString('utf8').split('\n', 1)[0]!.trim();
}

function readSecret(path: string, what: string): Buffer {
  try {
    return readFileSync(path);
  } catch (cause) {
    throw new SortlineError('CONFIG_UNREADABLE', `${what} in ${path} cannot be read: ${reasonOf(cause)}`, { context: { path }, cause });
  }
}
