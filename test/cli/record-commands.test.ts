// `sortline recording` and `sortline replay` as a person types them: what they print, and their exit codes.
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { writeVirtualRecording } from '../record/virtual-recording.ts';
import type { Ran } from './command-line.ts';
import { sortlineHere } from './in-process.ts';

const folder = mkdtempSync(join(tmpdir(), 'sortline-record-cli-'));
beforeAll(() => writeVirtualRecording(join(folder, 'run.mcap'), { items: 1 }));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Names of files are those of the test's folder. */
const sortline = (argv: readonly string[]): Promise<Ran> => sortlineHere(argv.map((word) => (/^[\w-]+(\.\w+)$/.test(word) || word === 'bundle-folder' ? join(folder, word) : word)));

describe('recording', () => {
  test('info says what is in it; cut and label make another', async () => {
    const info = await sortline(['recording', 'info', 'run.mcap', '--json']);
    expect(JSON.parse(info.stdout)).toMatchObject({ line: 'small-belt', frameSize: '640x384', end: { isWhole: true } });
    expect(await sortline(['recording', 'cut', 'run.mcap', '--from', '1', '--to', '2', '--out', 'piece.mcap'])).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('piece.mcap: 5 pictures') as string });
    writeFileSync(join(folder, 'labels.csv'), 'second,material\n1.5,wood\n');
    const refused = await sortline(['recording', 'label', 'run.mcap', 'labels.csv', '--out', 'labelled.mcap']);
    expect(refused).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('RECORD_LABELS_INVALID') as string });
    expect(refused.stderr).toContain("line 2: found the material 'wood'");
    expect(existsSync(join(folder, 'labelled.mcap'))).toBe(false);
  }, 20_000);

  test('what is no recording is refused with its name', async () => {
    writeFileSync(join(folder, 'text.mcap'), 'not a recording');
    expect(await sortline(['recording', 'info', 'text.mcap'])).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('text.mcap is no recording') as string });
    expect(await sortline(['recording', 'bundle', 'run.mcap', '--out', 'bundle-folder'])).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('--at SECOND') as string });
  }, 20_000);
});

describe('replay', () => {
  test('a run becomes the golden one, is then the same, and a difference is exit code 1 with the way to accept it', async () => {
    const accepted = await sortline(['replay', 'run.mcap', '--against', 'golden.jsonl', '--accept']);
    expect(accepted).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('golden.jsonl now holds') as string });
    const golden = join(folder, 'golden.jsonl');
    writeFileSync(golden, readFileSync(golden, 'utf8').replace('"outcome":"sorted"', '"outcome":"missed"'));
    const differs = await sortline(['replay', 'run.mcap', '--against', 'golden.jsonl']);
    expect(differs).toMatchObject({ exitCode: 1, stdout: expect.stringMatching(/item\.settled\.outcome: expected "missed", found "sorted"[\s\S]*--accept[\s\S]*--ignore 'item\.settled\.outcome'/) as string });
    const ignored = await sortline(['replay', 'run.mcap', '--against', 'golden.jsonl', '--ignore', 'item.settled.outcome', '--json']);
    expect(ignored.exitCode).toBe(0);
    expect(JSON.parse(ignored.stdout)).toMatchObject({ summary: { items: 1 }, comparison: { isSame: true } });
  }, 40_000);

  test('wrong usage is exit code 2', async () => {
    expect(await sortline(['replay', 'run.mcap', '--accept'])).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('--against FILE.jsonl') as string });
    expect(await sortline(['replay', 'run.mcap', '--tolerance', 'x'])).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('PATH=NUMBER') as string });
  }, 20_000);
});
