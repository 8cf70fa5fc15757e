// Tells systemd that the service is up, alive and stopping (sd_notify(3)). The notification socket takes datagrams, which Node's
// sockets cannot send to a path, so systemd's own `systemd-notify` does: a short process each time, every few seconds, which
// is why the unit needs NotifyAccess=all. Without NOTIFY_SOCKET nothing is done.
import { spawn } from 'node:child_process';
import type { Clock, Timer } from '../base/clock.ts';
import type { Logger } from '../base/logger.ts';

export interface SystemdNoticeDeps {
  readonly clock: Clock;
  readonly log: Logger;
  readonly environment: NodeJS.ProcessEnv;
  /** Runs `systemd-notify` with arguments; resolves with its exit code. */
  readonly notify?: (args: readonly string[]) => Promise<number>;
}

/** systemd suggests half of the watchdog's time; a third leaves room for a busy machine. */
const PINGS_PER_PERIOD = 3;
const GIVE_UP_MS = 5000;

export class SystemdNotice {
  readonly #deps: SystemdNoticeDeps;
  readonly #log: Logger;
  readonly #isManaged: boolean;
  #pings: Timer | undefined;
  #isTelling = false;
  #hasFailed = false;

  constructor(deps: SystemdNoticeDeps) {
    this.#deps = deps;
    this.#log = deps.log.child({ room: 'app' });
    this.#isManaged = (deps.environment['NOTIFY_SOCKET'] ?? '') !== '';
  }

  /** The service is up: its ports are open and the line is coming up by itself. From now on it says that it is alive. */
  ready(status: string): void {
    if (!this.#isManaged) return;
    void this.#tell(['--ready', `--status=${status}`]);
    const watchdogUs = Number(this.#deps.environment['WATCHDOG_USEC']);
    if (!(watchdogUs > 0)) return;
    // A timer of the event loop that sorts: where that hangs, nothing is said, and systemd restarts the service.
    this.#pings = this.#deps.clock.every(watchdogUs / 1000 / PINGS_PER_PERIOD, () => void this.#tell(['WATCHDOG=1']));
  }

  /** The orderly end has begun; nothing further is said. */
  async stopping(): Promise<void> {
    this.#pings?.cancel();
    if (this.#isManaged) await this.#tell(['STOPPING=1']);
  }

  async #tell(args: readonly string[]): Promise<void> {
    // One at a time: a process that hangs must not become many.
    if (this.#isTelling) return;
    this.#isTelling = true;
    const code = await (this.#deps.notify ?? systemdNotify)(args).catch((error: unknown) => error);
    this.#isTelling = false;
    if (code === 0) this.#hasFailed = false;
    else if (!this.#hasFailed) {
      this.#hasFailed = true;
      this.#log.warn({ args }, `systemd was not told ${args.join(' ')}: systemd-notify ended with ${code instanceof Error ? code.message : String(code)}; where the unit has a watchdog, systemd will restart the service`);
    }
  }
}

function systemdNotify(args: readonly string[]): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn('systemd-notify', args, { stdio: 'ignore', timeout: GIVE_UP_MS });
    child.once('error', reject);
    child.once('exit', (code) => resolve(code ?? -1));
  });
}
