// Every field bundle in test/field-bundles is replayed and must do what it did when it was made: `sortline recording bundle` makes one, dropping its
// folder there makes it a test. One whose model is not on this machine is skipped.
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, onTestFinished, test } from 'vitest';
import { checkFieldBundle, makeFieldBundle, readBundle } from '../../src/app/field-bundle.ts';
import { silentLogger } from '../../src/base/logger.ts';
import type { Config } from '../../src/config/schema.ts';
import { Recording } from '../../src/record/open-recording.ts';
import { tinyFolder } from '../classify/tiny-model.ts';
import { virtualAbout, withoutModel, writeEntries, virtualEntries } from '../record/virtual-recording.ts';

const FOLDER = fileURLToPath(new URL('../field-bundles', import.meta.url));
const bundles = readdirSync(FOLDER, { withFileTypes: true }).filter((entry) => entry.isDirectory()).map(({ name }) => name);

describe('field bundles', () => {
  test('there is at least one', () => expect(bundles.length).toBeGreaterThan(0));

  test.for(bundles)('%s', { timeout: 30_000 }, async (name, { skip }) => {
    const verdict = await checkFieldBundle(join(FOLDER, name), silentLogger);
    if (verdict.result === 'compared') expect(verdict.comparison.differences).toEqual([]);
    else skip(verdict.reason);
  });
});

describe('a bundle', () => {
  test('is made whole from a moment of a recording, and fails once the line does something else', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'sortline-bundle-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const path = join(folder, 'run.mcap'), out = join(folder, 'bundle');
    const model = tinyFolder();
    const secretly = (config: Config): Config => withoutModel({ ...config, classifier: { ...config.classifier, model }, mqtt: { ...config.mqtt, password: 'sesame' } });
    await writeEntries(path, virtualAbout({ config: secretly }), virtualEntries({ items: 2 }));
    await makeFieldBundle({ recording: Recording.open(path), fromS: 0.5, toS: 4, note: 'two items', out, log: silentLogger });
    expect(readBundle(out)).toMatchObject({ note: 'two items', from: { line: 'small-belt', second: 0.5 }, model: null });
    expect(readFileSync(join(out, 'recording.mcap')).includes('sesame')).toBe(false);
    expect(await checkFieldBundle(out, silentLogger)).toMatchObject({ result: 'compared', comparison: { isSame: true } });
    const golden = join(out, 'golden.jsonl');
    writeFileSync(golden, readFileSync(golden, 'utf8').replaceAll('"bin":"glass"', '"bin":"metal"'));
    const verdict = await checkFieldBundle(out, silentLogger);
    expect(verdict.result === 'compared' && verdict.comparison.differences.length).toBeGreaterThan(0);
    await expect(makeFieldBundle({ recording: Recording.open(path), fromS: 0, toS: 4, note: '', out, log: silentLogger })).rejects.toMatchObject({ code: 'RECORD_WRITE_FAILED' });
    await expect(makeFieldBundle({ recording: Recording.open(path), fromS: 100, toS: 104, note: '', out: `${out}-2`, log: silentLogger })).rejects.toMatchObject({ code: 'RECORD_REFUSED' });
    expect(existsSync(`${out}-2`) || existsSync(`${out}-2.part`)).toBe(false);
    cpSync(out, `${out}-3`, { recursive: true });
    writeFileSync(join(`${out}-3`, 'bundle.json'), '{"format": 7}');
    await expect(checkFieldBundle(`${out}-3`, silentLogger)).rejects.toMatchObject({ code: 'RECORD_DAMAGED' });
  }, 30_000);
});
