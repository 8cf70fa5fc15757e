import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { withLock } from '../../scripts/setup/lock.js';
import { SetupProblem } from '../../scripts/setup/problem.js';
import { runCommand, stopRunningCommands } from '../../scripts/setup/run-command.js';
import { setUp } from '../../scripts/setup/set-up.js';
import type { Step } from '../../scripts/setup/set-up.js';
import { listening, scratchSite } from './scratch-site.ts';

/** A step that is done once it has run; `fails` makes it throw instead. */
function step(name: string, given: { needs?: string[]; fails?: () => Error | undefined; onRun?: () => void } = {}): Step & { runs: number } {
  const made = {
    name, title: `Step ${name}`, needs: given.needs ?? [], runs: 0, ready: false,
    isDone: () => made.ready,
    run: async () => {
      made.runs += 1;
      given.onRun?.();
      const error = given.fails?.();
      if (error !== undefined) throw error;
      made.ready = true;
      return 'noted';
    },
  };
  return made;
}

describe('set-up', () => {
  test('runs what is missing, says so, and the second time does and says nothing', async () => {
    using scratch = scratchSite();
    const steps = [step('a'), step('b')];
    const stream = listening();
    expect(await setUp(scratch.site, { stream, steps })).toBe(true);
    expect(stream.said()).toMatch(/Setting up: Step a, Step b.*\n {2}Step a \.\.\.\n✔ Step a · noted · [\d.]+ s\n[^]*Set up in/);
    const again = listening();
    expect(await setUp(scratch.site, { stream: again, steps })).toBe(true);
    expect(again.said()).toBe('');
    expect(steps.map(({ runs }) => runs)).toEqual([1, 1]);
  });

  test('names everything that failed, does what does not depend on it, and goes on there next time', async () => {
    using scratch = scratchSite();
    let isMended = false;
    const broken = step('a', { fails: () => (isMended ? undefined : new SetupProblem('no root', 'become root')) });
    const steps = [broken, step('b'), step('c', { needs: ['a'] }), step('d', { needs: ['c'] }), step('e', { fails: () => (isMended ? undefined : new Error('odd')) })];
    const stream = listening();
    expect(await setUp(scratch.site, { stream, steps })).toBe(false);
    expect(stream.said()).toContain('Set-up is incomplete:\n  Step a: no root\n    To mend it: become root\n  Step e: odd');
    expect(stream.said()).toContain('- Step d: waits for c');
    isMended = true;
    expect(await setUp(scratch.site, { stream: listening(), steps })).toBe(true);
    expect(steps.map(({ runs }) => runs)).toEqual([2, 1, 1, 1, 2]);
  });

  test('a step that claims success without having it is not believed', async () => {
    using scratch = scratchSite();
    const stream = listening();
    expect(await setUp(scratch.site, { stream, steps: [{ ...step('a'), isDone: () => false }] })).toBe(false);
    expect(stream.said()).toContain('still incomplete');
  });

  test('on a terminal there is one live line, which the result replaces', async () => {
    using scratch = scratchSite();
    const stream = { ...listening(), isTTY: true, columns: 40 };
    await setUp(scratch.site, { stream, steps: [step('a')] });
    expect(stream.said()).toMatch(/\r\x1b\[K {2}Step a · 0\.0 s\r\x1b\[K✔ Step a · noted · 0\.\d s\n/);
  });

  test('two at once: the second waits, says for whom, and finds everything done', async () => {
    using scratch = scratchSite();
    const shared = step('a');
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    const first = withLock(scratch.site, { onWait: () => undefined, work: async () => { await held; await shared.run(scratch.site, undefined as never); } });
    const stream = { write: (text: string) => { said += text; release(); }, isTTY: false };
    let said = '';
    expect(await setUp(scratch.site, { stream, steps: [shared] })).toBe(true);
    await first;
    expect(said).toBe(`Another set-up (process ${process.pid}) is at work in this folder; waiting for it.\n`);
    expect(shared.runs).toBe(1);
  });

  test.each([
    ['killed', '999999999 1'],
    ['killed, its process id given to another', `${process.pid} 1`],
    ['cut off while writing', ''],
  ])("a holder that was %s does not block the next one", async (_name, holder) => {
    using scratch = scratchSite();
    mkdirSync(scratch.site.own, { recursive: true });
    writeFileSync(join(scratch.site.own, 'setup.lock'), holder);
    const order: string[] = [];
    const work = (name: string) => async (): Promise<void> => {
      order.push(`${name} in`);
      await Promise.resolve();
      order.push(`${name} out`);
    };
    await withLock(scratch.site, { onWait: () => order.push('waited'), work: work('a') });
    expect(order).toEqual(['a in', 'a out']);
  });
});

describe('a command of a step', () => {
  test('its output goes line by line to the step and to the log, from both streams', async () => {
    using scratch = scratchSite();
    const lines: string[] = [];
    const outcome = await runCommand(scratch.site, 'sh', ['-c', 'echo one; echo two >&2; exit 3'], { onLine: (line) => lines.push(line) });
    expect(outcome).toMatchObject({ ok: false, code: 3 });
    expect(lines.toSorted()).toEqual(['one', 'two']);
    expect(readFileSync(join(scratch.site.own, 'setup.log'), 'utf8')).toMatch(/^\$ sh -c .*\n(one\ntwo|two\none)\n$/);
  });

  test('stopping it stops what it started as well', async () => {
    using scratch = scratchSite();
    const pids: number[] = [];
    const run = runCommand(scratch.site, 'sh', ['-c', 'sleep 600 & echo $!; wait'], {
      onLine: (line) => {
        pids.push(Number(line));
        stopRunningCommands('SIGTERM');
      },
    });
    // It resolves once every holder of its output is gone, the grandchild included.
    expect(await run).toMatchObject({ ok: false, code: 'SIGTERM' });
    expect(pids).toHaveLength(1);
  });

  test('one that does not exist is an outcome, not a crash', async () => {
    using scratch = scratchSite();
    expect(await runCommand(scratch.site, 'no-such-command', [])).toMatchObject({ ok: false, code: expect.stringContaining('ENOENT') });
  });
});
