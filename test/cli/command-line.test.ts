import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createProgram } from '../../src/cli/program.ts';
import { ChampionStore } from '../classify/champion-store.ts';
import { sortline } from './command-line.ts';
import { sortlineHere } from './in-process.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'sortline-cli-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

describe('help', () => {
  it('names every command, with an example for each', async () => {
    for (const command of (await createProgram()).commands) {
      let text = '';
      command.configureOutput({ writeOut: (part) => { text += part; } });
      command.outputHelp();
      expect(text, command.name()).toMatch(new RegExp(`Examples?:\\n  \\$ (npx )?sortline ${command.name()}`));
      expect(command.summary(), command.name()).not.toBe('');
    }
  });

  it('needs of a command only that one, under the name it is asked for by', async () => {
    for (const command of (await createProgram()).commands) {
      expect((await createProgram(command.name())).commands.map((only) => only.name())).toEqual([command.name()]);
    }
  });

  it.each([[['--help']], [['run', '--help']], [['help', 'check']], [['--version']]])('%j exits with 0 and writes to stdout', async (argv) => {
    const { exitCode, stdout, stderr } = await (argv[0] === '--help' ? sortline : sortlineHere)(argv);
    expect([exitCode, stderr]).toEqual([0, '']);
    expect(stdout).not.toBe('');
  });
});

