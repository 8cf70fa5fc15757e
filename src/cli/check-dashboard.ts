// Whether the dashboard could be opened: its users, token and certificate are read, its port is not taken.
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { createSecureContext } from 'node:tls';
import { systemClock } from '../base/clock.ts';
import { reasonOf, SortlineError } from '../base/errors.ts';
import { silentLogger } from '../base/logger.ts';
import type { Config } from '../config/schema.ts';
import { Access } from '../web/access.ts';
import { portRefusal } from '../web/port-refusal.ts';

/** What it would be. Throws WEB_LOGIN_MISSING, WEB_USERS_INVALID, WEB_FILE_UNREADABLE and WEB_PORT_IN_USE. */
export async function checkDashboard({ web }: Config): Promise<string> {
  if (!web.enabled) return 'switched off';
  const access = new Access({ options: web, clock: systemClock, log: silentLogger });
  const login = access.hasLogin ? 'people log in' : web.proxy !== undefined ? `people are named by the proxy (${web.proxy.header})` : 'no login, this machine only';
  const address = `http${web.tls === undefined ? '' : 's'}://${web.host}:${web.port}`;
  await mustBeFree(web);
  return `${address}, ${login}${web.tls === undefined ? '' : `, ${certificateText(web.tls)}`}`;
}

/** Listens for a moment, and to nobody. */
async function mustBeFree({ host, port }: Config['web']): Promise<void> {
  const server = createServer();
  try {
    server.listen(port, host);
    await once(server, 'listening');
  } catch (cause) {
    throw portRefusal(cause as NodeJS.ErrnoException, { host, port });
  } finally {
    server.close();
  }
}

function certificateText({ certFile, keyFile }: { certFile: string; keyFile: string }): string {
  try {
    const cert = readFileSync(certFile);
    createSecureContext({ cert, key: readFileSync(keyFile) });
    return `certificate valid to ${new Date(new X509Certificate(cert).validTo).toISOString().slice(0, 10)}`;
  } catch (cause) {
    throw new SortlineError('WEB_FILE_UNREADABLE', `the certificate ${certFile} and key ${keyFile} (web.tls) cannot be used: ${reasonOf(cause)}`, { context: { certFile, keyFile }, cause });
  }
}
