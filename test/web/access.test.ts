// Who gets in, as what, and who does not: over HTTP, with real users files.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isSortlineError } from '../../src/base/errors.ts';
import { ManualClock } from '../../src/base/manual-clock.ts';
import { hashPassword } from '../../src/web/password-hash.ts';
import type { Role } from '../../src/web/roles.ts';
import { usersText } from '../../src/web/users-file.ts';
import type { Served, ServeOptions } from './serve.ts';
import { JSON_TYPE, send, serve } from './serve.ts';

const PASSWORD = 'correct horse battery';
let folder: string;
let hash: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sortline-users-'));
  hash = await hashPassword(PASSWORD, 10);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let files = 0;
function usersFile(roles: Readonly<Record<string, Role>>): string {
  const path = join(folder, `users-${files++}`);
  writeFileSync(path, usersText(Object.entries(roles).map(([name, role]) => ({ name, role, passwordHash: hash }))));
  return path;
}

const everyone = { vera: 'viewer', otto: 'operator', mia: 'maintainer' } as const;

async function serveWithLogin(options: ServeOptions = {}): Promise<Served & { users: string }> {
  const users = usersFile(everyone);
  return { ...await serve({ ...options, result: { result: 'accepted' }, options: { users, ...options.options } }), users };
}

async function logIn(url: string, name: string, password = PASSWORD): Promise<{ status: number; headers: Record<string, string>; cookie: string }> {
  const answer = await send(url, '/api/login', { headers: JSON_TYPE, body: JSON.stringify({ name, password }) });
  const cookie = String((answer.headers['set-cookie'] as string[] | undefined)?.[0] ?? '');
  const session = JSON.parse((await send(url, '/api/session', { method: 'GET', headers: { cookie: cookie.split(';')[0]! } })).body) as { csrf: string };
  return { status: answer.status, cookie, headers: { ...JSON_TYPE, 'cookie': cookie.split(';')[0]!, 'x-csrf-token': String(session.csrf) } };
}

describe('with a users file', () => {
  it('everything but health, login and the page itself needs a login', async () => {
    const { url } = await serveWithLogin();
    for (const path of ['/api/view', '/api/line', '/api/events', '/api/snapshot.jpg', '/api/history/spans', '/api/labels', '/api/crop/a.jpg', '/metrics']) expect((await send(url, path, { method: 'GET' })).status, path).toBe(401);
    for (const path of ['/api/command/pause', '/api/dry-run', '/api/labels', '/api/logout']) expect((await send(url, path, { headers: JSON_TYPE })).status, path).toBe(401);
    for (const path of ['/healthz', '/', '/app.js', '/api/session']) expect((await send(url, path, { method: 'GET' })).status, path).toBe(200);
  });

  it('each role may what it may, under its own name', async () => {
    const { url, asked } = await serveWithLogin();
    const recipe = { name: 'r', binByMaterial: { cardboard: 'a', glass: 'a', metal: 'a', paper: 'a', plastic: 'a', trash: 'a' }, thresholdByMaterial: { cardboard: 0, glass: 0, metal: 0, paper: 0, plastic: 0, trash: 0 } };
    const statuses: Record<string, number[]> = {};
    for (const name of Object.keys(everyone)) {
      const { headers } = await logIn(url, name);
      const view = await send(url, '/api/view', { method: 'GET', headers });
      const pause = await send(url, '/api/command/pause', { headers });
      const set = await send(url, '/api/command/set-recipe', { headers, body: JSON.stringify({ recipe }) });
      statuses[name] = [view.status, pause.status, set.status];
    }
    expect(statuses).toEqual({ vera: [200, 403, 403], otto: [200, 200, 403], mia: [200, 200, 200] });
    expect(asked).toEqual(['pause by otto', 'pause by mia', 'set-recipe by mia']);
  });

  it('a wrong password, an unknown name and an empty body open nothing', async () => {
    const { url } = await serveWithLogin();
    for (const [name, password] of [['otto', 'wrong'], ['nobody', PASSWORD], ['__proto__', PASSWORD], ['OTTO', PASSWORD]] as const) expect((await logIn(url, name, password)).status).toBe(401);
    for (const body of ['', '[]', '{}', '{"name": 1, "password": 2}', '{"name": "otto", "password": "x", "more": 1}']) expect((await send(url, '/api/login', { headers: JSON_TYPE, body })).status).toBe(400);
  });

  it('the cookie is out of reach of scripts and other sites, and an order needs the token beside it', async () => {
    const { url, asked } = await serveWithLogin();
    const { cookie, headers } = await logIn(url, 'otto');
    expect(cookie).toMatch(/^sortline_session=[\w-]{43}; HttpOnly; SameSite=Strict; Path=\/$/);
    for (const token of [undefined, '', 'x'.repeat(43)]) {
      const { 'x-csrf-token': _, ...rest } = headers;
      expect((await send(url, '/api/command/pause', { headers: token === undefined ? rest as Record<string, string> : { ...rest as Record<string, string>, 'x-csrf-token': token } })).status).toBe(403);
    }
    expect(asked).toEqual([]);
  });

  it.each(['sortline_session=', 'sortline_session=../../x', `sortline_session=${'A'.repeat(43)}`, 'sortline_session=%00; sortline_session=x', `x=${'y'.repeat(6000)}`, ';;;=;', 'sortline_session'])('the broken cookie %s is nobody', async (cookie) => {
    const { url } = await serveWithLogin();
    expect((await send(url, '/api/view', { method: 'GET', headers: { cookie } })).status).toBe(401);
  });

  it('a session ends by logging out, by another password, by removal and by disuse', async () => {
    const clock = new ManualClock();
    const { url, users } = await serveWithLogin({ clock });
    const sees = async (headers: Record<string, string>): Promise<number> => (await send(url, '/api/view', { method: 'GET', headers })).status;
    const [vera, otto, mia] = [await logIn(url, 'vera'), await logIn(url, 'otto'), await logIn(url, 'mia')];
    expect((await send(url, '/api/logout', { headers: vera.headers })).status).toBe(200);
    expect([await sees(vera.headers), await sees(otto.headers)]).toEqual([401, 200]);
    writeFileSync(users, usersText([{ name: 'otto', role: 'viewer', passwordHash: await hashPassword('another password', 10) }, { name: 'vera', role: 'viewer', passwordHash: hash }]));
    expect([await sees(otto.headers), await sees(mia.headers)]).toEqual([401, 401]);
    const again = await logIn(url, 'vera');
    await clock.advanceMs(11 * 3_600_000);
    expect(await sees(again.headers)).toBe(200);
    await clock.advanceMs(13 * 3_600_000);
    expect(await sees(again.headers)).toBe(401);
    writeFileSync(users, 'this is no users file\n');
    expect((await logIn(url, 'vera')).status).toBe(401);
  });

  it('guessing is made to wait longer and longer, by name and by address', async () => {
    const clock = new ManualClock();
    const { url } = await serveWithLogin({ clock });
    for (let k = 0; k < 5; k++) expect((await logIn(url, 'otto', 'guess')).status).toBe(401);
    expect((await logIn(url, 'otto')).status).toBe(429);
    expect((await logIn(url, 'vera')).status).toBe(429);
    await clock.advanceMs(2100);
    expect((await logIn(url, 'otto', 'guess')).status).toBe(401);
    await clock.advanceMs(2100);
    expect((await logIn(url, 'otto')).status).toBe(429);
    await clock.advanceMs(2000);
    expect((await logIn(url, 'otto')).status).toBe(200);
    expect((await logIn(url, 'vera')).status).toBe(200);
  });

  it('many attempts at once are no more than a few', async () => {
    const { url } = await serveWithLogin({ clock: new ManualClock() });
    const answers = await Promise.all(Array.from({ length: 30 }, () => send(url, '/api/login', { headers: JSON_TYPE, body: JSON.stringify({ name: 'otto', password: 'guess' }) })));
    expect(answers.filter(({ status }) => status === 401).length).toBeLessThanOrEqual(5);
    expect(answers.filter(({ status }) => status === 429).length).toBeGreaterThanOrEqual(25);
  });
});

