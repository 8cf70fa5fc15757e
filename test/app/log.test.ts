import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { createLogOn, prettyStream } from '../../src/app/log.ts';

function linesOf(use: (log: ReturnType<typeof createLogOn>) => void, level: 'debug' | 'info' = 'info'): Record<string, unknown>[] {
  const lines: string[] = [];
  use(createLogOn({ write: (line) => void lines.push(line) }, level));
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
}

describe('the log', () => {
  it('is one JSON line per call, with the room of the child', () => {
    const [line] = linesOf((log) => log.child({ room: 'link' }).warn({ port: 1 }, 'gone'));
    expect(line).toEqual({ level: 'warn', time: expect.stringMatching(/^\d{4}-.*Z$/) as unknown, room: 'link', port: 1, msg: 'gone' });
  });

  it.each(['info', 'debug'] as const)('is a line per call for people, at level %s', async (level) => {
    const terminal = new PassThrough(), written: string[] = [];
    terminal.on('data', (text: Buffer) => void written.push(text.toString()));
    const log = createLogOn(prettyStream(terminal, { colours: false, level }), level);
    log.info('line starting');
    log.child({ room: 'link' }).warn({ port: 1, cause: { code: 2 } }, 'gone');
    await expect.poll(() => written.join('')).toMatch(/gone/);
    const lines = written.join('').trimEnd().split('\n');
    expect(lines.map((line) => line.replace(/^\[[\d:.]+\] /, ''))).toEqual(['INFO: line starting', level === 'info' ? 'WARN: gone' : expect.stringMatching(/^WARN: gone .*"code":2/)]);
    expect(written.join('').endsWith('\n')).toBe(true);
  });

  it('leaves out what is below its level', () => {
    expect(linesOf((log) => log.debug('quiet'))).toEqual([]);
    expect(linesOf((log) => log.debug('loud'), 'debug')).toHaveLength(1);
  });

  it('blanks secrets wherever they are logged', () => {
    const text = JSON.stringify(linesOf((log) => {
      log.info({ password: 'hunter2', mqtt: { password: 'hunter2', url: 'mqtt://me:hunter2@broker:1883' }, deep: { deeper: { token: 'hunter2' } } }, 'connecting to rtsp://me:hunter2@camera/1');
      log.child({ options: { password: 'hunter2' } }).info('child');
    }));
    expect(text).not.toContain('hunter2');
    expect(text).toContain('[hidden]@broker:1883');
  });
});