describe('wrong usage exits with 2 and says what is allowed', () => {
  it.each<[string[], RegExp]>([
    [[], /Usage: sortline/],
    [['rum'], /^error USAGE: unknown command 'rum'\n\(Did you mean run\?\)/],
    [['check', '--josn'], /^error USAGE: unknown option '--josn'\n\(Did you mean --json\?\)\nSee `sortline check --help`\./],
    [['demo', '--seed', 'x'], /^error USAGE: option '--seed <n>' argument 'x' is invalid\. Found 'x'; allowed is a whole number from 0 to 4294967295\./],
    [['demo', '--web-port', '70000'], /allowed is a whole number from 0 to 65535/],
    [['run', '-c'], /^error USAGE: option '-c, --config <file>' argument missing/],
    [['run', 'extra'], /^error USAGE: too many arguments/],
    [['simulate', '--hours', '2'], /^error USAGE: --hours goes with --scenario only/],
    [['simulate', '--no-shrink', '--items', '5'], /^error USAGE: --no-shrink goes with --scenario only/],
    [['simulate', '--scenario', 'full', '--items', '5'], /^error USAGE: --items does not go with --scenario/],
  ])('%j', async (argv, expected) => {
    const { exitCode, stdout, stderr } = await (argv[0] === 'rum' ? sortline : sortlineHere)(argv);
    expect([exitCode, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(expected);
  });
});

describe('a refusal exits with 1, says its code and reason, and shows no stack', () => {
  it('no config file', async () => {
    const { exitCode, stderr } = await sortline(['run', '-c', join(folder, 'none.yaml')]);
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/^error CONFIG_UNREADABLE: .*none\.yaml: the file cannot be read: ENOENT[^\n]*\n$/);
  });

  it('a config with problems: all of them', async () => {
    const { exitCode, stderr } = await sortlineHere(['run', '-c', file('two.yaml', 'web: { prot: 1 }\nlog: { level: loud }\n')]);
    expect(exitCode).toBe(1);
    expect(stderr.split('\n').map((line) => line.replace(/^.*two\.yaml/, 'two.yaml').split(': ')[0])).toEqual([
      'two.yaml:1:8 CONFIG_UNKNOWN_KEY web.prot', 'two.yaml:2:15 CONFIG_NOT_ALLOWED log.level', 'two.yaml has 2 problems, named above', '',
    ]);
    expect(stderr).toContain('error CONFIG_INVALID:');
  });

  it('with the stack when debugging', async () => {
    const { stderr } = await sortlineHere(['--debug', 'run', '-c', join(folder, 'none.yaml')]);
    expect(stderr).toMatch(/\n {4}at /);
  });
});

describe('check', () => {
  it('prints every problem as one JSON document on stdout and exits with 1', async () => {
    const path = file('bad.yaml', 'recipe:\n  bins: { metal: mettal }\nweb: { prot: 1 }\n');
    const { exitCode, stdout } = await sortline(['check', '-c', path, '--json']);
    expect(exitCode).toBe(1);
    expect(JSON.parse(stdout)).toEqual({
      ok: false,
      problems: [
        { file: path, line: 2, column: 18, path: 'recipe.bins.metal', code: 'CONFIG_INCONSISTENT', message: 'found the bin `mettal`; allowed are the ids under `bins`: `cardboard`, `glass`, `metal`, `paper`, `plastic`, `residue`; did you mean `metal`?' },
        { file: path, line: 3, column: 8, path: 'web.prot', code: 'CONFIG_UNKNOWN_KEY', message: 'found the unknown key `prot`; allowed here are `enabled`, `host`, `port`, `users`, `sessionHours`, `proxy`, `tls`, `metricsTokenFile`, `maxViewers`, `shifts`, `labels`; did you mean `port`?' },
      ],
    });
  });

  it('says that a good file is good', async () => {
    const path = file('good.yaml', '{}\n');
    expect(await sortlineHere(['check', '-c', path, '--no-open'])).toEqual({ exitCode: 0, stdout: `${path} is good\n`, stderr: '' });
    expect(await sortlineHere(['check', '-c', path, '--no-open', '--json'])).toEqual({ exitCode: 0, stdout: '{"ok":true,"problems":[]}\n', stderr: '' });
  });

  it('opens the parts and names each that is wrong where the file names it', async () => {
    const path = file('parts.yaml', 'classifier:\n  model: no-such-model\nlink:\n  connection: { kind: serial, path: /dev/no-such-port }\ncalibration:\n  file: none.yaml\ncamera:\n  source: { kind: image-folder, path: nowhere }\n');
    const { exitCode, stdout } = await sortlineHere(['check', '-c', path, '--json']);
    expect(exitCode).toBe(1);
    const { problems } = JSON.parse(stdout) as { problems: { line: number; path: string; code: string; message: string }[] };
    expect(problems.filter(({ code }) => /^(MODEL|LINK|CALIB|CAMERA)/.test(code)).map(({ line, path: where, code }) => [line, where, code])).toEqual([
      [2, 'classifier.model', 'MODEL_UNREADABLE'], [6, 'calibration.file', 'CALIB_UNREADABLE'], [8, 'camera.source', 'CAMERA_OPEN_FAILED'], [4, 'link.connection', 'LINK_OPEN_FAILED'],
    ]);
    expect(problems.find(({ code }) => code === 'LINK_OPEN_FAILED')!.message).toContain('/dev/no-such-port');
  });
});

describe('check of `model: champion`', () => {
  it('says which one that is', async () => {
    const store = new ChampionStore();
    store.promote();
    const { exitCode, stdout } = await sortlineHere(['check', '-c', file('champion.yaml', `classifier: { model: champion, store: ${store.folder} }\n`)]);
    expect([exitCode, stdout]).toEqual([0, expect.stringMatching(/^ok {4}model {8}champion tiny:v1: tiny-v1 on cpu, warm in \d+ ms$/m)]);
  });

  it('is a problem where it cannot be used, and names what would run instead', async () => {
    const store = new ChampionStore();
    store.promote();
    store.promote({ bytes: new Uint8Array(100) });
    const { exitCode, stdout } = await sortlineHere(['check', '--json', '-c', file('broken-champion.yaml', `classifier:\n  store: ${store.folder}\n  model: champion\n`)]);
    expect(exitCode).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({ ok: false, problems: [{ line: 3, path: 'classifier.model', code: 'MODEL_HASH_MISMATCH', message: expect.stringMatching(/^tiny:v2 cannot be used: .*; the line would run tiny-v1 instead$/) }] });
  });
});

describe('config', () => {
  it('prints what a file comes to, secrets hidden', async () => {
    const { exitCode, stdout } = await sortlineHere(['config', '-c', file('some.yaml', 'web: { port: 81 }\n'), '--json']);
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ web: { port: 81, host: '127.0.0.1' }, line: { start: 'auto' } });
  });

  it('prints YAML that is a config again', async () => {
    const { stdout } = await sortline(['config']);
    expect((await sortlineHere(['check', '--no-open', '-c', file('again.yaml', stdout)])).exitCode).toBe(0);
  });
});
