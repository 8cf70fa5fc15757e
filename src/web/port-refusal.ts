// Why the dashboard cannot listen where it should, said alike by the service and by `sortline check`.
import { SortlineError } from '../base/errors.ts';

/** WEB_PORT_IN_USE, from the system's error. */
export function portRefusal(cause: NodeJS.ErrnoException, { host, port }: { readonly host: string; readonly port: number }): SortlineError {
  return new SortlineError('WEB_PORT_IN_USE',
    cause.code === 'EADDRINUSE'
      ? `the dashboard cannot listen on ${host}:${port}: another program uses the port; stop it, set web.port to a free one, or web.enabled to false`
      : `the dashboard cannot listen on ${host}:${port}: ${cause.message}; set web.host and web.port to an address of this machine`,
    { context: { host, port }, cause });
}
