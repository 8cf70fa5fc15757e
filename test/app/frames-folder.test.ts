// Calibration from pictures taken elsewhere: a folder with the counts of each, points measured with a tape, lists of known items.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readKnownItems } from '../../src/app/known-items.ts';
import { measureBelt, measureBeltPoints, measureCamera } from '../../src/app/measure-geometry.ts';
import { silentLogger } from '../../src/base/logger.ts';
import { virtualBeltCameraOptions } from '../../src/camera/options.ts';
import { defaultConfig } from '../../src/config/load-config.ts';
import { pixelToBeltMm } from '../../src/domain/calibration.ts';
import { encodePng } from '../../src/image/decode.ts';
import { chessboardSheet } from '../../src/sim/printed-sheet.ts';
import { ViewRenderer } from '../../src/sim/view-renderer.ts';
import { createWorld } from '../../src/sim/world.ts';

const COUNTS_PER_MM = 4;
const pattern = { columns: 9, rows: 6, squareMm: 20 };
const config = defaultConfig();
const folder = mkdtempSync(join(tmpdir(), 'sortline-frames-'));
const counts = [700, 800, 900, 1000, 1100, 1200];
const belt = (frames: string) => measureBelt({ config, pattern, frames, log: silentLogger, lens: undefined, edgeMm: undefined, movesBelt: false });

beforeAll(() => {
  const options = virtualBeltCameraOptions.parse({ kind: 'virtual-belt', width: 640, height: 360 });
  const world = createWorld({ seed: 1, countsPerMm: COUNTS_PER_MM, itemsPerSecond: 1, beltMmPerSecond: 350, leadInMm: 1e6 });
  const renderer = new ViewRenderer({ options, world, sheet: { sheet: chessboardSheet(pattern), entryCounts: 500, yMm: 60, rotationRad: 0 } });
  for (const each of counts) {
    const image = renderer.render(each, { seconds: 1, exposure: each });
    writeFileSync(join(folder, `${each}.png`), encodePng(image));
    image.release();
  }
  renderer.release();
  writeFileSync(join(folder, 'counts.csv'), `file,counts\n${counts.map((each) => `${each}.png,${each}`).join('\n')}\n`);
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('a folder of pictures', () => {
  test('with the counts of each gives the belt', async () => {
    const fit = await belt(folder);
    expect(Math.abs(fit.countsPerMm / COUNTS_PER_MM - 1)).toBeLessThan(0.001);
    const [left, right] = [0, 640].map((u) => pixelToBeltMm({ lens: undefined, pixelToBelt: fit.pixelToBelt }, u, 180));
    expect(Math.abs(right!.xMm - left!.xMm - 400)).toBeLessThan(0.5);
  });

  test.each([
    ['a picture that is not there', 'counts.csv', 'a.png,1\n', 'DATA_LIST_INVALID', /line 1.*a\.png/],
    ['counts that are no number', 'counts.csv', '700.png,many\n', 'DATA_LIST_INVALID', /line 1.*many/],
    ['a field too few', 'counts.csv', 'file,counts\n700.png\n', 'DATA_LIST_INVALID', /line 2 has 1 fields/],
    ['nothing', 'counts.csv', '\n', 'DATA_LIST_INVALID', /no line/],
    ['too few views', 'counts.csv', '700.png,700\n800.png,800\n', 'CALIB_POOR_VIEWS', /2 pictures, needed are 5/],
    ['an encoder that stands', 'counts.csv', counts.map((each) => `${each}.png,5`).join('\n'), 'CALIB_POOR_VIEWS', /not at all by the encoder/],
    ['counts of other pictures', 'counts.csv', counts.map((each, index) => `${each}.png,${counts.at(-1 - index)! + 30 * (index % 2)}`).join('\n'), 'CALIB_POOR_FIT', /slip/],
  ])('with %s is refused', async (_what, name, text, code, message) => {
    const broken = mkdtempSync(join(tmpdir(), 'sortline-frames-'));
    try {
      for (const each of counts) writeFileSync(join(broken, `${each}.png`), readFileSync(join(folder, `${each}.png`)));
      writeFileSync(join(broken, name), text);
      await expect(belt(broken)).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
    } finally {
      rmSync(broken, { recursive: true });
    }
  });

  test('all alike, they do not tell the lens', async () => {
    await expect(measureCamera({ config, pattern, frames: folder })).rejects.toMatchObject({ code: 'CALIB_POOR_VIEWS', message: expect.stringMatching(/2 more views.*left side nearer.*lower side nearer/s) });
  });
});

describe('points measured with a tape', () => {
  const file = join(folder, 'tape.csv');

  test('give the belt, and say how well they agree', () => {
    writeFileSync(file, 'u,v,xMm,yMm\n0,0,0,0\n1280,0,800,0\n0,720,0,450\n1280,720,800,450\n640,360,401,225\n');
    const fit = measureBeltPoints(file, undefined);
    expect(fit.points).toBe(5);
    expect(fit.rmsMm).toBeGreaterThan(0.1);
    expect(fit.rmsMm).toBeLessThan(1);
    expect(Math.abs(pixelToBeltMm({ lens: undefined, pixelToBelt: fit.pixelToBelt }, 320, 180).xMm - 200)).toBeLessThan(1);
  });

  test.each([['three of them', '0,0,0,0\n1280,0,800,0\n0,720,0,450\n'], ['one line', '0,0,0,0\n1,1,1,1\n2,2,2,2\n3,3,3,3\n']])('are refused where they are %s', (_what, text) => {
    writeFileSync(file, text);
    expect(() => measureBeltPoints(file, undefined)).toThrow(expect.objectContaining({ code: 'CALIB_POOR_VIEWS', message: expect.stringContaining('four or more') }));
  });
});

describe('a list of known items', () => {
  const file = join(folder, 'known.yaml');

  test('says only what is known of each', () => {
    writeFileSync(file, 'items:\n  - {lengthMm: 120, material: glass}\n  - {pitchMm: 300}\n');
    expect(readKnownItems(file)).toEqual([{ lengthMm: 120, material: 'glass' }, { pitchMm: 300 }]);
  });

  test.each([
    ['names no material', 'items: [{material: wood}]', 'DATA_LIST_INVALID', /items\.0\.material/],
    ['has an unknown key', 'items: [{length: 3}]', 'DATA_LIST_INVALID', /length/],
    ['is empty', 'items: []', 'DATA_LIST_INVALID', /items/],
    ['is no YAML', '{', 'DATA_UNREADABLE', /known\.yaml/],
  ])('that %s is refused', (_what, text, code, message) => {
    writeFileSync(file, text);
    expect(() => readKnownItems(file)).toThrow(expect.objectContaining({ code, message: expect.stringMatching(message) }));
  });
});
