// Who may give the line an order: a page that this server sent, and programs that are no browser. A page of another site open
// in the operator's browser must not get through.
import type { IncomingHttpHeaders } from 'node:http';

/** Why the order is refused; undefined when it may pass. */
export function refusalOf(headers: IncomingHttpHeaders): string | undefined {
  // Only this type makes a foreign page ask first (CORS preflight), which is never granted.
  if (headers['content-type']?.split(';', 1)[0]?.trim().toLowerCase() !== 'application/json') return 'an order needs the header content-type: application/json';
  const host = headers.host;
  if (host === undefined || !URL.canParse(`http://${host}`)) return 'the request names no host';
  const { origin } = headers;
  if (origin !== undefined && (!URL.canParse(origin) || new URL(origin).host !== host)) return `orders are taken from the dashboard itself, not from ${origin.slice(0, 200)}`;
  return undefined;
}

/**
 * Why a request to a server without login is refused; undefined when it may pass. A foreign name that was made to point here (DNS
 * rebinding) is same-origin to the browser, so the name itself is looked at.
 */
export function foreignNameOf({ host }: IncomingHttpHeaders, listensOn: string): string | undefined {
  if (host === undefined || !URL.canParse(`http://${host}`)) return 'the request names no host';
  return isLoopback(new URL(`http://${host}`).hostname) ? undefined : `this server is ${listensOn}, not ${host.slice(0, 200)}`;
}

/** Whether a host name or address means this machine alone. */
export function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '::1' || hostname === '[::1]' || /^127(\.\d{1,3}){3}$/.test(hostname);
}
