// The report as a person opens it: in a browser, without a network, on a desk, on a phone, in the dark, on paper.
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { decodeImage } from '../../../src/image/decode.ts';
import { reportPage } from '../../../src/learning/report/report-page.ts';
import { writeReport } from '../../../src/learning/report/write-report.ts';
import type { StoreRig } from '../store/store-rig.ts';
import { storeRig } from '../store/store-rig.ts';
import { chromiumPath, openChromium, openFile } from './chromium.ts';
import { drawnDataSet, drawnTraining } from './learned-store.ts';

// A browser takes seconds to start on a loaded machine.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const DESK = { width: 1280, height: 900 }, PHONE = { width: 390, height: 844 };
const NASTY = '<script>alert(1)</script><img src=x onerror=alert(2)>';

describe.skipIf(chromiumPath === undefined)('the report in Chromium (needs chromium-headless-shell)', () => {
  let browser: Browser, rig: StoreRig, several: string, one: string;

  beforeAll(async () => {
    browser = await openChromium();
    rig = storeRig();
    const { store } = rig, data = await drawnDataSet(store);
    for (const [index, learnRate] of [0.0003, 0.001, 0.003, 0.01, 0.03].entries()) {
      await drawnTraining(store, data, { name: `trial-${index}`, skill: 0.96 - 0.02 * index, epochs: 8, settings: { learn_rate: learnRate, dropout: index % 2 === 0 ? 0 : 0.5, architecture: index < 3 ? 'resnet18' : 'resnet50' } }, index);
    }
    await drawnTraining(store, data, { name: NASTY, skill: 0.9, epochs: 8, settings: { 'learn_rate': 0.002, 'note': NASTY } }, 9);
    const request = { purity: 0.98, atIso: '2026-11-24T09:00:00.000Z' };
    [several, one] = [join(rig.folder, 'several.html'), join(rig.folder, 'one.html')];
    writeReport(several, reportPage({ ...request, title: `Runs with ${NASTY}`, runs: store.runs({ kind: 'train' }) }, store));
    writeReport(one, reportPage({ ...request, title: 'trial-0', runs: [store.run('trial-0')] }, store));
  });

  afterAll(async () => {
    await browser?.close();
    rig?.[Symbol.dispose]();
  });

  test('asks for nothing, complains of nothing, runs nothing that a name smuggles in', async () => {
    const { page, requests, complaints } = await openFile(browser, several, { viewport: DESK });
    expect({ requests, complaints }).toEqual({ requests: [], complaints: [] });
    expect(await page.locator('script').count()).toBe(0);
    expect(await page.locator('h1').textContent()).toBe(`Runs with ${NASTY}`);
    expect(await page.locator('#runs th', { hasText: NASTY }).count()).toBe(1);
  });

  test('shows every part, each with something to see', async () => {
    const { page } = await openFile(browser, several, { viewport: DESK });
    expect(await page.locator('h2').allTextContents()).toEqual(['Runs', 'Training', 'Evaluation', 'Purity and recovery', 'Hyperparameters', 'Lineage', 'Most confident mistakes', 'Settings', 'Where it comes from']);
    expect(await page.locator('#training figure').count()).toBe(6);
    expect(await page.locator('#evaluation table.confusion').count()).toBe(6);
    expect(await page.locator('#hyperparameters path.trial').count()).toBe(6);
    expect(await page.locator('#hyperparameters tbody tr').count()).toBeGreaterThanOrEqual(3);
    expect(await page.locator('#lineage svg').count()).toBe(1);
    const pictures = await page.evaluate<number[]>('page.pictureWidths()');
    expect(pictures.length).toBeGreaterThan(0);
    expect(pictures.every((width) => width > 0)).toBe(true);
  });

  test('has real content of a single run, too', async () => {
    const { page } = await openFile(browser, one, { viewport: DESK });
    expect(await page.locator('h2').allTextContents()).toEqual(['Run', 'Training', 'Evaluation', 'Purity and recovery', 'Lineage', 'Most confident mistakes', 'Settings', 'Where it comes from']);
    expect(await page.locator('.tiles dd').first().textContent()).toMatch(/^9\d\.\d %/);
  });

  test.each([['desk', DESK], ['phone', PHONE]] as const)('fits a %s: nothing sticks out, no text covers another', async (_name, viewport) => {
    for (const file of [several, one]) {
      const { page } = await openFile(browser, file, { viewport });
      expect(await page.evaluate('page.width()')).toBe(viewport.width);
      expect(await page.evaluate('overlappingLabels()')).toEqual([]);
    }
  });

  test.each(['light', 'dark'] as const)('%s: text stands out from what is behind it, and the picture is not empty', async (colorScheme) => {
    const { page } = await openFile(browser, several, { viewport: DESK, colorScheme });
    expect(await page.evaluate('faintTexts()')).toEqual([]);
    const share = inkShare(await page.screenshot());
    expect(share).toBeGreaterThan(0.02);
    expect(share).toBeLessThan(0.5);
  });

  test('prints on white in a few pages', async () => {
    const { page } = await openFile(browser, several, { colorScheme: 'dark' });
    await page.emulateMedia({ media: 'print' });
    expect(await page.evaluate('page.ground()')).toBe('rgb(255, 255, 255)');
    const pdf = (await page.pdf({ preferCSSPageSize: true })).toString('latin1');
    const pages = pdf.match(/\/Type\s*\/Page\b/g)?.length ?? 0;
    expect(pages).toBeGreaterThan(2);
    expect(pages).toBeLessThan(16);
  });
});

/** Share of the screenshot's pixels that differ from its corner, the page's ground. */
function inkShare(png: Buffer): number {
  const image = decodeImage(png, 'screenshot');
  try {
    const data = image.getData(), pixels = data.length / 3;
    let ink = 0;
    for (let at = 0; at < data.length; at += 3) if (Math.abs(data[at]! - data[0]!) + Math.abs(data[at + 1]! - data[1]!) + Math.abs(data[at + 2]! - data[2]!) > 60) ink += 1;
    return ink / pixels;
  } finally {
    image.release();
  }
}