describe('metrics', () => {
  it('are read with the token, and only with it', async () => {
    const metricsTokenFile = join(folder, 'token');
    writeFileSync(metricsTokenFile, '0123456789abcdef0123\n');
    const { url } = await serveWithLogin({ options: { metricsTokenFile } });
    const status = async (authorization?: string): Promise<number> => (await send(url, '/metrics', { method: 'GET', headers: authorization === undefined ? {} : { authorization } })).status;
    expect([await status('Bearer 0123456789abcdef0123'), await status('Bearer 0123456789abcdef012'), await status('Basic b3R0bzp4'), await status()]).toEqual([200, 401, 401, 401]);
    expect((await send(url, '/api/view', { method: 'GET', headers: { authorization: 'Bearer 0123456789abcdef0123' } })).status).toBe(401);
  });
});

describe('behind a proxy', () => {
  const proxy = { header: 'X-Forwarded-User', roleHeader: 'X-Role', role: 'viewer', from: ['127.0.0.1'] } as const;

  it('people are who it says they are, and nobody where it says nothing', async () => {
    const { url, asked } = await serve({ options: { proxy: { ...proxy, from: [...proxy.from] } }, result: { result: 'accepted' } });
    expect((await send(url, '/api/view', { method: 'GET' })).status).toBe(401);
    const asOtto = { ...JSON_TYPE, 'x-forwarded-user': 'otto', 'x-role': 'operator', 'host': 'plant.example' };
    expect((await send(url, '/api/command/pause', { headers: asOtto })).status).toBe(200);
    expect((await send(url, '/api/command/pause', { headers: { ...asOtto, 'x-role': 'root' } })).status).toBe(403);
    expect((await send(url, '/api/command/pause', { headers: { ...asOtto, origin: 'http://evil.example' } })).status).toBe(403);
    expect(asked).toEqual(['pause by otto']);
  });

  it('its header is believed from nobody else', async () => {
    const { url } = await serve({ options: { proxy: { ...proxy, from: ['10.0.0.9'] } } });
    expect((await send(url, '/api/view', { method: 'GET', headers: { 'x-forwarded-user': 'otto', 'x-role': 'maintainer' } })).status).toBe(401);
  });
});

describe('a start is refused', () => {
  it.each([
    ['beyond localhost without a login', () => ({ host: '0.0.0.0' }), 'WEB_LOGIN_MISSING'],
    ['with a users file that is absent', () => ({ users: join(folder, 'absent') }), 'WEB_USERS_INVALID'],
    ['with a users file that names nobody', () => ({ users: usersFile({}) }), 'WEB_USERS_INVALID'],
    ['with a token file that is absent', () => ({ metricsTokenFile: join(folder, 'absent') }), 'WEB_FILE_UNREADABLE'],
    ['with a certificate that is absent', () => ({ tls: { certFile: join(folder, 'absent'), keyFile: join(folder, 'absent') } }), 'WEB_FILE_UNREADABLE'],
  ])('%s', async (_, options, code) => {
    const error = await serve({ options: options() }).catch((caught: unknown) => caught);
    expect(isSortlineError(error) && error.code).toBe(code);
  });
});
