// What systemd is told: with its own systemd-notify and a real notification socket where this machine has them, in virtual time else.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { SystemdNotice } from '../../src/app/systemd-notice.ts';
import { systemClock } from '../../src/base/clock.ts';
import { silentLogger } from '../../src/base/logger.ts';
import type { Logger } from '../../src/base/logger.ts';
import { ManualClock } from '../../src/base/manual-clock.ts';

const has = (program: string): boolean => spawnSync('which', [program]).status === 0;
const root = new URL('../../', import.meta.url);

describe('systemd', () => {
  test('is told ready once, then alive three times a watchdog period, and stopping', async () => {
    const clock = new ManualClock();
    const told: string[] = [];
    const manager = new SystemdNotice({ clock, log: silentLogger, environment: { NOTIFY_SOCKET: '/run/x', WATCHDOG_USEC: '30000000' }, notify: (args) => Promise.resolve(told.push(args.join(' ')) * 0) });
    manager.ready('line-1');
    await clock.advanceMs(30_500);
    await manager.stopping();
    await clock.advanceMs(60_000);
    expect(told).toEqual(['--ready --status=line-1', 'WATCHDOG=1', 'WATCHDOG=1', 'WATCHDOG=1', 'STOPPING=1']);
  });

  test('is not there: nothing is said', async () => {
    const clock = new ManualClock();
    const manager = new SystemdNotice({ clock, log: silentLogger, environment: { WATCHDOG_USEC: '30000000' }, notify: () => Promise.reject(new Error('must not be called')) });
    manager.ready('line-1');
    await clock.advanceMs(60_000);
    await manager.stopping();
  });

  test('cannot be told: it is said once, and tried again', async () => {
    const clock = new ManualClock();
    const warnings: string[] = [];
    const log: Logger = { ...silentLogger, warn: (_: unknown, message?: string) => void warnings.push(message ?? ''), child: () => log };
    let tries = 0;
    const manager = new SystemdNotice({ clock, log, environment: { NOTIFY_SOCKET: '/run/x', WATCHDOG_USEC: '3000000' }, notify: () => Promise.reject(new Error(`no such file, try ${++tries}`)) });
    manager.ready('line-1');
    await clock.advanceMs(10_000);
    expect(tries).toBeGreaterThan(5);
    expect(warnings).toEqual([expect.stringContaining('no such file, try 1')]);
  });

  test.skipIf(!has('systemd-notify') || !has('socat'))('hears it through its own tool', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'sortline-notify-'));
    const socket = join(folder, 'notify');
    const receiver = spawn('socat', ['-u', `UNIX-RECV:${socket}`, `CREATE:${join(folder, 'heard')}`], { stdio: 'ignore' });
    onTestFinished(() => {
      receiver.kill();
      rmSync(folder, { recursive: true, force: true });
      delete process.env['NOTIFY_SOCKET'];
    });
    await expect.poll(() => existsSync(socket)).toBe(true);
    process.env['NOTIFY_SOCKET'] = socket;
    const manager = new SystemdNotice({ clock: systemClock, log: silentLogger, environment: process.env });
    manager.ready('line-1 at north');
    const heard = (): string => readFileSync(join(folder, 'heard'), 'utf8');
    await expect.poll(heard).toContain('READY=1\nSTATUS=line-1 at north');
    // systemd-notify waits until its message was worked off, which this receiver never says: the next message is another's.
    void new SystemdNotice({ clock: systemClock, log: silentLogger, environment: process.env }).stopping();
    await expect.poll(heard).toContain('STOPPING=1');
  });
});

describe('the unit', () => {
  const unit = readFileSync(new URL('packaging/systemd/sortline.service', root), 'utf8');

  test('waits for the notification, and has a watchdog that the service can feed', () => {
    for (const line of ['Type=notify', 'NotifyAccess=all', 'WatchdogSec=30', 'Restart=on-failure']) expect(unit.split('\n')).toContain(line);
  });

  test.skipIf(!has('systemd-analyze'))('is one that systemd understands', () => {
    const folder = mkdtempSync(join(tmpdir(), 'sortline-unit-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const { stdout, stderr } = spawnSync('systemd-analyze', ['verify', '--man=no', new URL('packaging/systemd/sortline.service', root).pathname], { encoding: 'utf8' });
    // That the program is not installed under /opt here is all it may mind.
    expect(`${stdout}${stderr}`.split('\n').filter((line) => line.includes('sortline.service') && !line.includes('is not executable'))).toEqual([]);
  });
});
