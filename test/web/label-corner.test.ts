// The label corner on a real folder, over HTTP: what a key press moves where, and what no path gets at.
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Served } from './serve.ts';
import { JSON_TYPE, send, serve } from './serve.ts';

const PICTURE = Buffer.from([0xff, 0xd8, 0xff, 0xd9]);
/** In a file outside the folders. In no name: an answer may repeat the path that was asked for. */
const SECRET = 'what nobody may read';

async function serveWithCrops(names: readonly string[], day = '2026-11-24'): Promise<Served> {
  const served = await serve();
  mkdirSync(join(served.folder, 'harvest', day), { recursive: true });
  for (const name of names) writeFileSync(join(served.folder, 'harvest', day, name), PICTURE);
  return served;
}

async function ask(url: string, path: string): Promise<Record<string, unknown>> {
  return await (await fetch(url + path)).json() as Record<string, unknown>;
}

const label = (url: string, itemId: string, name: string): Promise<{ status: number; body: string }> => send(url, '/api/labels', { headers: JSON_TYPE, body: JSON.stringify({ itemId, label: name }) });

describe('the label corner', () => {
  it('moves a picture to the folder of what a person said, notes who, and takes it back', async () => {
    const { url, folder } = await serveWithCrops(['run-000001.jpg', 'run-000002.jpg', 'run-000003.jpg.part', 'notes.txt']);
    expect(await ask(url, 'api/labels')).toEqual({ waiting: 2, next: [{ itemId: 'run-000002', day: '2026-11-24' }, { itemId: 'run-000001', day: '2026-11-24' }] });
    expect((await label(url, 'run-000002', 'metal')).status).toBe(200);
    expect(readFileSync(join(folder, 'labelled/metal/run-000002.jpg'))).toEqual(PICTURE);
    expect(await ask(url, 'api/labels')).toMatchObject({ waiting: 1 });
    // Wherever it lies now, the history shows it.
    expect((await fetch(`${url}api/crop/run-000002.jpg`)).status).toBe(200);
    expect((await send(url, '/api/labels/undo', { headers: JSON_TYPE })).status).toBe(200);
    expect(readdirSync(join(folder, 'harvest/2026-11-24'))).toContain('run-000002.jpg');
    expect(existsSync(join(folder, 'labelled/metal/run-000002.jpg'))).toBe(false);
    expect(readFileSync(join(folder, 'labelled/labels.csv'), 'utf8')).toMatch(/^\S+Z,run-000002,metal,"local"\n\S+Z,run-000002,taken back,"local"\n$/);
    expect((await send(url, '/api/labels/undo', { headers: JSON_TYPE })).status).toBe(409);
  });

  it('gives one picture to the first of two who press a key at once', async () => {
    const { url, folder } = await serveWithCrops(['run-000001.jpg']);
    const answers = await Promise.all([label(url, 'run-000001', 'metal'), label(url, 'run-000001', 'glass')]);
    expect(answers.map(({ status }) => status)).toEqual([200, 409]);
    expect(existsSync(join(folder, 'labelled/glass'))).toBe(false);
  });

  it('has nothing to show where nothing is kept', async () => {
    const { url } = await serve();
    expect(await ask(url, 'api/labels')).toEqual({ waiting: 0, next: [] });
    expect((await fetch(`${url}api/crop/run-000001.jpg`)).status).toBe(404);
  });
});

describe('no path', () => {
  it('that a client makes up leads out of the folders, and none is a fault of the service', async () => {
    const { url, folder } = await serveWithCrops(['run-000001.jpg']);
    writeFileSync(join(folder, 'secret.jpg'), SECRET);
    const piece = fc.oneof(fc.constantFrom('..', '.', '%2e%2e', '%2f', '..%2f', '\\', 'secret.jpg', 'harvest', '2026-11-24', 'api', 'crop', 'history', 'item', 'library', 'node_modules', '%00', '?', '#', ';', '~'), fc.string({ maxLength: 12 }).map((text) => encodeURIComponent(text)));
    await fc.assert(fc.asyncProperty(fc.array(piece, { maxLength: 6 }), fc.constantFrom('GET', 'POST'), fc.constantFrom('/', '/api/', '/api/crop/', '/api/history/item/', '/api/command/', '/library/'), async (pieces, method, start) => {
      const path = (start + pieces.join('/')).replaceAll(/[^\x21-\x7e]/g, '');
      const { status, body } = await send(url, path, { method, headers: JSON_TYPE });
      expect(status, path).not.toBe(500);
      expect(body).not.toContain(SECRET);
    }), { numRuns: 150, examples: [[['crop', 'secret.jpg'], 'POST', '/api/'], [['..', '..', 'secret.jpg'], 'GET', '/api/crop/']] });
  });

  it('nor any body', async () => {
    const { url, asked } = await serveWithCrops(['run-000001.jpg']);
    const path = fc.constantFrom('/api/command/note', '/api/command/set-recipe', '/api/command/enable-bin', '/api/dry-run', '/api/labels', '/api/labels/undo', '/api/login');
    const body = fc.oneof(fc.json(), fc.string(), fc.uint8Array(), fc.constantFrom('{"__proto__": {"text": "x"}}', '{"itemId": "../secret", "label": "metal"}', '{"itemId": "run-000001", "label": "../../etc"}', `${'['.repeat(5000)}`));
    await fc.assert(fc.asyncProperty(path, body, async (to, sent) => {
      const { status } = await send(url, to, { headers: JSON_TYPE, body: sent });
      expect([400, 401, 409, 413, 429], `${to} ${String(sent)}`).toContain(status);
    }), { numRuns: 150 });
    expect(asked.filter((each) => !each.startsWith('note'))).toEqual([]);
  });
});
