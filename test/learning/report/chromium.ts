// A real browser for tests of pages, where one is installed: Debian's chromium-headless-shell, or any Chromium.
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { chromium } from 'playwright-core';

const CANDIDATES = ['/usr/bin/chromium-headless-shell', '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** Undefined where no browser is installed: the test is skipped. */
export const chromiumPath = CANDIDATES.find((path) => existsSync(path));

export function openChromium(): Promise<Browser> {
  // Tests run as root in containers, where Chromium's sandbox cannot be set up; the pages are our own.
  return chromium.launch({ executablePath: chromiumPath!, args: ['--no-sandbox', '--disable-gpu'] });
}

export interface Opened {
  readonly page: Page;
  /** Addresses the page asked for, other than itself and what is inside it. */
  readonly requests: readonly string[];
  /** Errors and warnings of the page. */
  readonly complaints: readonly string[];
}

/** Opens a file as a person would by double-clicking it, with the functions of page-checks.js at hand. */
export async function openFile(browser: Browser, file: string, options: BrowserContextOptions = {}): Promise<Opened> {
  const page = await (await browser.newContext({ ...options, offline: true })).newPage();
  await page.addInitScript({ path: fileURLToPath(new URL('page-checks.js', import.meta.url)) });
  const requests: string[] = [], complaints: string[] = [];
  page.on('request', (request) => {
    if (request.url() !== `file://${file}` && !request.url().startsWith('data:')) requests.push(request.url());
  });
  page.on('console', (message) => complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('dialog', (dialog) => {
    complaints.push(`dialog ${dialog.message()}`);
    void dialog.dismiss();
  });
  await page.goto(`file://${file}`);
  return { page, requests, complaints };
}
